"""HTTP of forecasts, promises and the detector's grade.

Belongs here: `/api/forecasts`, `/api/promises`, `/api/surge/grade`. Does not belong here: SQL and rules.
"""

from typing import Annotated, Any, Literal, get_origin

from fastapi import APIRouter, Depends, Query

from app_api.demand.repository import newest_published
from app_api.identity.access import need
from app_api.identity.context import AppContext, Context
from app_api.identity.session_book import Principal
from app_api.permissions import CLINICAL_ROLES
from app_api.wire import Cursor, Limit, keyset_page
from serving.outlook import policy, repository
from serving.outlook.schemas import ForecastBoard, FrozenForecastView, GradeBoard, Head, Kind, LedgerView, PromisePage

router = APIRouter(prefix="/api", tags=["outlook"])

SeriesFilter = Annotated[
    str | None, Query(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$", description="A condition, or all")
]


@router.get("/forecasts")
async def read_forecasts(
    context: Context, person: Annotated[Principal, Depends(need("forecast.read"))]
) -> ForecastBoard:
    """Read the forecast of every series with its measured coverage, the baseline beside it, and refusals."""
    board = await _published(context, "volume_forecast", ForecastBoard)
    if person.role not in CLINICAL_ROLES:
        board["series"] = [policy.forecast_for_others(one) for one in board["series"]]
    return ForecastBoard.model_validate(board)


@router.get("/promises")
async def read_promises(context: Context, person: Annotated[Principal, Depends(need("promise.read"))]) -> LedgerView:
    """Read how the frozen forecasts held: by horizon, by series, and month by month; live and replayed apart."""
    ledger = await _published(context, "forecast_ledger", LedgerView)
    if person.role not in CLINICAL_ROLES and ledger["as_of"] is not None:
        for kind in ("live", "replayed"):
            hidden = await _hidden(context, ledger[kind]["months"])
            ledger[kind] = policy.calendar_for_others(ledger[kind], hidden)
    return LedgerView.model_validate(ledger)


@router.get("/promises/rows")
async def list_promises(
    context: Context,
    person: Annotated[Principal, Depends(need("promise.read"))],
    kind: Kind = "live",
    role: Literal["served", "baseline"] = "served",
    series: SeriesFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PromisePage:
    """List the frozen forecasts themselves, the latest first, each with what its month came to."""
    async with context.engine.connect() as connection:
        rows = await repository.promises(
            connection, kind=kind, role=role, series=series, before=cursor, limit=limit + 1
        )
    is_clinical = person.role in CLINICAL_ROLES
    hidden = set[tuple[str, str]]() if is_clinical else await _hidden(context, sorted({row.month for row in rows}))
    shown, following = keyset_page(rows, limit=limit, key=lambda row: row.promise_id)
    items = [_promise(row._mapping, hidden, is_clinical=is_clinical) for row in shown]
    return PromisePage(items=items, next=following)


@router.get("/surge/grade", dependencies=[Depends(need("surge.read"))])
async def read_surge_grade(context: Context) -> GradeBoard:
    """Read how the surge detector did in its last exam on this hospital's own counts."""
    return GradeBoard.model_validate(await _published(context, "surge_grade", GradeBoard))


def _promise(row: Any, hidden: set[tuple[str, str]], *, is_clinical: bool) -> FrozenForecastView:
    """One row as a role may see it; the naive forecast of a condition is a count of last year."""
    known = {**row, "state": policy.state_of(row)}
    if (row["series_id"], row["month"]) in hidden:
        known |= {"actual": None, "state": "none"}
    if not is_clinical and row["series_id"] != policy.WHOLE:
        known |= {"naive_mean": None}
    return FrozenForecastView.model_validate(known)


async def _hidden(context: AppContext, months: list[str]) -> set[tuple[str, str]]:
    async with context.engine.connect() as connection:
        return policy.hidden_counts(await repository.counts_of_months(connection, months))


async def _published(context: AppContext, section: str, shape: type[Head]) -> dict[str, Any]:
    """Return what was published last with its head; before the first time, what that looks like: empty lists, nulls."""
    async with context.engine.connect() as connection:
        row = await newest_published(connection, section)
    if row is None:
        return {
            name: [] if get_origin(field.annotation) is list else None for name, field in shape.model_fields.items()
        }
    return {**row.payload, "as_of": row.as_of, "receipt": row.receipt_id}
