"""Farrington Flexible and EARS against values that R's surveillance 1.20.3 gave for the same synthetic series.

Belongs here: agreement with R. Does not belong here: R itself (`python -m bench.surveillance` runs it
where it is installed).
"""

import math

import numpy as np
import pytest

from ml.surveillance import farrington
from ml.surveillance.ears import judge_ears

WEEKS = 360
#: farringtonFlexible: b=5, w=3, noPeriods=10, pastWeeksNotIncluded=26, weightsThreshold=2.58, pThresholdTrend=1,
#: thresholdMethod="nbPlugin", limit54=c(5,4), alpha=.01. Columns: week (from 0), mean, phi, p, upper, alarm.
FROM_R = {
    ("numbers", "busy"): [
        (300, 24.300073, 3.564769, 0.08857096, 50.0, 0),
        (311, 29.355013, 3.645548, 0.83143325, 58.0, 0),
        (330, 25.490328, 3.594867, 0.07137121, 52.0, 0),
        (332, 23.678788, 3.755919, 0.00093737, 50.0, 1),
        (340, 19.933824, 3.753239, 0.13487519, 45.0, 0),
        (342, 24.725762, 3.466646, 0.68918133, 50.0, 0),
        (359, 32.551768, 3.652326, 0.2694118, 62.0, 0),
    ],
    ("numbers", "rare"): [
        (300, 0.109315, 1.0, 0.10355181, None, 0),
        (311, 0.05905, 1.0, 1.0, None, 0),
        (330, 0.029824, 1.0, 1.0, None, 0),
        (332, 0.085363, 1.0, 1.0, None, 0),
        (340, 0.263394, 1.0, 0.0001626, 2.0, 1),
        (342, 0.158125, 1.0, 2.296e-05, 2.0, 1),
        (359, 0.137005, 1.0, 1.0, None, 0),
    ],
    ("dates", "busy"): [
        (300, 24.233938, 3.709709, 0.09112896, 51.0, 0),
        (311, 29.410201, 3.685473, 0.831237, 58.0, 0),
        (330, 25.944471, 3.72485, 0.08106324, 53.0, 0),
        (332, 24.078307, 3.70811, 0.00099989, 51.0, 1),
        (340, 20.113261, 3.794021, 0.14035654, 45.0, 0),
        (342, 21.985133, 3.632651, 0.56720379, 47.0, 0),
        (359, 32.567749, 3.682284, 0.27043402, 63.0, 0),
    ],
    ("dates", "rare"): [
        (300, 0.082058, 1.0, 0.07878165, None, 0),
        (311, 0.092714, 1.0, 1.0, None, 0),
        (330, 0.030068, 1.0, 1.0, None, 0),
        (332, 0.086684, 1.0, 1.0, None, 0),
        (340, 0.26752, 1.0, 0.00017246, 2.0, 1),
        (342, 0.189602, 1.0, 4.629e-05, 2.0, 1),
        (359, 0.164135, 1.0, 1.0, None, 0),
    ],
}
EARS_UPPER_FROM_R = {
    ("ears_c1", "busy"): [
        (300, 54.912457),
        (311, 60.935665),
        (330, 52.483025),
        (332, 62.174204),
        (340, 77.901832),
        (342, 50.85448),
        (359, 60.626742),
    ],
    ("ears_c1", "rare"): [
        (300, 0.0),
        (311, 1.310855),
        (330, 0.0),
        (332, 0.0),
        (340, 2.08037),
        (342, 7.030093),
        (359, 1.310855),
    ],
    ("ears_c2", "busy"): [
        (300, 54.912457),
        (311, 60.824926),
        (330, 55.683738),
        (332, 52.483025),
        (340, 95.191858),
        (342, 77.901832),
        (359, 55.912457),
    ],
    ("ears_c2", "rare"): [
        (300, 0.0),
        (311, 1.793593),
        (330, 0.0),
        (332, 0.0),
        (340, 2.08037),
        (342, 2.08037),
        (359, 1.793593),
    ],
}


def busy():
    """Season, trend, noise from a remainder, and two outbreaks."""
    return np.array(
        [
            int(8 + 4 * math.cos(2 * math.pi * t / 52) + ((t * 37) % 13) * 2.5 + t * 0.01)
            + (25 if 330 <= t < 334 else 0)
            + (30 if 200 <= t < 203 else 0)
            for t in range(WEEKS)
        ],
        dtype=float,
    )


def rare():
    return np.array(
        [
            int((t * t * 31 + t * 7) % 17 == 3) + int((t * 13) % 29 == 5) + (4 if 340 <= t < 343 else 0)
            for t in range(WEEKS)
        ],
        dtype=float,
    )


SERIES = {"busy": busy, "rare": rare}


@pytest.mark.parametrize(("calendar", "name"), sorted(FROM_R))
def test_farrington_flexible_agrees_with_r_within_rounding(calendar, name):
    counts = SERIES[name]()
    mondays = calendar == "dates"
    # 2015-01-05 is the Monday of position (ordinal - 1) // 7
    first = (735603 - 1) // 7 if mondays else 0
    prediction = farrington.predict(
        counts, first + np.arange(WEEKS), grain="week", period=52, mondays=mondays, least_years=5
    )
    settings = farrington.SETTINGS["week"]
    p_exceed, upper, alarm = farrington.judge(counts, prediction, alpha=0.01, settings=settings)
    for week, mean, phi, p, bound, flag in FROM_R[calendar, name]:
        assert prediction.mean[week] == pytest.approx(mean, rel=1e-4, abs=2e-6)
        assert prediction.phi[week] == pytest.approx(phi, rel=1e-3)
        assert p_exceed[week] == pytest.approx(p, rel=1e-3, abs=1e-6)
        assert int(alarm[week]) == flag
        if bound is not None:
            assert upper[week] == bound
        else:
            assert not farrington.enough_cases(counts, settings)[week]


@pytest.mark.parametrize(("rule", "name"), sorted(EARS_UPPER_FROM_R))
def test_ears_agrees_with_r_within_rounding(rule, name):
    counts = SERIES[name]()
    judged = judge_ears(counts, alpha=0.001, rule=rule, least_sigma=0.0)
    for week, upper in EARS_UPPER_FROM_R[rule, name]:
        assert judged.upper[week] == pytest.approx(upper, rel=1e-6, abs=1e-6)


def test_ears_c3_adds_what_c2_of_the_two_weeks_before_exceeded_one():
    counts = np.array([4.0, 6, 5, 3, 5, 7, 5, 5, 5, 5, 9, 9, 9])
    c2 = judge_ears(counts, alpha=0.025, rule="ears_c2")
    c3 = judge_ears(counts, alpha=0.025, rule="ears_c3")
    z = 1.959963984540054
    sd = (c2.upper - c2.expected) / z
    beyond = np.maximum((counts - c2.expected) / sd - 1, 0)
    assert c3.upper[12] == pytest.approx(max(c2.expected[12] + sd[12] * (z - beyond[11] - beyond[10]), 0))
    assert c3.alarm[12]


def test_the_low_count_guard_silences_a_week_with_few_cases():
    counts = np.zeros(WEEKS)
    counts[350] = 3
    prediction = farrington.predict(counts, np.arange(WEEKS), grain="week", period=52, mondays=False)
    settings = farrington.SETTINGS["week"]
    p_exceed, _, alarm = farrington.judge(counts, prediction, alpha=0.01, settings=settings)
    assert p_exceed[350] < 1e-6
    assert not alarm[350]
    counts[350] = 5
    assert farrington.judge(counts, prediction, alpha=0.01, settings=settings)[2][350]
