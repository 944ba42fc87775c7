"""Geometry of the reports' charts."""

import itertools
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from reports import charts

_COUNTS = st.lists(st.none() | st.integers(0, 5000), min_size=1, max_size=40)


@given(st.floats(1e-3, 1e7))
def test_ticks_are_round_evenly_spaced_and_cover_the_values(high):
    ticks = charts.nice_ticks(high)
    step = ticks[1] - ticks[0]
    assert ticks[0] == 0
    assert high * (1 - 1e-9) <= ticks[-1] < high + step
    assert all(abs(after - before - step) < 1e-6 * step for before, after in itertools.pairwise(ticks))
    assert f"{step:.6e}"[0] in "125"
    assert 3 <= len(ticks) <= 6


@given(_COUNTS, st.integers(0, 12))
def test_any_history_gives_a_chart_that_is_well_formed(counts, ahead):
    history = [{"month": f"20{10 + at // 12}-{at % 12 + 1:02d}", "count": count} for at, count in enumerate(counts)]
    step = {"mean": 10.0, "lo80": 8.0, "hi80": 12.0, "lo95": 7.0, "hi95": 13.0}
    forecast = [{"month": f"2030-{at + 1:02d}", **step} for at in range(ahead)]
    ElementTree.fromstring(charts.volume_chart(history, forecast))


def test_a_hidden_month_is_a_gap_and_not_a_zero():
    def lines(counts):
        history = [{"month": f"2026-{at + 1:02d}", "count": count} for at, count in enumerate(counts)]
        return charts.volume_chart(history, []).count(f"stroke='{charts.ACTUAL}'")

    assert lines([20, 20, 20, 20]) == 1
    assert lines([20, None, 20, 20]) == 2


def test_words_from_data_cannot_become_markup():
    drawn = charts.share_bars([("<script>&'", 0.5, 0.4, 0.6, "1")])
    assert "<script>" not in drawn
    ElementTree.fromstring(drawn)


def test_a_hidden_group_says_so_in_the_pyramid():
    band = {"band": "80+", "female_count": None, "male_count": 40}
    assert "hidden" in charts.pyramid([band])
