"""A hospital's conditions judged together: weights from earlier weeks only, alarms, missing reports, delays.

Belongs here: `detect_together`, `propensity`, `reporting`. Does not belong here: POD against Farrington
(`bench.surge_hospital`), the chain ladder (`test_delays`).
"""

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from ml.surveillance import detect, detect_together, newest_weeks, propensity, weekly_alerts, with_completion
from ml.surveillance.exceedance import exceedance
from ml.surveillance.timeline import read_timeline

WEEKS = 330
STARTS = pd.date_range("2019-01-07", periods=WEEKS, freq="7D")


def hospital(seed=3, conditions=4, outbreaks=()):
    """Quiet Poisson conditions; `outbreaks` are (condition, week, cases)."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(9.0, (conditions, WEEKS)).astype(float)
    for condition, week, cases in outbreaks:
        counts[condition, week] += cases
    return counts


def frame_of(counts):
    names = [f"c{row}" for row in range(len(counts))]
    weeks = STARTS[: counts.shape[1]].strftime("%G-W%V")
    return pd.DataFrame(
        {"series_id": np.repeat(names, counts.shape[1]), "week": np.tile(weeks, len(names)), "count": counts.ravel()}
    )


def test_weights_have_mean_one_and_favour_the_condition_that_surged_before():
    past = [(0, week, 14) for week in range(120, 320, 20)]
    judged = detect_together(frame_of(hospital(outbreaks=past)), newest=1).dropna(subset=["weight"])
    weight = judged.set_index("series_id")["weight"]
    assert weight.mean() == pytest.approx(1.0)
    assert weight.idxmax() == "c0"
    assert weight["c0"] > 2.0


def test_an_excess_that_one_condition_is_used_to_is_an_alarm_there_and_not_where_it_never_was():
    past = [(0, week, 14) for week in range(120, 320, 20)]
    both = [*past, (0, WEEKS - 1, 8), (1, WEEKS - 1, 8)]
    counts = hospital(outbreaks=both)
    counts[:2, -1] = 17.0
    judged = detect_together(frame_of(counts), newest=1, alpha=0.02).groupby("series_id").tail(1).set_index("series_id")
    assert judged.loc["c0", "alarm"] == 1
    assert judged.loc["c1", "alarm"] == 0
    assert judged.loc["c0", "upper"] < 17 <= judged.loc["c1", "upper"]


def test_a_surge_does_not_make_room_for_itself():
    p = np.full((3, 250), 0.4)
    p[0, 240:] = 1e-6
    age = np.tile(np.arange(250), (3, 1))
    found = propensity.weights(p, age)
    np.testing.assert_allclose(found[:, : 240 + propensity.HELD_BACK], 1.0)
    assert found[0, -1] > 1.0
    young = propensity.weights(p, age - 200)
    np.testing.assert_allclose(young, 1.0)


def test_later_weeks_never_change_an_earlier_judgement():
    counts = hospital()
    changed = counts.copy()
    changed[:, 300:] *= 5.0
    columns = ["expected", "upper", "p_exceed", "alarm", "level", "weight"]
    before = detect_together(frame_of(counts)).groupby("series_id").head(300)[columns]
    after = detect_together(frame_of(changed)).groupby("series_id").head(300)[columns]
    pd.testing.assert_frame_equal(before, after)


def test_the_newest_weeks_alone_are_judged_as_in_the_whole_history():
    table = frame_of(hospital(outbreaks=[(0, 200, 20), (0, 250, 20)]))
    whole = detect_together(table).groupby("series_id").tail(10)
    newest = detect_together(table, newest=10).groupby("series_id").tail(10)
    np.testing.assert_allclose(newest["p_exceed"], whole["p_exceed"])


def test_a_hospital_of_one_condition_is_judged_by_it_alone():
    table = frame_of(hospital(conditions=1))
    alone = detect(table, method="exceedance")
    judged = detect_together(table)
    np.testing.assert_allclose(judged["p_exceed"], alone["p_exceed"])
    assert judged["alarm"].tolist() == alone["alarm"].tolist()


def test_rows_come_back_in_their_order_and_a_missing_report_is_not_judged():
    counts = hospital(conditions=3)
    counts[1, 310:314] = np.nan
    table = frame_of(counts)
    shuffled = table.sample(frac=1.0, random_state=1)
    judged = detect_together(shuffled, newest=30)
    assert judged.index.equals(shuffled.index)
    again = detect_together(table, newest=30)
    pd.testing.assert_series_equal(judged["p_exceed"].sort_index(), again["p_exceed"])
    holes = again[(again["series_id"] == "c1") & again["count"].isna()]
    assert len(holes) == 4
    assert holes["p_exceed"].isna().all()
    assert (holes["alarm"] == 0).all()


def test_without_any_surge_alerts_keep_to_the_budget():
    judged = detect_together(frame_of(hospital(seed=8, conditions=12)), newest=200)
    alerts = weekly_alerts(judged, budget=0.2)
    assert alerts["week"].nunique() / 200 <= 0.2


def test_bad_input_is_named():
    table = frame_of(hospital(conditions=1))
    with pytest.raises(InputError, match=r"series '\w+' holds \S+ twice"):
        detect_together(pd.concat([table, table.iloc[[0]]]))
    with pytest.raises(InputError, match=r"count -1 of '\w+' in \S+; 0 and more"):
        detect_together(table.assign(count=-1.0))
    with pytest.raises(InputError, match=r"alpha 0\.7"):
        detect_together(table, alpha=0.7)
    assert detect_together(table.iloc[:0]).empty


# Delays: half of the cases of c0 become known one to three weeks late; all others on the day.

LATE = np.array([0.45, 0.3, 0.15, 0.1])
NOW = STARTS[-1] + pd.Timedelta(days=7, hours=6)


def delays_of(counts, *, late):
    """Split each week of c0 over the weeks after it; hours are those of Monday, one o'clock."""
    rng = np.random.default_rng(5)
    rows = []
    for row, series in enumerate(counts):
        for start, cases in zip(STARTS, series.astype(int), strict=True):
            parts = rng.multinomial(cases, LATE) if row == 0 and late else [cases]
            rows += [(start, f"c{row}", 168 * week + 1, part) for week, part in enumerate(parts) if part]
    table = pd.DataFrame(rows, columns=["week_start_date", "condition", "known_after_hours", "registrations_count"])
    return table[table["week_start_date"] + pd.to_timedelta(table["known_after_hours"] + 168, unit="h") <= NOW]


