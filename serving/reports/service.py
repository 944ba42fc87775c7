"""From a request to the document's parts: who may have it, which blocks it is made from.

Belongs here: the rule of reading, and gathering. Does not belong here: HTTP (`router`), the press (`press`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from app_api import permissions
from app_api.identity.errors import ForbiddenError
from core.vocabulary import Role
from reports.daily import daily_block
from reports.document import document_of
from reports.render import render
from serving.analytics.pages import Page

#: Whose report needs which permission: that of the same role's page.
PERMISSION_OF: Final[dict[Role, str]] = {
    Role.DOCTOR: "analytics.doctor",
    Role.NURSE: "analytics.nurse",
    Role.ADMIN: "analytics.admin",
    Role.STEWARD: "analytics.read",
    Role.ML_ENGINEER: "analytics.read",
}


def check_may_have(reader: Role, report: Role) -> None:
    """Refuse the report of a role whose page the reader may not read.

    Raises
    ------
    ForbiddenError
        Naming both roles.
    """
    if not permissions.allows(reader, PERMISSION_OF[report]):
        raise ForbiddenError(f"the role {reader} may not have the report of the role {report}")


def readable(reader: Role) -> list[str]:
    """Return the roles whose stored reports a reader may have: suppressed or not, as that role's own page is."""
    return [role.value for role, action in PERMISSION_OF.items() if permissions.allows(reader, action)]


def blocks_of(page: Page) -> dict[str, dict[str, Any] | None]:
    """Return the blocks of the page of all sections, and the one made from them: expected registrations a day."""
    blocks: dict[str, dict[str, Any] | None] = orjson.loads(page.body)["sections"]
    return {**blocks, "staffing": daily_block(blocks.get("patient_volume"))}


def set_report(
    role: Role,
    sections: Sequence[str],
    blocks: dict[str, dict[str, Any] | None],
    provenance: dict[str, dict[str, Any]],
    facts: dict[str, Any],
    now: datetime,
) -> bytes:
    """Compose and set a report; the press runs it in its thread."""
    document = document_of(role, sections, blocks, provenance=provenance, now=now, **facts)
    return render(document, now=now)
