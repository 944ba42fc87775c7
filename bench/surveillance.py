"""Surge detection against what is published: labelled outbreaks, injected outbreaks, quiet series, R's own Farrington.

Belongs here: the measurements behind decision 0020 and the table that `python -m bench.surveillance` prints. Does not
belong here: detectors, tests. `--calibrate` prints the tail table of `ml.surveillance.combined`; `--quick` takes
fewer simulations.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bench import against_r
from ml.surveillance import DEFAULT_ALPHA, baseline, detect, evidence, farrington, nowcast, weekly_alerts
from ml.surveillance.combined import TAIL
from ml.surveillance.detector import judge_series
from ml.surveillance.simulate import OUTBREAK_SIZES, SCENARIOS, add_outbreak, draw_counts, draw_outbreak

OUTBREAKS = Path(__file__).resolve().parents[2] / "shared" / "data" / "rki_outbreaks_weekly.csv"
#: The published protocol on these series: R surveillance's vignette puts the first 208 weeks twice before the series
#: and scores its 209 weeks; lags above `PENALTY` weeks count as that.
YEARS_IN_FRONT, WEEKS_SCORED, PENALTY = 208, 209, 20
WEEKS, CURRENT = 624, 49


@dataclass(frozen=True)
class Row:
    promise: str
    target: str
    measured: str
    against: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calibrate", action="store_true")
    parser.add_argument("--quick", action="store_true")
    chosen = parser.parse_args()
    if chosen.calibrate:
        calibrate()
        return
    rows = [*outbreak_rows(), *fourteen_rows(), *injection_rows(4 if chosen.quick else 10), *quiet_rows()]
    rows += [*delay_rows(), *r_rows(), *speed_rows()]
    frame = pd.DataFrame(rows)
    frame.columns = ["promise", "target", "measured", "Farrington Flexible (ratio)"]
    print(frame.to_string(index=False))


# --- labelled outbreaks -----------------------------------------------------------------------------------------------


def outbreak_rows() -> list[Row]:
    if not OUTBREAKS.exists():
        return [Row("labelled outbreaks (RKI)", "", "skipped: the file is not here", "")]
    table = pd.read_csv(OUTBREAKS)
    ours, theirs = (score(table, method) for method in ("combined", "farrington"))
    held_out = [score(table[table["series_id"] != one], "combined") for one in table["series_id"].unique()]
    return [
        Row(
            "labelled outbreaks, sensitivity",
            "> .54",
            f"{ours[0]:.3f}",
            f"{theirs[0]:.3f} ({ours[0] / theirs[0]:.2f})",
        ),
        Row("labelled outbreaks, specificity", ">= .93", f"{ours[1]:.3f}", f"{theirs[1]:.3f}"),
        Row("labelled outbreaks, mean lag (weeks)", "< 1.9 (on all 14)", f"{ours[2]:.2f}", f"{theirs[2]:.2f}"),
        Row(
            "the same, one series left out at a time",
            "",
            f"sensitivity {min(h[0] for h in held_out):.2f}-{max(h[0] for h in held_out):.2f}, "
            f"specificity {min(h[1] for h in held_out):.2f}-{max(h[1] for h in held_out):.2f}",
            "",
        ),
    ]


#: On all 14, as published: sensitivity, specificity, mean lag of bayes(4,0,2).
PUBLISHED = (0.537, 0.926, 1.9)


def fourteen_rows() -> list[Row]:
    """All 14 labelled series, from R's package where it is installed; seven of them were never used for a choice."""
    if reason := against_r.missing():
        return [Row("all 14 labelled series", "", f"skipped: {reason}", "")]
    table = against_r.labelled_series()
    theirs = score(table, "farrington")
    rows = []
    for alpha in (0.035, DEFAULT_ALPHA):
        found = score(table, "combined", alpha=alpha)
        rows.append(
            Row(
                f"all 14 labelled series, alpha {alpha}: sensitivity, specificity, lag",
                ", ".join(f"{figure:g}" for figure in PUBLISHED),
                ", ".join(f"{figure:.3f}" for figure in found),
                ", ".join(f"{figure:.3f}" for figure in theirs),
            )
        )
    return rows


