"""One small hospital, prepared and trained once: two epochs are enough to test the machinery, not the skill."""

import pandas as pd
import pytest

from ml.features import build_risk_features
from ml.risk import MediSyncInsightsModel, TrainingConfig
from ml.risk.ensemble import Ensemble
from ml.risk.preprocessing import Prepared, prepare
from ml.synthetic import generate_synthetic_data

QUICK = TrainingConfig(epochs=2, trees=30, depth=6)


@pytest.fixture(scope="session")
def features() -> pd.DataFrame:
    rows = generate_synthetic_data(1500)
    return build_risk_features(rows, history=rows.iloc[:0])


@pytest.fixture(scope="session")
def prepared(features: pd.DataFrame) -> Prepared:
    return prepare(features, QUICK)


@pytest.fixture(scope="session")
def trained(prepared: Prepared) -> tuple[MediSyncInsightsModel, Ensemble, list[tuple[int, int, float]]]:
    told: list[tuple[int, int, float]] = []
    model = MediSyncInsightsModel(config=QUICK, progress=lambda done, total, loss: told.append((done, total, loss)))
    return model, model.train_models(prepared), told
