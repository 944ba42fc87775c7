"""Reading alerts and saying what became of them.

Belongs here: the acts and the shape of what they return. Does not belong here: HTTP, SQL text, `commit`.
"""

import uuid
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.identity.session_book import Principal
from app_api.surge import policy, repository
from app_api.surge.errors import AlertNotFoundError
from app_api.surge.schemas import (
    AlertPage,
    AlertView,
    DispositionHistory,
    DispositionView,
    NewDisposition,
    PpvBook,
    PpvView,
)
from app_api.wire import offset_page
from core import clock
from core.vocabulary import Role


async def page(
    connection: AsyncConnection, *, role: Role, grain: str, only_open: bool, offset: int, limit: int
) -> AlertPage:
    """Return one page of alerts with the predictive value so far and the newest closed period."""
    rows = await repository.alerts(connection, grain=grain, only_open=only_open, offset=offset, limit=limit + 1)
    standing = await repository.standing(connection, grain=grain)
    newest = await repository.newest_period(connection, grain=grain)
    shown, following = offset_page(rows, offset=offset, limit=limit)
    return AlertPage(
        items=[view(row, role) for row in shown],
        next=following,
        ppv=PpvBook(live=_ppv(standing["live"]), replayed=_ppv(standing["replayed"])),
        budget=newest.budget if newest else None,
        closed_period=newest.period if newest else None,
        closed_alerts=newest.alert_count if newest else None,
    )


async def dispose(
    connection: AsyncConnection, alert_id: uuid.UUID, wish: NewDisposition, *, person: Principal
) -> AlertView:
    """Add a disposition; what was said before stays.

    Raises
    ------
    AlertNotFoundError
    """
    if await repository.alert(connection, alert_id) is None:
        raise AlertNotFoundError(f"no alert {alert_id}")
    await repository.add_disposition(
        connection,
        {
            "alert_id": alert_id,
            **wish.model_dump(),
            "decided_by": person.user_id,
            "decided_by_name": person.display_name,
            "decided_by_role": person.role.value,
            "decided_at": clock.now(),
        },
    )
    row = await repository.alert(connection, alert_id)
    assert row is not None
    return view(row, person.role)


async def history(connection: AsyncConnection, alert_id: uuid.UUID) -> DispositionHistory:
    """Return every disposition of an alert.

    Raises
    ------
    AlertNotFoundError
    """
    if await repository.alert(connection, alert_id) is None:
        raise AlertNotFoundError(f"no alert {alert_id}")
    rows = await repository.dispositions(connection, alert_id)
    return DispositionHistory(items=[DispositionView.model_validate(row, from_attributes=True) for row in rows])


def view(row: Row[Any], role: Role) -> AlertView:
    """Return an alert as a role may see it."""
    alert = policy.shown(row._mapping, role)
    decision = None if row.disposition is None else DispositionView.model_validate(row, from_attributes=True)
    names = AlertView.model_fields.keys() & alert.keys() - {"disposition"}
    return AlertView(condition=row.series_id, disposition=decision, **{name: alert[name] for name in names})


def _ppv(counts: dict[str | None, int]) -> PpvView:
    known = policy.ppv_of({word: count for word, count in counts.items() if word is not None})
    return PpvView(
        real=known.real,
        noise=known.noise,
        investigated=known.investigated,
        untouched=counts.get(None, 0),
        ppv=known.ppv,
        low=known.low,
        high=known.high,
    )
