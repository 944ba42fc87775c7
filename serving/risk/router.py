"""HTTP of risk assessments.

Belongs here: `POST /api/risk/assess`. Does not belong here: models and their moves (`models_router`).
"""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request, Response

from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.problem_docs import problems
from serving.metrics import Metrics
from serving.risk.errors import UnknownRegistrationError
from serving.risk.holder import Models
from serving.risk.provenance import assess
from serving.risk.raw_rows import rows_behind
from serving.risk.receipts import Receipts
from serving.risk.schemas import AssessmentView, RiskQuestion

router = APIRouter(prefix="/api/risk", tags=["risk"])


@router.post("/assess", response_model=None, responses={200: {"model": AssessmentView}, **problems(404)})
async def assess_risk(
    body: RiskQuestion,
    person: Annotated[Principal, Depends(need("risk.assess"))],
    context: Context,
    models: Models,
    receipts: Receipts,
    request: Request,
) -> Response:
    """Assess one patient's risk by the consensus of two models; the answer says why, and carries its receipt."""
    features = body.model_dump(exclude_none=True)
    registration_id: str | None = features.pop("registration_id", None)
    raw_rows: list[dict[str, Any]] = []
    if registration_id is not None:
        async with context.engine.connect() as connection:
            # One statement is a transaction of its own: no BEGIN and ROLLBACK around it.
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            raw_rows = await rows_behind(connection, registration_id)
        if not raw_rows:
            raise UnknownRegistrationError("no registration of this id was entered here")
    said = assess(
        models.champion,
        receipts,
        features,
        asked_by=str(person.user_id),
        registration_id=registration_id,
        raw_rows=raw_rows,
    )
    metrics: Metrics = request.app.state.metrics
    metrics.assessments.labels(said["level"] or "abstained").inc()
    return Response(orjson.dumps(said), media_type="application/json")
