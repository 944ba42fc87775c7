"""NEWS2 against the table of the Royal College of Physicians (2017), band by band."""

import numpy as np
import pytest

from ml.features.news2 import highest_single_points, news2, parameter_points

#: parameter -> (value, points): both ends of every band of chart 1, SpO2 scale 1.
CHART = {
    "respiratory_rate": [(3, 3), (8, 3), (9, 1), (11, 1), (12, 0), (20, 0), (21, 2), (24, 2), (25, 3), (60, 3)],
    "spo2_pct": [(70, 3), (91, 3), (92, 2), (93, 2), (94, 1), (95, 1), (96, 0), (100, 0)],
    "systolic_bp": [(50, 3), (90, 3), (91, 2), (100, 2), (101, 1), (110, 1), (111, 0), (219, 0), (220, 3), (280, 3)],
    "heart_rate": [
        *[(20, 3), (40, 3), (41, 1), (50, 1), (51, 0), (90, 0)],
        *[(91, 1), (110, 1), (111, 2), (130, 2), (131, 3), (200, 3)],
    ],
    "temperature_c": [
        *[(33.0, 3), (35.0, 3), (35.1, 1), (36.0, 1), (36.1, 0)],
        *[(38.0, 0), (38.1, 1), (39.0, 1), (39.1, 2), (42.0, 2)],
    ],
}
NORMAL = {"respiratory_rate": 16, "spo2_pct": 98, "systolic_bp": 125, "heart_rate": 70, "temperature_c": 37.0}
CASES = [(name, value, points) for name, rows in CHART.items() for value, points in rows]


@pytest.mark.parametrize(("name", "value", "points"), CASES)
def test_every_band_of_the_chart_scores_its_points(name: str, value: float, points: int) -> None:
    assert parameter_points(name, [value])[0] == points
    assert news2({key: [value if key == name else normal] for key, normal in NORMAL.items()})[0] == points


def test_values_are_read_at_the_precision_of_the_chart() -> None:
    assert parameter_points("heart_rate", [90.4])[0] == 0
    assert parameter_points("heart_rate", [90.6])[0] == 1
    assert parameter_points("temperature_c", [38.04])[0] == 0
    assert parameter_points("temperature_c", [38.06])[0] == 1


def test_oxygen_adds_two_and_lost_alertness_three() -> None:
    vitals = {name: [value] for name, value in NORMAL.items()}
    assert news2(vitals)[0] == 0
    assert news2(vitals, has_oxygen=[True])[0] == 2
    assert news2(vitals, is_alert=[False])[0] == 3
    assert news2(vitals, has_oxygen=[True], is_alert=[False])[0] == 5


def test_what_was_not_measured_scores_nothing() -> None:
    vitals = {name: [np.nan] for name in NORMAL}
    assert news2(vitals)[0] == 0
    assert news2({**vitals, "heart_rate": [140]})[0] == 3


def test_the_worst_patient_scores_twenty() -> None:
    worst = {
        "respiratory_rate": [40],
        "spo2_pct": [70],
        "systolic_bp": [60],
        "heart_rate": [180],
        "temperature_c": [34],
    }
    assert news2(worst, has_oxygen=[True], is_alert=[False])[0] == 20


def test_a_red_score_is_three_points_in_one_parameter() -> None:
    rows = {name: [value, value] for name, value in NORMAL.items()} | {"spo2_pct": [92, 91]}
    assert highest_single_points(rows).tolist() == [2, 3]
