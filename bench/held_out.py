"""Alpha chosen on some labelled series and scored on others: `python -m bench.held_out`.

Belongs here: the held-out figures of decision 0023, on the 14 series of R's package. Does not belong here: the figures
at the default alpha (`bench.surveillance`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from bench import against_r
from bench.surveillance import WEEKS_SCORED, YEARS_IN_FRONT, mean_lag
from ml.surveillance.detector import judge_series

ALPHAS: Final = tuple(step / 200 for step in range(1, 21))
LEAST_SPECIFICITY: Final = 0.93


@dataclass(frozen=True)
class Series:
    """One labelled series: p_exceed and label of each scored week."""

    p: np.ndarray
    state: np.ndarray


def main() -> None:
    """Print sensitivity, specificity and mean lag of every part that was scored by another part's alpha."""
    if why := against_r.missing():
        print(f"not measured: {why}")
        return
    series = {str(name): judged(part) for name, part in against_r.labelled_series().groupby("series_id")}
    names = sorted(series)
    halves = (names[: len(names) // 2], names[len(names) // 2 :])
    show("half by half", [halves, halves[::-1]], series)
    show("one by one", [([one for one in names if one != name], [name]) for name in names], series)


def judged(part: pd.DataFrame) -> Series:
    """Judge one series by the published protocol: its first weeks twice in front, the original weeks scored."""
    counts = part["count"].to_numpy(dtype=float)
    longer = pd.Series(np.concatenate([counts[:YEARS_IN_FRONT], counts[:YEARS_IN_FRONT], counts]))
    found = judge_series(list(range(longer.size)), longer, "s", alpha=0.05, method="combined")
    p = np.nan_to_num(found["p_exceed"][-WEEKS_SCORED:].astype(float), nan=1.0)
    return Series(p, part["outbreak"].to_numpy(dtype=bool)[-WEEKS_SCORED:])


def score(parts: Sequence[tuple[Series, float]]) -> tuple[float, float, float]:
    """Pooled sensitivity and specificity by week and mean lag over series, each at its own alpha."""
    alarm = [one.p <= alpha for one, alpha in parts]
    state = np.concatenate([one.state for one, _ in parts])
    lags = [mean_lag(one.state, raised) for (one, _), raised in zip(parts, alarm, strict=True)]
    pooled = np.concatenate(alarm)
    return float(pooled[state].mean()), float(1.0 - pooled[~state].mean()), float(np.mean(lags))


def choose(parts: Sequence[Series]) -> float:
    """The largest alpha with specificity of LEAST_SPECIFICITY and more on these series."""
    kept = [alpha for alpha in ALPHAS if score([(one, alpha) for one in parts])[1] >= LEAST_SPECIFICITY]
    return max(kept, default=ALPHAS[0])


def show(title: str, splits: Sequence[tuple[list[str], list[str]]], series: dict[str, Series]) -> None:
    """Print what each split (series that choose, series that are scored) gives, and all of them pooled."""
    pooled: list[tuple[Series, float]] = []
    for choosing, scored in splits:
        alpha = choose([series[name] for name in choosing])
        parts = [(series[name], alpha) for name in scored]
        pooled += parts
        print(f"{title}: alpha {alpha:.3f} on {', '.join(scored)}: " + told(parts))
    print(f"{title}, all: " + told(pooled))


def told(parts: Sequence[tuple[Series, float]]) -> str:
    return "sensitivity {:.3f}, specificity {:.3f}, lag {:.2f}".format(*score(parts))


if __name__ == "__main__":
    main()
