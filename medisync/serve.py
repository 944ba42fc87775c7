"""`medisync serve PART`: one server of a fleet in the foreground; `medisync secrets`: what all of them must share.

Belongs here: the commands. Does not belong here: what a part is (`core.embedded.foreground`); all of one machine
together (`medisync up`).
"""

import secrets
import sys
from typing import Annotated

import typer

from core import settings as configuration
from core.embedded import foreground


def serve(
    part: Annotated[str, typer.Argument(metavar="PART", help=f"One of {', '.join(foreground.PARTS)}.")],
    check: Annotated[bool, typer.Option("--check", help="Only say whether it is well; exit 1 if not.")] = False,
) -> None:
    """Become one server of the fleet: `prepare` makes databases and schema, `accounts` MLflow's accounts, and end."""
    settings = configuration.load()
    if not check:
        foreground.run(settings, part)
        return
    reason = foreground.is_well(settings, part)
    if reason is not None:
        sys.stderr.write(f"{part}: {reason}\n")
        raise typer.Exit(1)


def print_secrets() -> None:
    """Print a line for each secret of a fleet, freshly made: `medisync secrets >> .env`, then `chmod 600 .env`."""
    for name in configuration.SECRET_NAMES:
        sys.stdout.write(f"MEDISYNC_{name.upper()}={secrets.token_hex(32)}\n")