def score(table: pd.DataFrame, method: str, alpha: float = DEFAULT_ALPHA) -> tuple[float, float, float]:
    """Pooled sensitivity and specificity by week, mean lag over series, by `algo.quality`'s definitions."""
    hits = misses = false = quiet = 0
    lags: list[float] = []
    for series, group in table.groupby("series_id", sort=False):
        counts, state = group["count"].to_numpy(dtype=float), group["outbreak"].to_numpy(dtype=bool)
        longer = np.concatenate([counts[:YEARS_IN_FRONT], counts[:YEARS_IN_FRONT], counts])
        judged = judge_series(
            list(range(longer.size)), pd.Series(longer), str(series), alpha=alpha, method=method, newest=None
        )
        alarm = judged["alarm"][-WEEKS_SCORED:].astype(bool)
        hits, misses = hits + int((alarm & state).sum()), misses + int((~alarm & state).sum())
        false, quiet = false + int((alarm & ~state).sum()), quiet + int((~alarm & ~state).sum())
        lags.append(mean_lag(state, alarm))
    return hits / (hits + misses), quiet / (quiet + false), float(np.mean(lags))


def mean_lag(state: np.ndarray, alarm: np.ndarray) -> float:
    """Weeks from the beginning of each outbreak to the first alarm before the next begins, at most `PENALTY`."""
    starts = np.flatnonzero(state & ~np.concatenate([[False], state[:-1]]))
    ends = [min(start + PENALTY, after - 1) for start, after in zip(starts, [*starts[1:], state.size], strict=True)]
    found = [np.flatnonzero(alarm[start : end + 1]) for start, end in zip(starts, ends, strict=True)]
    return float(np.mean([first[0] if first.size else PENALTY for first in found]))


# --- injected outbreaks -----------------------------------------------------------------------------------------------


def injection_rows(repeats: int) -> list[Row]:
    ours, theirs, outbreaks = simulated(repeats, seed=4031)
    rows: list[Row] = []
    for rate in (0.005, 0.01, 0.02, 0.05):
        pod, pod_theirs = detected(ours, outbreaks, rate), detected(theirs, outbreaks, rate)
        rows.append(
            Row(
                f"injected outbreaks, POD at FPR {rate}",
                "above Farrington",
                f"{pod.mean():.3f}",
                f"{pod_theirs.mean():.3f} ({pod.mean() / max(pod_theirs.mean(), 1e-9):.2f})",
            )
        )
        if rate == 0.01:
            sizes = np.array([one.size for one in outbreaks])
            for size in OUTBREAK_SIZES:
                here, there = pod[sizes == size].mean(), pod_theirs[sizes == size].mean()
                rows.append(
                    Row(
                        f"  of them size {size:g} sd",
                        "above Farrington",
                        f"{here:.2f}",
                        f"{there:.2f} ({here / max(there, 1e-9):.2f})",
                    )
                )
    return rows


def simulated(repeats: int, *, seed: int) -> tuple[np.ndarray, np.ndarray, list]:
    """Noufaily's scenarios with four past outbreaks and one current: evidence of both methods in the last 49 weeks."""
    rng = np.random.default_rng(seed)
    ours, theirs, outbreaks = [], [], []
    for number in range(repeats * len(SCENARIOS)):
        scenario = SCENARIOS[number % len(SCENARIOS)]
        mean = scenario.mean(WEEKS)
        counts = draw_counts(mean, scenario.phi, rng)
        past = rng.choice(np.arange(312, WEEKS - CURRENT - 5), 4, replace=False)
        for start in [*past, rng.integers(WEEKS - CURRENT, WEEKS - 8)]:
            size, sd = float(rng.choice(OUTBREAK_SIZES)), float(np.sqrt(mean[start] * scenario.phi))
            outbreak = draw_outbreak(start=int(start), sd=sd, size=size, last=WEEKS - 1, rng=rng)
            counts = add_outbreak(counts, outbreak)
        outbreaks.append(outbreak)
        history = counts[WEEKS - CURRENT - 300 :].astype(float)
        for method, kept in (("combined", ours), ("farrington", theirs)):
            judged = judge_series(
                list(range(history.size)), pd.Series(history), "s", alpha=0.05, method=method, newest=CURRENT
            )
            strength = -np.log(np.nan_to_num(judged["p_exceed"][-CURRENT:].astype(float), nan=1.0) + 1e-300)
            if method == "farrington":
                guard = farrington.enough_cases(history, farrington.SETTINGS["week"])[-CURRENT:]
                strength = np.where(guard, strength, -1.0)
            kept.append(strength)
    return np.array(ours), np.array(theirs), outbreaks