def reported(delays):
    table = delays.groupby(["condition", "week_start_date"])["registrations_count"].sum().unstack(fill_value=0)
    return frame_of(table.reindex(columns=STARTS, fill_value=0).to_numpy(float))


def newest_of(judged):
    return judged.groupby("series_id").tail(1).set_index("series_id")


def test_a_surge_that_is_half_reported_is_seen_once_the_delay_is_known_and_missed_without():
    counts = hospital(outbreaks=[(0, WEEKS - 1, 16)])
    delays = delays_of(counts, late=True)
    weekly = reported(delays)
    uncorrected = newest_of(detect_together(weekly, newest=1)).loc["c0"]
    corrected = newest_of(detect_together(with_completion(weekly, newest_weeks(delays, now=NOW)), newest=1)).loc["c0"]
    assert uncorrected["alarm"] == 0
    assert corrected["alarm"] == 1
    assert corrected["complete_share"] == pytest.approx(0.45, abs=0.05)
    assert corrected["count"] < corrected["estimate_low"] <= counts[0, -1] <= corrected["estimate_high"]
    assert corrected["expected"] == uncorrected["expected"]


def test_quiet_weeks_that_are_half_reported_raise_no_more_alarms_than_alpha():
    alarms = []
    for seed in range(25):
        delays = delays_of(hospital(seed=seed, conditions=1), late=True)
        table = with_completion(reported(delays), newest_weeks(delays, now=NOW))
        alarms.append(newest_of(detect_together(table, newest=1, alpha=0.1))["alarm"].iloc[0])
    assert np.mean(alarms) <= 0.1 + 3 * np.sqrt(0.1 * 0.9 / 25)


