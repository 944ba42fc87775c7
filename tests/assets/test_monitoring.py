"""The nightly look: skill as outcomes land, and the newest waiting version in the shadow; nothing is promoted."""

from dataclasses import asdict
from datetime import date

import dagster as dg
import numpy as np
import orjson
import pandas as pd
import pytest
from sqlalchemy import insert, select, update

from assets.database import Database
from assets.model_resources import ReleaseShelf, ReleaseSigner
from assets.monitoring import model_risk_monitoring
from assets.publishing import as_json
from assets.registrations import Pseudonyms
from core import clock
from core.db.tables import ChampionEvent, ModelMonitoring, ModelRelease
from ml.features import build_risk_features
from ml.release import pack
from ml.risk.config import TrainingConfig
from ml.risk.drift import reference
from ml.risk.ensemble import combine
from ml.risk.member import train_forest_member
from ml.risk.preprocessing import prepare
from ml.risk.shadow import shadow_run
from ml.synthetic import generate_hospital

SEED_HEX = "2a" * 32
CUT = pd.Timestamp("2026-08-31T00:00Z")


@pytest.fixture(scope="module")
def features():
    made = generate_hospital(patients=2500, years=2, seed=9, end=date(2026, 10, 31)).registrations
    return build_risk_features(made, history=made.iloc[:0])


def version_of(features, *, depth):
    """A version with a forest in both seats, which needs no TensorFlow, trained on what came before the cut."""
    config = TrainingConfig(trees=20, depth=depth)
    prepared = prepare(features[features["registered_at"] < CUT], config)
    forest = train_forest_member(prepared, config)
    return combine(prepared, forest, forest)


@pytest.fixture(scope="module")
def versions(features):
    """A champion, and a challenger that has learnt almost nothing."""
    return {1: version_of(features, depth=8), 2: version_of(features, depth=1)}


@pytest.fixture
def shelf(pg_engine, pg_dsn, versions):
    made = ReleaseShelf(database=Database(dsn=pg_dsn), signer=ReleaseSigner(seed_hex=SEED_HEX))
    for number, ensemble in versions.items():
        payload = pack(ensemble.to_bundle({"version": number}))
        documents = {
            "metrics": {"auroc": 0.9}, "card": {}, "origin": {"last_registered_at": CUT.isoformat()},
            "reference": reference(ensemble),
        }  # fmt: skip
        candidate = {"version": number, "mlflow_run_id": "run", "payload": payload}
        candidate |= {name: orjson.dumps(content).decode() for name, content in documents.items()}
        signature = made.signer.sign(payload)
        made.put(candidate, verdict="PROMOTE", reasons=[], signature=signature, run_id="run")
    with pg_engine.begin() as connection:
        connection.execute(
            insert(ChampionEvent).values(version=1, kind="bootstrap", actor="t", reason="t", moved_at=clock.now())
        )
    return made


@pytest.fixture
def report(shelf, features, pg_engine, monkeypatch):
    """What one night's look keeps."""
    newest = features["registered_at"].max().to_pydatetime()
    monkeypatch.setattr(clock, "now", lambda: newest)

    @dg.asset(name="features_risk", io_manager_key="io_manager")
    def months():
        return {"all": features}

    resources = {"shelf": shelf, "pseudonyms": Pseudonyms(key="k" * 64), "io_manager": dg.mem_io_manager}
    with dg.DagsterInstance.ephemeral() as instance:
        assert dg.materialize([months, model_risk_monitoring], resources=resources, instance=instance).success
    with pg_engine.connect() as connection:
        kept = connection.execute(select(ModelMonitoring.report, ModelMonitoring.version)).one()
        assert [row.version for row in connection.execute(select(ChampionEvent.version))] == [1], "nothing is promoted"
    assert kept.version == 1
    return kept.report


def test_the_waiting_version_is_asked_in_the_shadow_and_judged_by_outcomes(report):
    shadow = report["shadow"]
    assert shadow["version"] == 2
    assert shadow["n"] > shadow["n_outcomes"] >= 200
    assert shadow["agreement"] + shadow["higher"] + shadow["lower"] == pytest.approx(1)
    assert shadow["agreement"] < 1
    assert shadow["accuracy_gain"]["high"] < 0, "it has learnt almost nothing, and the outcomes say so"


def test_accuracy_is_estimated_before_outcomes_land_and_told_beside_them(report):
    weeks = [week for week in report["weeks"] if week["accuracy"] is not None]
    assert len(weeks) >= 4
    expected = np.average([week["expected_accuracy"] for week in weeks], weights=[week["n_outcomes"] for week in weeks])
    landed = np.average([week["accuracy"] for week in weeks], weights=[week["n_outcomes"] for week in weeks])
    assert abs(expected - landed) < 0.05


def test_a_version_agrees_with_itself_and_wins_nothing(versions, features):
    bundle = versions[1].to_bundle({})
    found = shadow_run(bundle, bundle, features[features["registered_at"] >= CUT], version=2, unseen_since=CUT)
    assert (found.agreement, found.mean_difference, found.accuracy_gain.value) == (1.0, 0.0, 0.0)
    assert orjson.loads(orjson.dumps(as_json(asdict(found))))["higher"] == 0
    assert shadow_run(bundle, bundle, features.iloc[:0], version=2, unseen_since=CUT) is None


def test_nothing_runs_in_the_shadow_of_the_newest_version_nor_what_the_gate_rejected(shelf, pg_engine):
    number, bundle, origin = shelf.challenger(1)
    assert (number, origin) == (2, {"last_registered_at": CUT.isoformat()})
    assert bundle.metadata == {"version": 2}
    assert shelf.challenger(2) is None
    with pg_engine.begin() as connection:
        connection.execute(update(ModelRelease).where(ModelRelease.version == 2).values(verdict="REJECT"))
    assert shelf.challenger(1) is None
