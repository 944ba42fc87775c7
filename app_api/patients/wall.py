"""The second wall: the rest of a transaction runs as an account that PostgreSQL's row-level security binds.

Belongs here: entering it. Does not belong here: the policies (the migration) and the first wall (`policy`).
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.identity.session_book import Principal


async def enter(connection: AsyncConnection, person: Principal) -> None:
    """Give up the owner's rights until the transaction ends, and say on whose behalf it goes on."""
    await connection.execute(
        text(
            "SELECT set_config('app.user_id', :user_id, true), set_config('app.role', :role, true), "
            "set_config('app.patient_id', :patient_id, true), set_config('role', 'medisync_app', true)"
        ),
        {"user_id": str(person.user_id), "role": str(person.role), "patient_id": person.patient_id or ""},
    )