def test_without_late_reports_nothing_changes():
    counts = hospital(conditions=3)
    delays = delays_of(counts, late=False)
    weekly = reported(delays)
    known = with_completion(weekly, newest_weeks(delays, now=NOW))
    assert (known["complete_share"] == 1.0).all()
    assert (known["estimate"] == known["count"]).all()
    assert (known["estimate_high"] == known["count"]).all()
    judged, plain = detect_together(known, newest=20), detect_together(weekly, newest=20)
    pd.testing.assert_frame_equal(judged[plain.columns], plain)


def test_the_same_share_is_found_on_any_day_of_the_week():
    delays = delays_of(hospital(conditions=2), late=True)
    monday = newest_weeks(delays, now=NOW).set_index(["series_id", "week"])["complete_share"]
    # All reports come on Mondays: by Friday nothing more is known.
    friday = newest_weeks(delays.assign(known_after_hours=delays["known_after_hours"]), now=NOW + pd.Timedelta(days=4))
    pd.testing.assert_series_equal(friday.set_index(["series_id", "week"])["complete_share"], monday)


def test_history_that_was_entered_years_later_says_nothing_of_delays():
    delays = delays_of(hospital(conditions=2), late=False)
    old = delays["week_start_date"] < STARTS[-60]
    delays.loc[old, "known_after_hours"] = 24 * 365
    found = newest_weeks(delays, now=NOW)
    assert (found["complete_share"] == 1.0).all()


def test_a_rare_condition_borrows_the_delays_of_the_others():
    counts = hospital(conditions=2)
    delays = delays_of(counts, late=True)
    rare = delays[delays["condition"] == "c0"].tail(1).assign(condition="rare", registrations_count=1)
    share = newest_weeks(pd.concat([delays, rare]), now=NOW).groupby("series_id")["complete_share"].last()
    assert share["c1"] > share["rare"] > share["c0"]


def test_a_hospital_of_a_month_has_no_delays_to_learn_from():
    delays = delays_of(hospital(conditions=2), late=True)
    assert newest_weeks(delays[delays["week_start_date"] >= STARTS[-4]], now=NOW).empty
    assert newest_weeks(delays.iloc[:0]).empty


def test_at_equal_false_alarms_a_late_reported_surge_is_seen_earlier_than_without_correction():
    """A truncated replay: the newest week as it stood at its end, one week later and two weeks later."""
    rng = np.random.default_rng(12)
    timeline = read_timeline(list(range(200)))
    in_by_now = np.cumsum(LATE)[:3]
    quiet: dict[bool, list[float]] = {True: [], False: []}
    surges: dict[bool, list[list[float]]] = {True: [], False: []}
    for _ in range(30):
        past = rng.poisson(9.0, 200).astype(float)
        cases_of = ((past[-1], False, False), (past[-1], True, False), (rng.poisson(25.0), True, True))
        for final, is_late, is_surge in cases_of:
            cases = np.cumsum(rng.multinomial(int(final), LATE))[:3] if is_late else np.full(3, final)
            for corrected in (True, False):
                found = [
                    last_p(np.append(past[:-1], now), timeline, share if is_late and corrected else 1.0)
                    for now, share in zip(cases, in_by_now, strict=True)
                ]
                if is_surge:
                    surges[corrected].append(found)
                else:
                    quiet[corrected] += found
    weeks = {}
    for corrected, found in surges.items():
        alarm = np.array(found) < np.quantile(quiet[corrected], 0.05)
        weeks[corrected] = np.where(alarm.any(axis=1), alarm.argmax(axis=1), 3).mean()
    assert weeks[True] < weeks[False]


def last_p(counts, timeline, share):
    """P of the last week, of which that share is usually reported."""
    shares = np.append(np.ones(counts.size - 1), share)
    return float(exceedance(counts, timeline, since=counts.size - 1, share=shares).p[-1])
