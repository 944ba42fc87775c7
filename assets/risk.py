"""From features to a released risk ensemble: training set, both members, ensemble, version, gate, release.

Belongs here: the model_risk_* assets. Does not belong here: training and judging (`ml.risk`), MLflow's calls
(`ml.registry`), the release's format (`ml.release`), moving the champion (people do that).
"""

import dagster as dg
import orjson
import pandas as pd

from assets import provenance
from assets.model_resources import ModelRegistry, ReleaseShelf, ReleaseSigner
from assets.partitions import Months, together
from assets.publishing import Publisher, as_json
from core import clock
from ml.card import judge_card
from ml.features.columns import LABEL_COLUMN
from ml.release import Bundle, pack
from ml.risk.card import fill_card
from ml.risk.config import TrainingConfig
from ml.risk.drift import reference
from ml.risk.ensemble import combine
from ml.risk.gate import judge
from ml.risk.member import Member, train_forest_member, train_network_member
from ml.risk.preprocessing import prepare
from ml.risk.report import evaluate_ensemble, score_release

OWNERS = ["team:ml-engineers"]
CONFIG = TrainingConfig()
_COMMON = {"group_name": "model", "owners": OWNERS, "code_version": "1"}


@dg.asset(
    **_COMMON,
    kinds={"pandas", "parquet"},
    description="Feature rows whose outcome is known: what both members are trained and measured on.",
)
def model_risk_training_set(features_risk: Months) -> dg.MaterializeResult[pd.DataFrame]:
    rows = together(features_risk)
    rows = rows[rows[LABEL_COLUMN].notna()].reset_index(drop=True) if len(rows) else rows
    if rows.empty:
        raise dg.Failure("no registration has a known outcome yet: import outcomes, then run this again")
    shares = rows[LABEL_COLUMN].value_counts(normalize=True).round(4).to_dict()
    return dg.MaterializeResult(
        value=rows,
        metadata={
            "class_shares": shares,
            "patients": int(rows["patient_id"].nunique()),
            "data_sha256": provenance.frame_hash(rows),
        },
    )


@dg.asset(
    **_COMMON,
    kinds={"tensorflow", "onnx"},
    pool="training",
    description="Dense 128-64-32, dropout 0.3 and 0.2, softmax of 3; 50 epochs, batches of 32, 20 % validation.",
)
def model_risk_network(
    context: dg.AssetExecutionContext, model_risk_training_set: pd.DataFrame
) -> dg.MaterializeResult[pd.DataFrame]:
    def tell(done: int, total: int, loss: float) -> None:
        if done % 10 == 0:
            context.log.info(f"epoch {done} of {total}: validation loss {loss:.4f}")

    member = train_network_member(prepare(model_risk_training_set, CONFIG), CONFIG, progress=tell)
    return dg.MaterializeResult(
        value=member.to_frame(),
        metadata={
            "epochs": CONFIG.epochs,
            "validation_loss": float(member.curve["val_loss"][-1]),
            "difference_to_onnx": member.difference,
        },
    )


@dg.asset(
    **_COMMON,
    kinds={"scikitlearn", "onnx"},
    pool="training",
    description="Random forest of 100 trees, depth 10, fixed seed.",
)
def model_risk_forest(model_risk_training_set: pd.DataFrame) -> dg.MaterializeResult[pd.DataFrame]:
    member = train_forest_member(prepare(model_risk_training_set, CONFIG), CONFIG)
    return dg.MaterializeResult(
        value=member.to_frame(),
        metadata={"trees": CONFIG.trees, "depth": CONFIG.depth, "difference_to_onnx": member.difference},
    )


@dg.asset(
    **_COMMON,
    kinds={"onnx", "mlflow"},
    description="Both members put together by consensus, calibrated, measured, and registered in MLflow as a version.",
)
def model_risk_ensemble(
    context: dg.AssetExecutionContext,
    model_risk_training_set: pd.DataFrame,
    model_risk_network: pd.DataFrame,
    model_risk_forest: pd.DataFrame,
    registry: ModelRegistry,
    signer: ReleaseSigner,
    publisher: Publisher,
) -> dg.MaterializeResult[pd.DataFrame]:
    prepared = prepare(model_risk_training_set, CONFIG)
    members = (Member.from_frame(model_risk_network), Member.from_frame(model_risk_forest))
    ensemble = combine(prepared, *members)
    report = evaluate_ensemble(ensemble, config=CONFIG)
    origin = {
        "dagster_run_id": context.run_id,
        "code_commit": provenance.code_commit(),
        "data_sha256": provenance.frame_hash(model_risk_training_set),
        "training_rows": report.n_fit,
        "last_registered_at": clock.iso(prepared.rows["registered_at"].max().to_pydatetime()),
        "validation_run_ids": publisher.validation_ids("validated_registrations", _months(prepared.rows)),
        "environment": provenance.environment(),
    }
    card = fill_card(ensemble, report, origin=origin)
    payload = pack(ensemble.to_bundle(origin))
    registered = registry.register(
        payload=payload, signer=signer, config=CONFIG, report=report, card=card, origin=origin
    )
    value = {
        "version": registered.version,
        "mlflow_run_id": registered.run_id,
        "payload": payload,
        "metrics": orjson.dumps(report.flat()).decode(),
        "baselines": orjson.dumps(report.baselines()).decode(),
        "card": orjson.dumps(as_json(card)).decode(),
        "origin": orjson.dumps(as_json(origin)).decode(),
        "reference": orjson.dumps(as_json(reference(ensemble))).decode(),
        "held_out": ensemble.consensus(prepared.matrix[prepared.parts.test]).probabilities.astype("<f4").tobytes(),
    }
    return dg.MaterializeResult(
        value=pd.DataFrame([value]),
        metadata={
            "version": registered.version,
            "mlflow_run": dg.MetadataValue.url(registry.run_url(registered)),
            "model_page": dg.MetadataValue.url(registry.page_of(registered.version)),
            "accuracy": report.models["ensemble"].accuracy.value,
            "ece": report.models["ensemble"].ece.value,
            "disagreement_share": report.disagreement_share,
        },
    )


