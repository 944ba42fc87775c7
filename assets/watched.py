"""Which columns of each asset's table are watched for drift, and how many registrations a row stands for.

Belongs here: the choice, asset by asset. Does not belong here: the arithmetic (`ml.shift`), keeping profiles
(`assets.profiling`).

A layer of rows is watched by its own columns. A table of counts is weighted by what it counts, so that a row of 400
registrations weighs 400; a trained model by what it answers. What holds one row a run (a verdict, a release, a report)
has no distribution: its row count is told, and that it is not judged.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from core.vocabulary import RISK_CLASSES, VITAL_COLUMNS
from ml.features.columns import LABEL_COLUMN, NUMERIC_FEATURES

#: The wheel of hour and weekday moves by itself.
_FEATURES = tuple(name for name in NUMERIC_FEATURES if not name.endswith(("_sin", "_cos")))
_ANSWERS = tuple(f"probability_{level.value}" for level in RISK_CLASSES)


@dataclass(frozen=True)
class Watch:
    """What is watched of one table.

    Attributes
    ----------
    columns : tuple of str
    weight : str, optional
        Column that says how many registrations a row stands for.
    view : callable, optional
        Makes the rows that are watched out of `reads`; left out, the rows are the table's own.
    reads : tuple of str
        The table's columns that the view needs.
    """

    columns: tuple[str, ...] = ()
    weight: str | None = None
    view: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    reads: tuple[str, ...] = ()

    @property
    def needed(self) -> tuple[str, ...]:
        """The table's columns that have to be read."""
        if self.view is not None:
            return self.reads
        return self.columns if self.weight is None else (*self.columns, self.weight)

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the rows that are watched; none of a table that lacks what they are made of."""
        if self.view is None:
            return table
        return self.view(table) if len(table) and set(self.reads) <= set(table.columns) else table.iloc[:0]


def _by_reason(parked: pd.DataFrame) -> pd.DataFrame:
    return parked.explode("reasons")


def _answers_of(column: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return a view on probabilities that one column keeps as little-endian float32, three to a question."""

    def view(table: pd.DataFrame) -> pd.DataFrame:
        answers = np.frombuffer(table.iloc[0][column], dtype="<f4").reshape(-1, len(_ANSWERS))
        return pd.DataFrame(answers.astype("float64"), columns=list(_ANSWERS))

    return view


def _volume(table: pd.DataFrame) -> pd.DataFrame:
    """Months of the past and of the forecast alike: how many patients, in which month of the year."""
    patients = pd.to_numeric(table["count"]).fillna(pd.to_numeric(table["mean"]))
    return pd.DataFrame({"month_of_year": table["month"].str[5:7], "patients": patients})


_JUDGED = Watch(("count", "expected", "p_exceed", "level", "alarm"))
_ONE_ROW = Watch()

WATCHED: Final[dict[str, Watch]] = {
    "raw_registrations": Watch(("source", "facility", "sex", "condition", "acuity", "outcome")),
    "validated_registrations": Watch(
        ("age_years", "sex", "condition", "acuity", "comorbidity_count", *VITAL_COLUMNS, "outcome", "facility")
    ),
    "quarantined_registrations": Watch(
        ("source", "facility", "reasons"), view=_by_reason, reads=("source", "facility", "reasons")
    ),
    "features_risk": Watch(_FEATURES),
    "features_weekly_counts": Watch(("condition", "sex", "age_band"), weight="registrations_count"),
    "features_report_delays": Watch(("condition", "known_after_hours"), weight="registrations_count"),
    "analytics_health_trends": Watch(("condition", "rank"), weight="count"),
    "analytics_demographics": Watch(("label",), weight="count"),
    "analytics_associations": Watch(("cramers_v", "strength"), weight="n"),
    "analytics_patient_volume": Watch(
        ("month_of_year", "patients"), weight="patients", view=_volume, reads=("month", "count", "mean")
    ),
    "analytics_illness_surge": Watch(("count", "expected", "level")),
    "forecast_condition_volume": Watch(("series_id", "model"), weight="mean"),
    "forecast_ledger": Watch(("kind", "role", "model", "mean", "scale")),
    "surge_condition_weekly": _JUDGED,
    "surge_condition_monthly": _JUDGED,
    "surge_alerts": Watch(("series_id", "level", "p_exceed", "excess")),
    "surge_self_grade": Watch(("pod", "days_to_detect", "fpr"), weight="injected"),
    "model_risk_training_set": Watch((*_FEATURES, LABEL_COLUMN)),
    "model_risk_network": Watch(_ANSWERS, view=_answers_of("golden"), reads=("golden",)),
    "model_risk_forest": Watch(_ANSWERS, view=_answers_of("golden"), reads=("golden",)),
    "model_risk_ensemble": Watch(_ANSWERS, view=_answers_of("held_out"), reads=("held_out",)),
    "model_risk_gate": _ONE_ROW,
    "model_risk_release": _ONE_ROW,
    "model_risk_monitoring": Watch(("psi",), weight="n"),
    "report_roles": _ONE_ROW,
    "operations_waiting": Watch(("remaining_minutes", "acuity", "waiting_count", "is_observed")),
    "operations_beds": Watch(("acuity", "age_band", "news2_score", "stay_minutes", "end")),
}
