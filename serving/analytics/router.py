"""HTTP of the analytics API: pages as ready bytes, with tags.

Belongs here: routes. Does not belong here: composing (`pages`), caching (`store`).
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Response

from app_api.identity.access import need
from app_api.identity.session_book import Principal
from serving.analytics.answer import answer
from serving.analytics.audience import audience_of
from serving.analytics.realtime import Board
from serving.analytics.schemas import AnalyticsPage, DoctorPage, NursePage, RealtimePage
from serving.analytics.store import Store

router = APIRouter(prefix="/api/analytics", tags=["analytics"])


async def _asked(
    if_none_match: Annotated[str, Header(description="ETag of the page that the caller has")] = "",
    accept_encoding: Annotated[str, Header(include_in_schema=False)] = "",
) -> dict[str, str]:
    return {"if-none-match": if_none_match, "accept-encoding": accept_encoding}


Asked = Annotated[dict[str, str], Depends(_asked)]

_ETAG: dict[str, Any] = {"ETag": {"schema": {"type": "string"}, "description": "Changes when a section is published"}}


def _page_docs(model: type) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"model": model, "headers": _ETAG},
        304: {"description": "Not modified: the caller has the newest page", "headers": _ETAG},
    }


#: Pages that are asked for all day, by path: `fast_path` answers them where it can.
HOT_PAGES = {"/api/analytics/": "all", "/api/analytics/doctor/": "doctor", "/api/analytics/nurse/": "nurse"}


@router.get("/", response_model=None, responses=_page_docs(AnalyticsPage))
async def read_analytics(
    person: Annotated[Principal, Depends(need("analytics.read"))], store: Store, asked: Asked
) -> Response:
    """All five published analyses; small cells are hidden from roles that do not treat patients."""
    return answer(await store.page("all", audience_of(person)), asked)


@router.get("/doctor/", response_model=None, responses=_page_docs(DoctorPage))
async def read_doctor_analytics(
    person: Annotated[Principal, Depends(need("analytics.doctor"))], store: Store, asked: Asked
) -> Response:
    """The analyses in a doctor's order: what comes, what is about, who is affected."""
    return answer(await store.page("doctor", audience_of(person)), asked)


@router.get("/nurse/", response_model=None, responses=_page_docs(NursePage))
async def read_nurse_analytics(
    person: Annotated[Principal, Depends(need("analytics.nurse"))], store: Store, asked: Asked
) -> Response:
    """What a shift is planned with: expected registrations a day, volume, surges, conditions."""
    return answer(await store.page("nurse", audience_of(person)), asked)


@router.get("/realtime/", response_model=None, responses=_page_docs(RealtimePage))
async def read_realtime_analytics(
    person: Annotated[Principal, Depends(need("analytics.realtime"))], board: Board, asked: Asked
) -> Response:
    """The registrations of the last 24 hours, at most a second old."""
    return answer(await board.page(audience_of(person)), asked)
