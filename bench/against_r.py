"""What R's package `surveillance` says of the same counts: Farrington Flexible, and the published best (bayes).

Belongs here: running Rscript and reading its answers. Does not belong here: what is promised (`surveillance`). R is not
needed to run MediSync; Debian has it as r-base-core and r-cran-surveillance.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from ml.surveillance import farrington
from ml.surveillance.simulate import SCENARIOS, draw_counts

_LIBRARY = "suppressMessages(library(surveillance))"
_FARRINGTON = f"""
{_LIBRARY}; y <- as.matrix(read.csv("y.csv", header = FALSE))
s <- sts(y, frequency = 52, start = c(2015, 1))
r <- farringtonFlexible(s, list(range = 320:420, b = 5, w = 3, reweight = TRUE, weightsThreshold = 2.58,
  pThresholdTrend = 1, trend = TRUE, limit54 = c(5, 4), noPeriods = 10, pastWeeksNotIncluded = 26,
  thresholdMethod = "nbPlugin", alpha = 0.01, glmWarnings = FALSE))
write.csv(r@control$mu0Vector, "mu.csv", row.names = FALSE); write.csv(alarms(r) * 1, "alarm.csv", row.names = FALSE)
"""
#: The vignette's protocol: quality of every series by algo.quality, pooled by algo.summary.
_BAYES = f"""
{_LIBRARY}; d <- read.csv("rows.csv")
one <- function(x) {{
  front <- x[1:IN_FRONT, ]; long <- rbind(front, front, x)
  p <- create.disProg(seq_len(nrow(long)), observed = long$count, state = long$outbreak, freq = 52)
  from <- 2 * IN_FRONT + 1
  r <- algo.bayes(p, control = list(range = from:nrow(long), b = 2, w = 4, actY = FALSE, alpha = 0.05))
  q <- algo.quality(r, penalty = 20)
  c(q$TP, q$FP, q$TN, q$FN, q$mlag)
}}
m <- do.call(rbind, lapply(split(d, d$series_id), one))
write.csv(m, "scores.csv", row.names = FALSE)
"""


_SERIES = f"""
{_LIBRARY}
for (name in c("m1", "m2", "m3", "m4", "m5", "q1_nrwh", "q2", "s1", "s2", "s3", "k1", "n1", "n2", "h1_nrwrp")) {{
  data(list = name); x <- get(name)
  write.csv(data.frame(series_id = name, count = x$observed, outbreak = x$state), paste0(name, ".csv"),
            row.names = FALSE)
}}
"""


def missing() -> str:
    """Why R cannot be asked; empty when it can."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        return "Rscript is not installed"
    done = subprocess.run([rscript, "-e", _LIBRARY], capture_output=True, check=False)
    return "" if done.returncode == 0 else "R's package surveillance is absent"


def labelled_series() -> pd.DataFrame:
    """All 14 weekly series with labelled outbreaks that the package carries: series_id, count, outbreak."""
    with tempfile.TemporaryDirectory() as folder:
        _run(_SERIES, folder)
        return pd.concat([pd.read_csv(file) for file in sorted(Path(folder).glob("*.csv"))], ignore_index=True)


def farrington_difference() -> tuple[float, int, int]:
    """Largest relative difference of the expected counts, differing alarms, judgements; on five made-up series."""
    rng = np.random.default_rng(6)
    counts = np.column_stack([draw_counts(SCENARIOS[n].mean(420), SCENARIOS[n].phi, rng) for n in (1, 4, 14, 22, 28)])
    counts[300:304] += 15
    with tempfile.TemporaryDirectory() as folder:
        np.savetxt(Path(folder, "y.csv"), counts, fmt="%d", delimiter=",")
        _run(_FARRINGTON, folder)
        mean = np.genfromtxt(Path(folder, "mu.csv"), delimiter=",", skip_header=1)
        alarm = np.genfromtxt(Path(folder, "alarm.csv"), delimiter=",", skip_header=1)
    worst, different = 0.0, 0
    for column in range(counts.shape[1]):
        series = counts[:, column].astype(float)
        found = farrington.predict(series, np.arange(420), grain="week", period=52, mondays=False, least_years=5)
        flags = farrington.judge(series, found, alpha=0.01, settings=farrington.SETTINGS["week"])[2]
        worst = max(worst, float(np.abs(found.mean[319:] / mean[:, column] - 1).max()))
        different += int((flags[319:] != alarm[:, column].astype(bool)).sum())
    return worst, different, alarm.size


def bayes(table: pd.DataFrame, *, in_front: int) -> tuple[float, float, float]:
    """Pooled sensitivity and specificity, mean lag in weeks, of algo.bayes(4, 0, 2) at alpha .05."""
    with tempfile.TemporaryDirectory() as folder:
        table[["series_id", "count", "outbreak"]].to_csv(Path(folder, "rows.csv"), index=False)
        _run(_BAYES.replace("IN_FRONT", str(in_front)), folder)
        hit, false, quiet, missed, lag = pd.read_csv(Path(folder, "scores.csv")).to_numpy().T
    return (
        float(hit.sum() / (hit.sum() + missed.sum())),
        float(quiet.sum() / (quiet.sum() + false.sum())),
        float(lag.mean()),
    )


def _run(script: str, folder: str) -> None:
    """Raises CalledProcessError with R's own words in it."""
    subprocess.run(["Rscript", "-e", script], cwd=folder, check=True, capture_output=True, text=True)
