"""Visits become people and beds by the hospital's own table."""

import pytest

from core.errors import InputError
from ml.forecasting.results import Forecast, ForecastStep
from ml.forecasting.staffing import BedRule, StaffRatio, needs_of

MONTH = Forecast("a", "structural", "M", (ForecastStep(1, "2026-11", 900.0, 800.0, 1080.0, 700.0, 1200.0),))


def test_people_per_shift_are_rounded_up_to_whole_ones():
    """900 visits in 30 days are 30 a day, 10 a shift; 1080 are 12 a shift."""
    (need,) = needs_of(MONTH, ratios={"nurse": StaffRatio(visits_per_shift=4.0)})
    assert need.staff == {"nurse": 3}
    assert needs_of(MONTH, ratios={"nurse": StaffRatio(visits_per_shift=5.0)})[0].staff == {"nurse": 2}
    assert needs_of(MONTH, ratios={"nurse": StaffRatio(visits_per_shift=5.0)})[0].staff_hi80 == {"nurse": 3}


def test_a_quiet_shift_keeps_its_minimum():
    (need,) = needs_of(MONTH, ratios={"doctor": StaffRatio(visits_per_shift=1000.0, minimum=2)})
    assert need.staff == {"doctor": 2}


def test_beds_follow_littles_law():
    (need,) = needs_of(MONTH, beds=BedRule(admitted_share=0.5, stay_days=4.0, occupancy=1.0))
    assert need.beds == 60
    assert need.beds_hi80 == 72


def test_a_ratio_of_nothing_is_refused():
    with pytest.raises(InputError, match="nurse"):
        needs_of(MONTH, ratios={"nurse": StaffRatio(visits_per_shift=0.0)})
