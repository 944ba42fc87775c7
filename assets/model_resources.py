"""What the model assets reach outside: the registry, the signing key, the shelf of releases.

Belongs here: these three resources. Does not belong here: MLflow's calls themselves (`ml.registry`), the assets.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import dagster as dg
import orjson
import pandas as pd
from pydantic import Field, PrivateAttr
from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from assets.database import Database
from assets.publishing import as_json
from core import clock, sealing
from core.db.tables import (
    ChampionEvent,
    ModelMonitoring,
    ModelRelease,
    ModelStatement,
    OutboxMessage,
    RiskAssessment,
)
from core.vocabulary import RISK_MODEL_NAME, Verdict
from ml.release import Bundle, unpack
from ml.risk.config import TrainingConfig
from ml.risk.report import EnsembleReport

if TYPE_CHECKING:
    from ml.registry import Registered, Registry


class ReleaseSigner(dg.ConfigurableResource):
    """Signs releases; the key stays here."""

    seed_hex: str = Field(description="Ed25519 seed of the release key, hex")

    def sign(self, payload: bytes) -> bytes:
        return sealing.sign(payload, seed_hex=self.seed_hex)

    @property
    def public(self) -> bytes:
        return sealing.public_key(self.seed_hex)


class ReleaseShelf(dg.ConfigurableResource):
    """Releases in the database, where serving takes them from."""

    database: dg.ResourceDependency[Database]
    signer: dg.ResourceDependency[ReleaseSigner]

    def bundle(self, version: int) -> Bundle | None:
        """Return a released version, its signature verified; None if it was never released here."""
        query = select(ModelRelease.payload, ModelRelease.signature).where(ModelRelease.version == version)
        with self.database.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return unpack(row.payload, signature=row.signature, public=self.signer.public) if row else None

    def statements(self) -> dict[str, str]:
        """Return what people signed of this line of models: attribute -> newest text."""
        query = (
            select(ModelStatement.attribute, ModelStatement.text)
            .where(ModelStatement.model_name == RISK_MODEL_NAME)
            .ext(distinct_on(ModelStatement.attribute))
            .order_by(ModelStatement.attribute, ModelStatement.revision.desc())
        )
        with self.database.engine.connect() as connection:
            return {row.attribute: row.text for row in connection.execute(query)}

    def in_use(self) -> Row[Any] | None:
        """Return the release that was made champion last (version, metrics, origin, reference); None before that."""
        newest = (
            select(ChampionEvent.version)
            .where(ChampionEvent.kind != "out_of_band")
            .order_by(ChampionEvent.event_id.desc())
            .limit(1)
        )
        query = select(ModelRelease.version, ModelRelease.metrics, ModelRelease.origin, ModelRelease.reference)
        with self.database.engine.connect() as connection:
            return connection.execute(query.where(ModelRelease.version == newest.scalar_subquery())).one_or_none()

    def challenger(self, champion: int) -> tuple[int, Bundle, dict[str, Any]] | None:
        """Return the newest version after the champion that the figures do not reject: number, bundle, origin."""
        query = (
            select(ModelRelease.version, ModelRelease.origin)
            .where(ModelRelease.version > champion, ModelRelease.verdict != Verdict.REJECT)
            .order_by(ModelRelease.version.desc())
            .limit(1)
        )
        with self.database.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        bundle = self.bundle(row.version) if row is not None and row.origin else None
        return (row.version, bundle, row.origin) if row is not None and bundle is not None else None

    def predictions(self, version: int) -> pd.DataFrame:
        """Return what a version answered where a registration was named, the newest answer of each registration."""
        table = RiskAssessment
        query = (
            select(table.registration_key, table.probability_low, table.probability_moderate, table.probability_high)
            .where(table.version == version, table.registration_key.is_not(None), table.level.is_not(None))
            .ext(distinct_on(table.registration_key))
            .order_by(table.registration_key, table.assessed_at.desc())
        )
        names = ["registration_key", "probability_low", "probability_moderate", "probability_high"]
        with self.database.engine.connect() as connection:
            return pd.DataFrame(connection.execute(query).all(), columns=names)

    def monitored(self, version: int, report: Any, *, suggests_retrain: bool, run_id: str) -> None:
        """Keep one look at a version; a suggestion is told to the screens, in the same transaction."""
        now = clock.now()
        with self.database.engine.begin() as connection:
            number = connection.execute(
                insert(ModelMonitoring)
                .values(
                    version=version,
                    dagster_run_id=run_id,
                    suggests_retrain=suggests_retrain,
                    report=report,
                    measured_at=now,
                )
                .returning(ModelMonitoring.monitoring_id)
            ).scalar_one()
            if suggests_retrain:
                payload = {"version": version, "monitoring_id": number}
                connection.execute(
                    insert(OutboxMessage).values(topic="model_retrain_suggested", payload=payload, created_at=now)
                )

    def put(
        self, candidate: Mapping[str, Any], *, verdict: str, reasons: list[str], signature: bytes, run_id: str
    ) -> str:
        """Put a version on the shelf, or renew its verdict; return the SHA-256 of its bytes."""
        payload: bytes = candidate["payload"]
        sha256 = hashlib.sha256(payload).hexdigest()
        new = insert(ModelRelease).values(
            version=int(candidate["version"]),
            mlflow_run_id=candidate["mlflow_run_id"],
            dagster_run_id=run_id,
            verdict=verdict,
            reasons=reasons,
            metrics=orjson.loads(candidate["metrics"]),
            payload=payload,
            payload_sha256=sha256,
            signature=signature,
            released_at=clock.now(),
            card=orjson.loads(candidate["card"]),
            origin=orjson.loads(candidate["origin"]),
            reference=orjson.loads(candidate["reference"]),
        )
        renewed = {"verdict": new.excluded.verdict, "reasons": new.excluded.reasons}
        with self.database.engine.begin() as connection:
            connection.execute(new.on_conflict_do_update(index_elements=[ModelRelease.version], set_=renewed))
        return sha256


class ModelRegistry(dg.ConfigurableResource):
    """The MLflow registry, as the pipeline's service account (it may add versions, not move the champion)."""

    address: str = Field(description="http://host:port of the MLflow server")
    username: str
    password: str
    dashboard: str = Field(description="http(s)://host:port at which people reach the dashboard")
    _registry: "Registry | None" = PrivateAttr(default=None)

    def register(
        self,
        *,
        payload: bytes,
        signer: ReleaseSigner,
        config: TrainingConfig,
        report: EnsembleReport,
        card: Any,
        origin: Mapping[str, Any],
    ) -> "Registered":
        """Register a candidate with everything that an audit asks for; see `ml.registry.Candidate`."""
        from ml.registry import Candidate

        signature = signer.sign(payload)
        bundle = unpack(payload, signature=signature, public=signer.public)
        documents = {
            "scaler_and_encoders.json": bundle.encoder.to_json(),
            "consensus_rule.json": bundle.rule.to_json(),
            "metrics.json": as_json(report),
            "model_card.json": as_json(card),
        }
        candidate = Candidate(
            payload=payload,
            signature=signature,
            public=signer.public,
            files={
                "network.onnx": bundle.network_onnx,
                "forest.onnx": bundle.forest_onnx,
                **{name: orjson.dumps(content, option=orjson.OPT_INDENT_2) for name, content in documents.items()},
            },
            params=asdict(config),
            metrics=report.flat(),
            tags={
                **{key: str(value) for key, value in origin.items()},
                "payload_sha256": hashlib.sha256(payload).hexdigest(),
            },
        )
        registered = self._open().register(candidate)
        page = self.page_of(registered.version)
        self._open().describe(registered.version, f"Card, verdict, promotion and monitoring: [{page}]({page})")
        self.tag(registered.version, {"dashboard_url": page})
        return registered

    def page_of(self, version: int) -> str:
        """Return the address of a version's card in the dashboard."""
        return f"{self.dashboard}/models?version={version}"

    def champion(self) -> int | None:
        """Return the version that serves now; None before the first promotion."""
        return self._open().champion()

    def tag(self, version: int, tags: Mapping[str, str]) -> None:
        """Write tags on a version."""
        self._open().tag(version, tags)

    def log_scores(self, experiment: str, metrics: Mapping[str, float], *, tags: Mapping[str, Any]) -> str:
        """Log scores of published forecasts; return the MLflow run's id.

        Raises
        ------
        UnavailableError
            If MLflow does not answer.
        """
        from ml.registry.scores import log_scores

        return log_scores(
            self.address,
            experiment,
            metrics,
            tags={key: str(value) for key, value in tags.items()},
            username=self.username,
            password=self.password,
        )

    def run_url(self, registered: "Registered") -> str:
        """Return the address of a version's run in the MLflow UI."""
        return f"{self.address}/#/models/{RISK_MODEL_NAME}/versions/{registered.version}"

    def _open(self) -> "Registry":
        if self._registry is None:
            # MLflow takes seconds to import: only a run that registers pays for it.
            from ml.registry import Registry

            self._registry = Registry(address=self.address, username=self.username, password=self.password)
        return self._registry
