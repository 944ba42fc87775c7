"""Parameters of the detector compared on made-up outbreaks: `python -m bench.surge_choice`.

Belongs here: the candidates of decision 0022, their criterion and the table behind it. Does not belong here: any
labelled series; those are scored by `bench.surveillance` after the choice.
"""

import argparse
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from ml.surveillance import baseline, evidence
from ml.surveillance.simulate import (
    OUTBREAK_SIZES,
    SCENARIOS,
    Outbreak,
    Scenario,
    add_outbreak,
    draw_counts,
    draw_outbreak,
)

#: Changes to the surge model and to the baseline; lengths are mean weeks.
CANDIDATES: Final[dict[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    "decision 0020: length 3, rounds 2": ({}, {"rounds": 2}),
    "lengths 1.25, 3": ({"lengths": (1.25, 3.0)}, {"rounds": 2}),
    "lengths 3, 10": ({"lengths": (3.0, 10.0)}, {"rounds": 2}),
    "lengths 1.25, 3, 10": ({"lengths": (1.25, 3.0, 10.0)}, {"rounds": 2}),
    "rounds 6": ({}, {"rounds": 6}),
}
#: Past outbreaks in a history, by kind: none, four of Noufaily's sizes, ten large ones.
PASTS: Final = ((0, OUTBREAK_SIZES), (4, OUTBREAK_SIZES), (10, (10.0, 20.0, 40.0)))
RATE: Final = 0.05
STRICT: Final = 0.01
WEEKS: Final = 624
SCORED: Final = 100
MISSED: Final = 20
#: Mean length in weeks of the outbreaks that are not Noufaily's.
LONG: Final = 10.0


def main() -> None:
    """Print weeks to detect and POD of every candidate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    found = measure(parser.parse_args().repeats)
    print(found.to_string(float_format=lambda value: f"{value:.3f}"))


def measure(repeats: int, *, seed: int = 2201) -> pd.DataFrame:
    """One row per candidate; se: paired standard error of the difference in weeks from the first candidate."""
    rng = np.random.default_rng(seed)
    strengths: dict[str, list[np.ndarray]] = {name: [] for name in CANDIDATES}
    starts, lasts, kinds = [], [], []
    for number in range(repeats * len(SCENARIOS)):
        scenario = SCENARIOS[number % len(SCENARIOS)]
        kind = number // len(SCENARIOS) % len(PASTS)
        counts, outbreak = draw_history(scenario, PASTS[kind], long=bool(rng.random() < 0.5), rng=rng)
        for name, odds in strengths_of(counts).items():
            strengths[name].append(odds)
        starts.append(outbreak.start - (WEEKS - SCORED))
        lasts.append(outbreak.weeks.stop - (WEEKS - SCORED))
        kinds.append(kind)
    rows: dict[str, dict[str, float]] = {}
    found = {name: weeks_to_detect(np.array(odds), starts, lasts, RATE) for name, odds in strengths.items()}
    first = next(iter(found.values()))
    for name, weeks in found.items():
        strict = weeks_to_detect(np.array(strengths[name]), starts, lasts, STRICT)
        rows[name] = {
            "weeks": weeks.mean(),
            "difference": (weeks - first).mean(),
            "se": (weeks - first).std() / np.sqrt(weeks.size),
            f"POD at {RATE}": (weeks < MISSED).mean(),
            f"POD at {STRICT}": (strict < MISSED).mean(),
        }
        rows[name] |= {
            f"weeks, {number} past": weeks[np.array(kinds) == kind].mean() for kind, (number, _) in enumerate(PASTS)
        }
    return pd.DataFrame(rows).T


def draw_history(
    scenario: Scenario, past: tuple[int, tuple[float, ...]], *, long: bool, rng: np.random.Generator
) -> tuple[np.ndarray, Outbreak]:
    """Counts of WEEKS weeks with past outbreaks, and one in the weeks that are scored."""
    mean = scenario.mean(WEEKS)
    counts = draw_counts(mean, scenario.phi, rng)
    number, sizes = past
    start = int(rng.integers(WEEKS - SCORED + 10, WEEKS - 2 * MISSED))
    moments = [*rng.choice(np.arange(312, WEEKS - SCORED - 10), number, replace=False), start]
    for moment in moments:
        size = float(rng.choice(OUTBREAK_SIZES if moment == start else sizes))
        sd = float(np.sqrt(mean[moment] * scenario.phi))
        draw = draw_long if long and moment == start else draw_outbreak
        outbreak = draw(start=int(moment), sd=sd, size=size, last=WEEKS - 1, rng=rng)
        counts = add_outbreak(counts, outbreak)
    return counts.astype(float), outbreak


def strengths_of(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Log odds of a surge in the weeks that are scored, by candidate."""
    bases: dict[str, baseline.Baseline] = {}
    out: dict[str, np.ndarray] = {}
    for name, (surge, base) in CANDIDATES.items():
        if repr(base) not in bases:
            settings = replace(baseline.SETTINGS["week"], **base)
            bases[repr(base)] = baseline.foresee(
                counts, periods_per_year=52.0, settings=settings, since=WEEKS - SCORED - 52
            )
        found = bases[repr(base)]
        model = replace(evidence.MODELS["week"], **surge)
        ratios = evidence.log_ratio(counts, found.mean, found.phi, model)
        out[name] = evidence.filter_odds(ratios, model).log_odds[-SCORED:]
    return out


def draw_long(*, start: int, sd: float, size: float, last: int, rng: np.random.Generator) -> Outbreak:
    """An outbreak of geometric length, mean LONG weeks, that adds Poisson(size x sd / 2) cases a week."""
    length = min(int(rng.geometric(1.0 / LONG)), last - start + 1)
    cases = rng.poisson(size * sd / 2.0, length).astype(np.int64)
    cases[0] = max(int(cases[0]), 1)
    return Outbreak(start, cases, size)


def weeks_to_detect(strength: np.ndarray, starts: list[int], lasts: list[int], rate: float) -> np.ndarray:
    """Weeks from each start to the first alarm while it lasts, MISSED without one, at a false-alarm rate."""
    time = np.arange(strength.shape[1])
    during = (time >= np.array(starts)[:, None]) & (time < np.array(lasts)[:, None])
    quiet = (time < np.array(starts)[:, None]) | (time >= np.array(lasts)[:, None] + MISSED)
    threshold = np.quantile(strength[quiet], 1.0 - rate)
    alarm = (strength > threshold) & during
    return np.where(alarm.any(axis=1), np.minimum(alarm.argmax(axis=1) - np.array(starts), MISSED), float(MISSED))


if __name__ == "__main__":
    main()
