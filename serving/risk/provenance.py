"""An assessment with its receipt: what the receipt says, and what is kept to meet the outcome.

Belongs here: assessing with a receipt, both records, made without the patient's values. Does not belong here: scoring
(`ml.release`), writing the records (`receipts`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from core import ids
from core.vocabulary import RISK_MODEL_NAME
from serving.risk.holder import Loaded
from serving.risk.receipts import ReceiptWriter


def assess(
    loaded: Loaded,
    receipts: ReceiptWriter,
    features: Mapping[str, Any],
    *,
    asked_by: str,
    registration_id: str | None,
    raw_rows: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return what a model says of one patient, with its version and a receipt that is queued to be written.

    Nothing is waited for: a swap of models meanwhile can't mix two versions in one answer.

    Raises
    ------
    UnavailableError
        If no receipt can be kept: no receipt, no answer.
    """
    said = vars(loaded.scorer.assess(features)).copy()
    # What the members did not say is null, not an empty object.
    said["votes"], said["probabilities"] = said["votes"] or None, said["probabilities"] or None
    told = provenance(loaded, features, said, asked_by=asked_by, raw_rows=raw_rows)
    key = None if registration_id is None else receipts.registration_key(registration_id)
    kept = prediction(loaded, said, feature_sha256=told["feature_sha256"], registration_key=key)
    return {**said, "model_version": loaded.version, "receipt": receipts.add(told, kept)}


def provenance(
    loaded: Loaded,
    features: Mapping[str, Any],
    said: Mapping[str, Any],
    *,
    asked_by: str,
    raw_rows: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the model, who asked, and hashes of the feature row and of the raw rows: enough to prove, not to read.

    Run, code, data, validation runs and environment of the version stand once beside the version; whoever reads the
    receipt is told them too.
    """
    inputs = orjson.dumps(features, option=orjson.OPT_SORT_KEYS)
    return {
        "model_name": RISK_MODEL_NAME,
        "model_version": loaded.version,
        "payload_sha256": loaded.payload_sha256,
        "mlflow_run_id": loaded.mlflow_run_id,
        "dagster_run_id": loaded.dagster_run_id,
        "input_names": sorted(features),
        "feature_sha256": ids.content_hash([inputs.decode()]),
        "raw_rows": list(raw_rows),
        "level": said["level"],
        "score": said["score"],
        "is_abstention": said["abstained"],
        "requested_by": asked_by,
    }


def prediction(
    loaded: Loaded, said: Mapping[str, Any], *, feature_sha256: str, registration_key: str | None
) -> dict[str, Any]:
    """Return the columns of `risk_assessment` but the receipt's id and the moment."""
    probabilities = said["probabilities"] or {}
    return {
        "version": loaded.version,
        "registration_key": registration_key,
        "feature_sha256": feature_sha256,
        "level": said["level"],
        "score": said["score"],
        "probability_low": probabilities.get("low"),
        "probability_moderate": probabilities.get("moderate"),
        "probability_high": probabilities.get("high"),
    }
