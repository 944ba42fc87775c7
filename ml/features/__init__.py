"""What a model may know at the moment of registration: one row per prediction, point in time.

Belongs here: features and the risk label, computed from frames or arrays. Does not belong here: fitted state such as
medians, scales or vocabularies (`ml.release.encoder` holds it, `ml.risk.preprocessing` fits it), models, databases.

`build_risk_features` is looked up on first use: serving derives single rows through `ml.features.clinical` and must
not pay for importing pandas.
"""

from typing import TYPE_CHECKING, Any

from ml.features.columns import (
    CLINICAL_INPUTS,
    FEATURE_COLUMNS,
    HISTORY_DEFAULTS,
    KEY_COLUMNS,
    LABEL_COLUMN,
    NUMERIC_FEATURES,
)

if TYPE_CHECKING:
    from ml.features.frame import build_risk_features
    from ml.features.label import risk_labels

__all__ = [
    "CLINICAL_INPUTS",
    "FEATURE_COLUMNS",
    "HISTORY_DEFAULTS",
    "KEY_COLUMNS",
    "LABEL_COLUMN",
    "NUMERIC_FEATURES",
    "build_risk_features",
    "risk_labels",
]


def __getattr__(name: str) -> Any:
    if name == "build_risk_features":
        from ml.features.frame import build_risk_features

        return build_risk_features
    if name == "risk_labels":
        from ml.features.label import risk_labels

        return risk_labels
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
