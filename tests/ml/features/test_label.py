"""The risk label is the outcome inside thirty days, and nothing where that is unknown."""

import pandas as pd
import pytest

from ml.features import risk_labels

AT = pd.Timestamp("2026-03-01 08:00", tz="UTC")


def label_of(outcome: str | None, after: pd.Timedelta | None) -> str | None:
    frame = pd.DataFrame(
        {
            "registered_at": [AT],
            "outcome": pd.Series([outcome], dtype="str"),
            "outcome_at": pd.Series([AT + after if after is not None else pd.NaT], dtype="datetime64[us, UTC]"),
        }
    )
    found = risk_labels(frame).iloc[0]
    return None if pd.isna(found) else found


@pytest.mark.parametrize(
    ("outcome", "label"),
    [("discharged", "low"), ("left", "low"), ("admitted", "moderate"), ("icu", "high"), ("deceased", "high")],
)
def test_each_outcome_has_its_risk_class(outcome: str, label: str) -> None:
    assert label_of(outcome, pd.Timedelta(days=1)) == label


def test_an_unknown_outcome_has_no_label() -> None:
    assert label_of(None, None) is None


def test_the_thirtieth_day_counts_and_the_next_moment_does_not() -> None:
    assert label_of("deceased", pd.Timedelta(days=30)) == "high"
    assert label_of("deceased", pd.Timedelta(days=30, microseconds=1)) is None


def test_an_outcome_without_a_time_is_the_visits_own() -> None:
    assert label_of("admitted", None) == "moderate"