def _months(rows: pd.DataFrame) -> list[str]:
    return sorted(rows["registered_at"].dt.strftime("%Y-%m").unique())


@dg.asset(
    **_COMMON,
    kinds={"mlflow"},
    description="The verdict on the new version: PROMOTE, HOLD or REJECT, with every reason, against the champion.",
)
def model_risk_gate(
    model_risk_training_set: pd.DataFrame,
    model_risk_ensemble: pd.DataFrame,
    registry: ModelRegistry,
    shelf: ReleaseShelf,
) -> dg.MaterializeResult[pd.DataFrame]:
    candidate = model_risk_ensemble.iloc[0]
    champion = registry.champion()
    champion_bundle: Bundle | None = shelf.bundle(champion) if champion is not None else None
    champion_figures = (
        score_release(champion_bundle, prepare(model_risk_training_set, CONFIG)) if champion_bundle else None
    )
    judgement = judge(
        orjson.loads(candidate["metrics"]),
        champion_figures,
        orjson.loads(candidate["baselines"]),
    )
    card = {**orjson.loads(candidate["card"]), **shelf.statements()}
    with_card, reasons, missing = judge_card(judgement.verdict, judgement.reasons, card)
    verdict = with_card.value
    registry.tag(int(candidate["version"]), {"verdict": verdict, "verdict_reasons": "; ".join(reasons)})
    value = {
        "version": candidate["version"],
        "verdict": verdict,
        "reasons": list(reasons),
        "figures_verdict": judgement.verdict.value,
        "figures_reasons": list(judgement.reasons),
    }
    return dg.MaterializeResult(
        value=pd.DataFrame([value]),
        metadata={
            "version": int(candidate["version"]),
            "verdict": verdict,
            "reasons": list(reasons),
            "missing": list(missing),
            "champion": champion if champion is not None else "none yet",
        },
    )


@dg.asset(
    **_COMMON,
    kinds={"onnx", "postgres", "parquet"},
    description="The version as signed bytes where serving finds it; whether it is served, the champion alias says.",
)
def model_risk_release(
    context: dg.AssetExecutionContext,
    model_risk_ensemble: pd.DataFrame,
    model_risk_gate: pd.DataFrame,
    signer: ReleaseSigner,
    shelf: ReleaseShelf,
    publisher: Publisher,
) -> dg.MaterializeResult[pd.DataFrame]:
    candidate, gate = model_risk_ensemble.iloc[0], model_risk_gate.iloc[0]
    sha256 = shelf.put(
        candidate.to_dict(),
        # The card may be signed after this: the shelf keeps what the figures say, the card is looked at when asked for.
        verdict=gate["figures_verdict"],
        reasons=list(gate["figures_reasons"]),
        signature=signer.sign(candidate["payload"]),
        run_id=context.run_id,
    )
    publisher.nudge("model_release")
    said = {"version": int(candidate["version"]), "payload_sha256": sha256, "bytes": len(candidate["payload"])}
    return dg.MaterializeResult(value=pd.DataFrame([said]), metadata=said)


@dg.asset_check(
    asset=model_risk_gate,
    description="The new version may be promoted. A warning only: whatever is champion goes on serving.",
)
def version_may_be_promoted(model_risk_gate: pd.DataFrame) -> dg.AssetCheckResult:
    gate = model_risk_gate.iloc[0]
    return dg.AssetCheckResult(
        passed=gate["verdict"] == "PROMOTE",
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"verdict": gate["verdict"], "reasons": list(gate["reasons"])},
    )


RISK_ASSETS = [
    model_risk_training_set,
    model_risk_network,
    model_risk_forest,
    model_risk_ensemble,
    model_risk_gate,
    model_risk_release,
]
RISK_CHECKS = [version_may_be_promoted]
