"""The promises about volume forecasts, measured: `python -m bench.forecasting`.

Belongs here: accuracy and coverage on the public monthly hospital series, and the time a thousand series take. Does not
belong here: the choice of the model (docs/decisions/0010), which used no count of the test year.

The series are not part of the project: without the file at `--data` only the speed is measured, on made-up counts.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

from bench.table import BenchRow, show
from ml.forecasting.many import forecast_many
from ml.forecasting.results import Forecast
from ml.forecasting.scores import mase, seasonal_scale

DATA = Path("../shared/data/hospital_monthly.csv.gz")
SEASON = 12
HORIZON = 12
TEST_ORIGIN = 72
EARLIER_ORIGINS = (48, 60)
SPEED_SERIES = 1000
#: SARIMA is timed on fewer and scaled, since a cold fit of all takes a minute and more.
SARIMA_SERIES = 60
PROCESSES = 2


def rows(data: Path = DATA) -> list[BenchRow]:
    """Measure everything; about two minutes of CPU with the data, one without."""
    table = accuracy(read(data)) if data.exists() else []
    return table + speed()


def read(path: Path) -> dict[str, pd.Series]:
    """The series of the benchmark by id."""
    table = pd.read_csv(path)
    return {
        str(name): pd.Series(part["count"].to_numpy(float), index=pd.PeriodIndex(part["month"].to_numpy(), freq="M"))
        for name, part in table.groupby("series_id", sort=False)
    }


def accuracy(series: dict[str, pd.Series]) -> list[BenchRow]:
    """MASE and coverage in the test year, and the gain over Theta and SARIMA at earlier origins."""
    auto = at_origin(series, TEST_ORIGIN, "auto")
    naive = mean_mase(series, at_origin(series, TEST_ORIGIN, "seasonal_naive"), TEST_ORIGIN)
    error = mean_mase(series, auto, TEST_ORIGIN)
    cover80, cover95 = coverage(series, auto, TEST_ORIGIN)
    table = [
        BenchRow("MASE of auto, test year (naive: seasonal naive)", "≤ .742, reach .735", error, "", naive),
        BenchRow("80 % intervals cover", ".78–.82", cover80, ""),
        BenchRow("95 % intervals cover", ".93–.97", cover95, ""),
    ]
    for origin in EARLIER_ORIGINS:
        error = mean_mase(series, at_origin(series, origin, "auto"), origin)
        theta = mean_mase(series, at_origin(series, origin, "theta"), origin)
        table.append(BenchRow(f"MASE of auto from month {origin} (naive: Theta)", "< Theta", error, "", theta))
    some = dict(list(series.items())[:SARIMA_SERIES])
    error = mean_mase(some, at_origin(some, TEST_ORIGIN, "auto"), TEST_ORIGIN)
    sarima = mean_mase(some, at_origin(some, TEST_ORIGIN, "sarima"), TEST_ORIGIN)
    name = f"MASE of auto, first {SARIMA_SERIES} series (naive: the named SARIMA)"
    return [*table, BenchRow(name, "< SARIMA", error, "", sarima)]


def at_origin(series: dict[str, pd.Series], origin: int, model: str) -> tuple[Forecast, ...]:
    """Forecasts of the HORIZON months after `origin` from the months before."""
    past = {name: counts.iloc[:origin] for name, counts in series.items()}
    return forecast_many(past, horizon=HORIZON, model=model, processes=PROCESSES)[0]


def mean_mase(series: dict[str, pd.Series], forecasts: tuple[Forecast, ...], origin: int) -> float:
    """Mean over series of MASE, scaled by the history before the origin."""
    found: list[float | None] = []
    for one in forecasts:
        values = series[one.series_id].to_numpy(float)
        means = np.array([step.mean for step in one.steps])
        found.append(mase(values[origin : origin + HORIZON], means, seasonal_scale(values[:origin], SEASON)))
    return float(np.mean([value for value in found if value is not None]))


def coverage(series: dict[str, pd.Series], forecasts: tuple[Forecast, ...], origin: int) -> tuple[float, float]:
    """Share of counts inside the 80 % and the 95 % intervals."""
    inside = [
        (step.lo80 <= actual <= step.hi80, step.lo95 <= actual <= step.hi95)
        for one in forecasts
        for step, actual in zip(one.steps, series[one.series_id].iloc[origin : origin + HORIZON], strict=True)
    ]
    cover80, cover95 = np.mean(inside, axis=0)
    return float(cover80), float(cover95)


def speed() -> list[BenchRow]:
    """Seconds for a thousand made-up series of 84 months."""
    rng = np.random.default_rng(0)
    wave = 1.0 + 0.2 * np.sin(2.0 * np.pi * np.arange(84) / SEASON)
    index = pd.period_range("2019-01", periods=84, freq="M")
    series = {f"s{row}": pd.Series(rng.poisson(rng.uniform(5, 500) * wave), index=index) for row in range(SPEED_SERIES)}
    seconds, _ = timed(series, "auto", {})
    table = [BenchRow(f"{SPEED_SERIES} series by auto, records and calibration included", "< 20 s", seconds, "s")]
    some = {name: counts.iloc[:-1] for name, counts in list(series.items())[:SARIMA_SERIES]}
    scale = SPEED_SERIES / SARIMA_SERIES
    cold, before = timed(some, "sarima", {})
    starts = {one.series_id: one.parameters for one in before}
    warm, _ = timed({name: series[name] for name in some}, "sarima", starts)
    name = f"{SPEED_SERIES} SARIMA refits from last month's parameters, scaled from {SARIMA_SERIES} (naive: cold)"
    return [*table, BenchRow(name, "< 20 s", warm * scale, "s", cold * scale)]


def timed(
    series: dict[str, pd.Series], model: str, starts: dict[str, tuple[float, ...]]
) -> tuple[float, tuple[Forecast, ...]]:
    """Seconds: of the wall for auto, in this one process; for SARIMA CPU seconds of one process over PROCESSES."""
    if model == "auto":
        began = time.perf_counter()
        forecasts, _ = forecast_many(series, horizon=HORIZON, model=model)
        return time.perf_counter() - began, forecasts
    began = time.process_time()
    forecasts, _ = forecast_many(series, horizon=HORIZON, model=model, starts=starts)
    return (time.process_time() - began) / PROCESSES, forecasts


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    data = parser.parse_args().data
    show(rows(data))
    if not data.exists():
        print(f"accuracy not measured: {data} is not there")


if __name__ == "__main__":
    main()