def detected(strength: np.ndarray, outbreaks: list, rate: float) -> np.ndarray:
    """Which outbreaks are seen at the threshold that this share of the weeks without one exceeds."""
    during = np.zeros(strength.shape, dtype=bool)
    after = np.zeros(strength.shape, dtype=bool)
    for row, outbreak in enumerate(outbreaks):
        first, last = outbreak.weeks.start - (WEEKS - CURRENT), outbreak.weeks.stop - (WEEKS - CURRENT)
        during[row, first:last], after[row, last : last + 2] = True, True
    quiet = np.sort(strength[~during & ~after])[::-1]
    threshold = quiet[int(rate * quiet.size)]
    return ((strength > threshold) & during).any(axis=1)


# --- quiet series -----------------------------------------------------------------------------------------------------


def quiet_rows() -> list[Row]:
    rng = np.random.default_rng(88)
    frames = [
        pd.DataFrame({"series_id": str(n), "week": np.arange(420), "count": draw_counts(one.mean(420), one.phi, rng)})
        for n, one in enumerate(SCENARIOS)
    ]
    judged = detect(pd.concat(frames, ignore_index=True), newest=200)
    known = judged[judged["p_exceed"].notna()]
    rows = [
        Row(f"quiet series, share of weeks in alarm at alpha {alpha}", f"<= {alpha}", f"{rate:.4f}", "")
        for alpha in (0.05, 0.01, 0.001)
        for rate in [float((known["p_exceed"] <= alpha).mean())]
    ]
    alerts = weekly_alerts(known, budget=0.1)
    share = alerts["week"].nunique() / known["week"].nunique()
    rows.append(Row("quiet series, share of weeks with any alert at budget .1", "<= .1", f"{share:.3f}", ""))
    return rows


# --- late reports -----------------------------------------------------------------------------------------------------

_REPORTED = np.array([0.45, 0.3, 0.15, 0.1])  # share of a week's cases that is in after 0, 1, 2, 3 weeks


def delay_rows(repeats: int = 24) -> list[Row]:
    """Replay every week as it stood that week: counts as reported against nowcast counts, same alpha."""
    rng = np.random.default_rng(5)
    weeks, first = 330, 290
    as_reported, corrected, starts = [], [], []
    for _ in range(repeats):
        start = int(rng.integers(first + 8, weeks - 8))
        mean = np.full(weeks, 12.0)
        mean[start : start + 4] += (8.0, 10.0, 8.0, 5.0)
        cells = rng.poisson(mean[:, None] * _REPORTED).astype(float)
        seen = [_as_of(cells, now) for now in range(first, weeks)]
        as_reported.append([_strength(raw) for raw, _ in seen])
        corrected.append([_strength(full) for _, full in seen])
        starts.append(start - first)
    rows = []
    for name, kept in (("as reported", as_reported), ("nowcast", corrected)):
        found, _ = _weeks_to_detect(np.array(kept) > _threshold(np.array(kept), starts), starts)
        rows.append(Row(f"late reports, {name}: weeks to detect at FPR .05", "nowcast earlier", f"{found:.2f}", ""))
        alarm = np.array(kept) >= -np.log(DEFAULT_ALPHA)
        weeks_to_detect, rate = _weeks_to_detect(alarm, starts)
        measured = f"{weeks_to_detect:.2f} weeks, quiet weeks in alarm {rate:.3f}"
        rows.append(Row(f"late reports, {name}: weeks to detect (missed = 7)", "nowcast earlier", measured, ""))
    return rows


