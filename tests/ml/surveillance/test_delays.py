"""The nowcast: known growth is undone, what is complete stays, intervals cover.

Belongs here: `nowcast`. Does not belong here: detection on nowcast counts.
"""

import numpy as np
import pytest

from core.errors import InputError
from ml.surveillance import nowcast

SHARES = np.array([0.5, 0.3, 0.15, 0.05])


def triangle(rng, weeks=60, mean=40.0):
    cells = rng.poisson(mean * SHARES, size=(weeks, 4)).astype(float)
    totals = cells.sum(axis=1)
    for late in range(1, 4):
        cells[-late, 4 - (4 - late) :] = np.nan
    return cells, totals


def test_the_newest_weeks_are_scaled_by_what_is_still_to_come():
    cells = np.tile([50.0, 30.0, 15.0, 5.0], (30, 1))
    cells[-1, 1:] = np.nan
    cells[-2, 2:] = np.nan
    seen = nowcast(cells)
    np.testing.assert_allclose(seen.completeness[-3:], [1.0, 0.8, 0.5])
    np.testing.assert_allclose(seen.reported[-3:], [100, 80, 50])
    np.testing.assert_allclose(seen.mean[-3:], [100, 100, 100], rtol=0.01)
    assert seen.low[-3] == seen.high[-3] == 100
    assert seen.low[-1] < 100 < seen.high[-1]


def test_the_interval_covers_about_its_level():
    rng = np.random.default_rng(12)
    hits = []
    for _ in range(150):
        cells, totals = triangle(rng)
        seen = nowcast(cells, level=0.8)
        hits += list((seen.low[-3:] <= totals[-3:]) & (totals[-3:] <= seen.high[-3:]))
    assert 0.76 <= np.mean(hits) <= 0.93


def test_a_week_with_nothing_reported_yet_is_not_foreseen_as_nothing():
    cells = np.tile([5.0, 3.0, 1.0, 1.0], (20, 1))
    cells[-1] = [0.0, np.nan, np.nan, np.nan]
    assert nowcast(cells).mean[-1] > 0.5


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (np.full((3, 3), np.nan), "no complete week"),
        (np.array([[1.0, 2.0], [np.nan, 2.0]]), "not yet known"),
        (np.array([[1.0, -2.0]]), "negative"),
        (np.arange(3.0), "shape"),
    ],
)
def test_a_broken_triangle_is_named(cells, words):
    with pytest.raises(InputError, match=words):
        nowcast(cells)
