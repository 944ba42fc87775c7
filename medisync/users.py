"""`medisync user …`: accounts, for whoever holds the machine.

Belongs here: the commands. Does not belong here: the rules of accounts (`app_api.identity`).
"""

import asyncio
import json
import sys
from typing import Annotated

import pyotp
import typer

from app_api.envelope.audit import Entry, append
from app_api.identity import endings, mfa, policy, repository
from app_api.identity.endings import By, Ending
from app_api.identity.errors import EmailTakenError, UnknownUserError
from app_api.identity.passwords import hash_password
from core import clock, settings
from core.db.engine import async_engine
from core.errors import InputError
from core.ids import new_uuid
from core.vocabulary import Role
from medisync.options import AsJson

app = typer.Typer(help="Add accounts, reset lost second factors.", no_args_is_help=True, add_completion=False)


@app.callback()
def users() -> None:
    """Accounts of people."""


@app.command()
def add(
    email: Annotated[str, typer.Option(help="Address the person signs in with")],
    role: Annotated[str, typer.Option(help=f"One of {', '.join(Role)}")],
    name: Annotated[str | None, typer.Option(help="Shown name; the e-mail's first part when left out")] = None,
    as_json: AsJson = False,
) -> None:
    """Add an account and print its generated password, this once."""
    if role not in list(Role):
        raise InputError(f"{role!r} is no role; allowed: {', '.join(Role)}", code="unknown_role")
    folded = policy.fold_email(email)
    if folded.count("@") != 1 or not all(folded.split("@")):
        raise InputError("an e-mail looks like name@example.org", code="bad_email")
    password = policy.generated_password()
    asyncio.run(add_account(folded, Role(role), name or folded.partition("@")[0], password))
    if as_json:
        sys.stdout.write(json.dumps({"email": folded, "role": role, "password": password}) + "\n")
    else:
        sys.stdout.write(f"{folded} ({role}), password, shown this once: {password}\n")


@app.command()
def code(role: Annotated[str, typer.Option(help="Role of the demo account")] = "doctor") -> None:
    """Print the code that a demo account's authenticator shows now."""
    path = settings.load().root / "demo-accounts.json"
    accounts = json.loads(path.read_text()) if path.exists() else {}
    secret = accounts.get(role, {}).get("totp_secret")
    if secret is None:
        raise InputError(f"no demo account {role!r} with a second factor in {path}", code="no_demo_account")
    sys.stdout.write(pyotp.TOTP(secret).at(clock.now()) + "\n")


@app.command("reset-mfa")
def reset_mfa(email: Annotated[str, typer.Option(help="Address of whoever lost the authenticator")]) -> None:
    """Take a lost second factor away: the next sign-in sets up a new one."""
    asyncio.run(_reset_mfa(policy.fold_email(email)))
    sys.stdout.write("the next sign-in sets up a new second factor\n")


async def _reset_mfa(email: str) -> None:
    engine = async_engine(settings.load().async_database_dsn, pool_size=1)
    try:
        async with engine.begin() as connection:
            row = await repository.credentials_of(connection, email)
            if row is None:
                raise UnknownUserError(f"no account {email}")
            await mfa.reset(connection, row.user_id)
            await endings.end_all_of(connection, row.user_id, Ending.MFA_RESET, by=By(actor_role="machine"))
            await append(
                connection,
                Entry(None, "machine", "user.mfa_reset", "account", object_ids=(str(row.user_id),), relation="any"),
            )
    finally:
        await engine.dispose()


async def add_account(email: str, role: Role, display_name: str, password: str) -> None:
    """Insert an account into this installation's database.

    Raises
    ------
    EmailTakenError
        If the e-mail has an account.
    """
    engine = async_engine(settings.load().async_database_dsn, pool_size=1)
    try:
        async with engine.begin() as connection:
            if await repository.credentials_of(connection, email) is not None:
                raise EmailTakenError(f"{email} has an account")
            await repository.add_account(
                connection,
                user_id=new_uuid(),
                email=email,
                display_name=display_name,
                role=role.value,
                patient_id=None,
                password_hash=hash_password(password),
                is_active=True,
                created_at=clock.now(),
            )
    finally:
        await engine.dispose()
