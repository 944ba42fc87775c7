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
from reports.document import document_of
from reports.render import render
from serving.analytics.pages import Page, staffing

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


def blocks_of(page: Page) -> dict[str, dict[str, Any] | None]:
    """Return the blocks of the page of all sections, and the one made from them: expected registrations a day."""
    blocks: dict[str, dict[str, Any] | None] = orjson.loads(page.body)["sections"]
    daily = staffing(blocks.get("patient_volume"))
    if daily is not None:
        data = {"months": daily["months"], "insights": _daily_words(daily["months"])}
        blocks["staffing"] = {"as_of": daily["as_of"], "receipt": daily["receipt"], "data": data}
    return blocks


def _daily_words(months: Sequence[dict[str, Any]]) -> list[str]:
    if not months:
        return []
    busiest = max(months, key=lambda row: row["mean_per_day"])
    first = months[0]
    return [
        f"About {first['mean_per_day']:.0f} registrations a day in {first['month']}; the mean day should lie between "
        f"{first['lo80_per_day']:.0f} and {first['hi80_per_day']:.0f} in four of five such months.",
        f"Busiest month ahead: {busiest['month']}, about {busiest['mean_per_day']:.0f} a day.",
    ]


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
