"""No small cell is shown, and none can be computed from what is shown."""

import itertools

import published
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from ml.small_cells import hidden_rows, is_small, suppress_sections, suppress_today
from serving.analytics.tables import safe_cell, write_csv


def suppress_small_cells(section, data):
    return suppress_sections({section: data})[section]


COUNTS = st.lists(st.integers(0, 60), min_size=1, max_size=8)


@given(COUNTS)
def test_no_small_count_is_shown(counts):
    hidden = hidden_rows(counts)
    assert not [count for row, count in enumerate(counts) if is_small(count) and row not in hidden]


@given(COUNTS)
def test_a_hidden_count_has_more_than_one_possible_value(counts):
    """The attacker knows the total, the shown counts and the rule that zeros are shown."""
    hidden = sorted(hidden_rows(counts))
    others = [count for row, count in enumerate(counts) if row not in hidden and count > 0]
    if len(hidden) < 2 or others == []:
        # Nothing hidden; or everything that is not zero is hidden, and the total with it (see the table rule).
        return
    total = sum(counts[row] for row in hidden)
    for row in hidden:
        # With two cells of at least 1 that sum to 22 or more, each can be moved by one in some direction.
        assert total >= 22 or not others
        assert 1 <= counts[row] <= total - (len(hidden) - 1)
    assert total - len(hidden) >= 1


@given(st.lists(st.integers(11, 60), min_size=1, max_size=8))
def test_large_counts_and_zeros_stay(counts):
    assert hidden_rows([*counts, 0]) == set()


def test_trends_lose_small_counts_and_what_gives_them_away():
    data = suppress_small_cells("health_trends", published.health_trends(count=5))
    row = data["weeks"][0]["conditions"][0]
    assert [row[name] for name in ("count", "share", "share_low", "share_high")] == [None] * 4
    trend = data["trending"][0]
    assert (trend["recent_count"], trend["ratio"], trend["previous_count"]) == (None, None, None)


def test_a_small_inner_cell_hides_all_inner_cells():
    data = suppress_small_cells("demographics", published.demographics(small=4))
    splits = [band[name] for band in data["age_bands"] for name in ("female_count", "male_count", "other_count")]
    assert set(splits) == {None}
    assert [sex["count"] for sex in data["sexes"]] == [184, 120]
    assert data["total"] == 304


def test_a_table_without_small_cells_stays_as_it_is():
    data = published.demographics(small=40)
    assert suppress_small_cells("demographics", data) == data


def test_a_small_month_and_a_small_week_are_hidden():
    volume = suppress_small_cells("patient_volume", published.patient_volume(count=9))
    assert volume["history"] == [{"month": "2026-10", "count": None}]
    surge = suppress_small_cells("illness_surge", published.illness_surge(observed=3))["conditions"][0]
    assert (surge["observed"], surge["excess"], surge["p_exceed"], surge["weeks"][0]["count"]) == (None,) * 4
    assert (surge["estimate"], surge["estimate_low"], surge["estimate_high"]) == (None,) * 3


def test_suppression_changes_nothing_in_place():
    for section, data in published.everything().items():
        before = repr(data)
        suppress_small_cells(section, data)
        assert repr(data) == before


def test_a_section_without_a_rule_is_not_shown():
    with pytest.raises(InputError, match="new_section has no rule"):
        suppress_small_cells("new_section", {})


def test_a_quiet_day_is_hidden_whole():
    rows = {"by_hour": [{"count": 3}, {"count": 0}], "by_condition": [{"count": 3}], "by_acuity": [{"count": 3}]}
    shown = suppress_today({"registrations_count": 3, **rows})
    assert shown["registrations_count"] is None
    assert shown["by_hour"] == [{"count": None}, {"count": 0}]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "＝1", "\r\n=1"])
def test_a_text_that_could_be_a_formula_is_quoted(text):
    assert safe_cell(text) == f"'{text}"


def test_numbers_stay_numbers():
    table = [{"a": -5, "b": 1.5, "c": None, "d": True, "e": float("nan"), "f": 'say "x"'}]
    assert write_csv(table) == b'a,b,c,d,e,f\r\n-5,1.5,,true,,"say ""x"""\r\n'
    assert write_csv([]) == b""


def test_every_pair_of_small_neighbours_is_covered():
    for first, second in itertools.product(range(1, 11), repeat=2):
        hidden = hidden_rows([first, second, 400, 500])
        assert {0, 1} < hidden
