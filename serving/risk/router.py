"""HTTP of risk assessments.

Belongs here: `POST /api/risk/assess`. Does not belong here: models and their moves (`models_router`).
"""

from dataclasses import asdict
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request, Response

from app_api.identity.access import need
from app_api.identity.session_book import Principal
from core import ids
from serving.metrics import Metrics
from serving.risk.holder import Loaded, Models
from serving.risk.receipts import Receipts
from serving.risk.schemas import AssessmentView, PatientFeatures

router = APIRouter(prefix="/api/risk", tags=["risk"])


@router.post("/assess", response_model=None, responses={200: {"model": AssessmentView}})
async def assess_risk(
    body: PatientFeatures,
    person: Annotated[Principal, Depends(need("risk.assess"))],
    models: Models,
    receipts: Receipts,
    request: Request,
) -> Response:
    """Assess one patient's risk by the consensus of two models; the answer says why, and carries its receipt."""
    loaded = models.champion
    features = body.model_dump(exclude_none=True)
    said = asdict(loaded.scorer.assess(features))
    # What the members did not say is null, not an empty object.
    said["votes"] = said["votes"] or None
    said["probabilities"] = said["probabilities"] or None
    receipt = receipts.add(_provenance(loaded, features, said, person))
    metrics: Metrics = request.app.state.metrics
    metrics.assessments.labels(said["level"] or "abstained").inc()
    return Response(
        orjson.dumps({**said, "model_version": loaded.version, "receipt": receipt}), media_type="application/json"
    )


def _provenance(loaded: Loaded, features: dict[str, Any], said: dict[str, Any], person: Principal) -> dict[str, Any]:
    """What a receipt says: the model, who asked, and the hash of the inputs: enough to prove, not to read them."""
    metadata = loaded.scorer.bundle.metadata
    inputs = orjson.dumps(features, option=orjson.OPT_SORT_KEYS)
    return {
        "model_name": "medisync-risk",
        "model_version": loaded.version,
        "payload_sha256": loaded.payload_sha256,
        "mlflow_run_id": loaded.mlflow_run_id,
        "dagster_run_id": loaded.dagster_run_id,
        "model_metadata": metadata,
        "input_names": sorted(features),
        "input_sha256": ids.content_hash([inputs.decode()]),
        "level": said["level"],
        "score": said["score"],
        "is_abstention": said["abstained"],
        "requested_by": str(person.user_id),
    }
