"""The door of surveillance: no future, no zeros for missing reports, alpha that moves one way.

Belongs here: what holds for `detect` whatever the method. Does not belong here: a method's own figures.
"""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from ml.surveillance import METHODS, detect


def weekly(counts, *, series_id="a", start="2015-01-05"):
    weeks = pd.date_range(start, periods=len(counts), freq="7D").strftime("%G-W%V")
    return pd.DataFrame({"series_id": series_id, "week": weeks, "count": np.asarray(counts, dtype=float)})


def baseline(periods=330, mean=8.0, seed=4):
    rng = np.random.default_rng(seed)
    time = np.arange(periods)
    return rng.poisson(mean * np.exp(0.3 * np.cos(2 * np.pi * time / 52.18)))


@settings(max_examples=6, deadline=None)
@given(cut=st.integers(120, 310), factor=st.integers(0, 40), method=st.sampled_from(sorted(METHODS)))
def test_later_weeks_never_change_an_earlier_judgement(cut, factor, method):
    counts = baseline()
    changed = counts.copy()
    changed[cut:] = factor * (1 + counts[cut:])
    columns = ["expected", "upper", "p_exceed", "alarm", "level"]
    before = detect(weekly(counts), method=method)[columns].iloc[:cut]
    after = detect(weekly(changed), method=method)[columns].iloc[:cut]
    short = detect(weekly(counts[:cut]), method=method)[columns]
    pd.testing.assert_frame_equal(before, after)
    pd.testing.assert_frame_equal(before, short)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_larger_alpha_keeps_every_alarm_of_a_smaller_one(method):
    frame = weekly(baseline(seed=9))
    alarms = [detect(frame, alpha=alpha, method=method)["alarm"].to_numpy() for alpha in (0.001, 0.01, 0.05, 0.2, 0.4)]
    for fewer, more in pairwise(alarms):
        assert np.all(fewer <= more)
    assert alarms[-1].sum() > alarms[0].sum()


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_planted_outbreak_is_seen(method):
    counts = baseline()
    counts[300:304] += 60
    judged = detect(weekly(counts), method=method)
    assert judged["alarm"].iloc[300:304].max() == 1
    assert judged["level"].iloc[300:304].isin(["high", "critical"]).any()


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_missing_report_is_neither_judged_nor_taken_for_zero(method):
    counts = baseline().astype(float)
    holes = counts.copy()
    holes[200:215] = np.nan
    frame = weekly(holes)
    judged = detect(frame, method=method)
    assert judged.loc[200:214, ["p_exceed"]].isna().all(axis=None)
    assert (judged.loc[200:214, "alarm"] == 0).all()
    absent = detect(frame.dropna(), method=method)
    pd.testing.assert_frame_equal(judged.loc[absent.index], absent)
    as_zeros = detect(weekly(np.nan_to_num(holes)), method=method)
    after = slice(216, 250)
    assert np.nanmean(judged.loc[after, "expected"]) >= np.nanmean(as_zeros.loc[after, "expected"])


def test_rows_come_back_in_the_order_given_with_their_index():
    frame = pd.concat([weekly(baseline(), series_id="b"), weekly(baseline(seed=1), series_id="a")])
    shuffled = frame.sample(frac=1.0, random_state=3)
    judged = detect(shuffled)
    assert judged.index.equals(shuffled.index)
    assert judged["series_id"].tolist() == shuffled["series_id"].tolist()
    assert judged["week"].tolist() == shuffled["week"].tolist()
    in_order = detect(frame[frame["series_id"] == "a"]).set_index("week")["p_exceed"]
    again = judged[judged["series_id"] == "a"].set_index("week")["p_exceed"].loc[in_order.index]
    np.testing.assert_allclose(again, in_order)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_the_first_weeks_are_not_judged(method):
    judged = detect(weekly([3, 50, 4]), method=method)
    assert judged["basis"].tolist() == ["none"] * 3
    assert judged["alarm"].tolist() == [0, 0, 0]
    assert judged["level"].tolist() == ["low"] * 3
    assert judged["upper"].isna().all()


def test_an_unknown_method_alpha_or_column_is_named():
    frame = weekly(baseline(60))
    with pytest.raises(InputError, match=r"'cusom'.*farrington"):
        detect(frame, method="cusom")
    with pytest.raises(InputError, match=r"alpha 1\.5"):
        detect(frame, alpha=1.5)
    with pytest.raises(InputError, match="count are absent"):
        detect(frame.drop(columns="count"))
    with pytest.raises(InputError, match="twice"):
        detect(pd.concat([frame, frame.iloc[[0]]]))
    with pytest.raises(InputError, match=r"the count -1; 0 and more"):
        detect(frame.assign(count=-1.0))


@pytest.mark.parametrize("method", sorted(METHODS))
def test_only_the_newest_periods_are_judged_when_asked(method):
    frame = weekly(baseline())
    newest = detect(frame, method=method, newest=20)
    assert newest["p_exceed"].notna().tolist() == [False] * 310 + [True] * 20
    whole = detect(frame, method=method).iloc[310:]
    np.testing.assert_allclose(newest["expected"].iloc[310:], whole["expected"])
