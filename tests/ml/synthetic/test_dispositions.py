"""Where the simulated department's patients go: by level, age and NEWS2, as its rules say."""

from datetime import UTC, datetime

import numpy as np
import pytest

from core.vocabulary import Disposition
from ml.synthetic.dispositions import AGE_BANDS, draw_dispositions
from ml.synthetic.flow import simulate_flow
from ml.waiting.history import Visit

START = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def department():
    visits = simulate_flow(days=56, start=START, rng=np.random.default_rng(101))
    return list(zip(visits, draw_dispositions(visits, rng=np.random.default_rng(1)), strict=True))


def _share(rows) -> float:
    done = [going for _, going in rows if going.disposition is not None]
    return sum(going.disposition is Disposition.ADMITTED for going in done) / len(done)


def test_the_urgent_the_old_and_the_sick_are_admitted_more_often(department):
    levels = [_share([row for row in department if row[0].acuity == level]) for level in range(1, 6)]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] > 0.6
    assert levels[-1] < 0.05
    middle = [row for row in department if row[0].acuity == 3]
    bands = [_share([row for row in middle if row[1].age_band == band]) for band in AGE_BANDS]
    assert bands == sorted(bands)
    known = [row for row in middle if row[1].news2_score is not None]
    sick, well = ([row for row in known if (row[1].news2_score >= 4) is is_sick] for is_sick in (True, False))
    assert _share(sick) > 1.5 * _share(well)


def test_whoever_left_or_still_waits_goes_nowhere_and_the_same_seed_gives_the_same(department):
    for visit, going in department:
        assert (going.disposition is None) is (visit.end != "called")
    visits = [visit for visit, _ in department]
    again = draw_dispositions(visits, rng=np.random.default_rng(1))
    assert again == [going for _, going in department]
    waiting = Visit(START, 3, START, "open")
    assert draw_dispositions([waiting], rng=np.random.default_rng(1))[0].disposition is None