def _threshold(strength: np.ndarray, starts: list[int]) -> float:
    """What a twentieth of the weeks without an outbreak exceeds."""
    time = np.arange(strength.shape[1])
    first = np.array(starts)[:, None]
    return float(np.quantile(strength[(time < first) | (time >= first + 7)], 0.95))


def _weeks_to_detect(alarm: np.ndarray, starts: list[int]) -> tuple[float, float]:
    during = np.zeros(alarm.shape, dtype=bool)
    for row, start in enumerate(starts):
        during[row, start : start + 7] = True
    found = [np.flatnonzero(line[at : at + 7]) for line, at in zip(alarm, starts, strict=True)]
    return float(np.mean([first[0] if first.size else 7 for first in found])), float(alarm[~during].mean())


def _as_of(cells: np.ndarray, now: int) -> tuple[np.ndarray, np.ndarray]:
    triangle = cells[: now + 1].copy()
    for delay in range(1, triangle.shape[1]):
        triangle[now - delay + 1 :, delay] = np.nan
    reported = np.nansum(triangle, axis=1)
    full = reported.copy()
    full[-100:] = np.round(nowcast(triangle[-100:]).mean)
    return reported, full


def _strength(counts: np.ndarray) -> float:
    periods = list(range(counts.size))
    judged = judge_series(periods, pd.Series(counts), "s", alpha=0.05, method="combined", newest=1)
    return -float(np.log(judged["p_exceed"][-1:].astype(float)[0]))


# --- R, speed, calibration --------------------------------------------------------------------------------------------


def r_rows() -> list[Row]:
    """Both comparisons with R, or why there are none."""
    if why := against_r.missing():
        return [Row("compared with R surveillance", "", f"skipped: {why}", "")]
    worst, different, judged = against_r.farrington_difference()
    told = f"expected differs by {worst:.1e} at most, {different} of {judged} alarms"
    rows = [Row("Farrington Flexible equals R surveillance", "within rounding", told, "")]
    if OUTBREAKS.exists():
        scored = against_r.bayes(pd.read_csv(OUTBREAKS), in_front=YEARS_IN_FRONT)
        told = "sensitivity {:.3f}, specificity {:.3f}, lag {:.2f}".format(*scored)
        rows.append(Row("R's algo.bayes(4,0,2), alpha .05, on the same labelled series", "", told, ""))
    return rows


def speed_rows() -> list[Row]:
    rng = np.random.default_rng(3)
    frames = [
        pd.DataFrame({"series_id": str(n), "week": np.arange(520), "count": rng.poisson(9, 520)}) for n in range(10)
    ]
    table = pd.concat(frames, ignore_index=True)
    spent: dict[str, float] = {}
    for method in ("combined", "farrington"):
        began = time.process_time()
        detect(table, method=method)
        spent[method] = (time.process_time() - began) / 10
    ours, theirs = spent["combined"], spent["farrington"]
    return [Row("seconds for 10 years of one series", "", f"{ours:.2f}", f"{theirs:.2f} ({ours / theirs:.2f})")]


def calibrate() -> None:
    """Print, per grain, the log odds that each share of quiet periods exceeds in the worst of seven kinds of series."""
    for grain, per_year, periods in (("week", 52.0, 364), ("month", 12.0, 144)):
        rng = np.random.default_rng(2013)
        kept: dict[float, list[np.ndarray]] = {}
        for scenario in SCENARIOS * 12:
            mean = scenario.mean(WEEKS)
            if grain == "month":
                mean = np.add.reduceat(mean, np.round(np.arange(periods) * WEEKS / periods).astype(int))
            counts = draw_counts(mean, scenario.phi, rng)[-periods:].astype(float)
            model = evidence.MODELS[grain]
            found = baseline.foresee(counts, periods_per_year=per_year, settings=baseline.SETTINGS[grain])
            ratios = evidence.log_ratio(counts, found.mean, found.phi, model)
            odds = evidence.filter_odds(ratios, model).log_odds[2 * int(per_year) :]
            kept.setdefault(scenario.theta, []).append(odds)
        points = [np.quantile(np.concatenate(odds), 1.0 - np.array(TAIL[1:])) for odds in kept.values()]
        print(grain, np.round(np.max(points, axis=0), 2).tolist(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
