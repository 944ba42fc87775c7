"""A table with broken series: each is named, the others are forecast."""

from pathlib import Path

import orjson
import pandas as pd
import pytest
from click.testing import CliRunner

from core.errors import InputError
from medisync.main import cli
from ml.forecasting.panel import read_panel

GOOD = [("good", f"20{year}-{month:02d}", str(10 + month)) for year in range(20, 24) for month in range(1, 13)]


def table(rows: list[tuple[str, str, str]], column: str = "month") -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["series_id", column, "count"], dtype="str")


BROKEN = {
    "gap": [("bad", "2020-01", "1"), ("bad", "2020-02", "2"), ("bad", "2020-03", "2"), ("bad", "2020-05", "3")],
    "duplicate_period": [
        ("bad", "2020-01", "1"),
        ("bad", "2020-02", "2"),
        ("bad", "2020-02", "2"),
        ("bad", "2020-03", "3"),
    ],
    "unsorted": [("bad", "2020-01", "1"), ("bad", "2020-03", "2"), ("bad", "2020-02", "2"), ("bad", "2020-04", "2")],
    "negative_count": [("bad", "2020-01", "1"), ("bad", "2020-02", "-2"), ("bad", "2020-03", "3")],
    "not_a_number": [("bad", "2020-01", "1"), ("bad", "2020-02", "many"), ("bad", "2020-03", "3")],
    "too_short": [("bad", "2020-01", "1")],
    "wrong_frequency": [("bad", f"2020-01-{day:02d}", "1") for day in (1, 8, 15, 22)],
    "bad_period": [("bad", "2020-01", "1"), ("bad", "soon", "2"), ("bad", "2020-03", "3")],
    "no_series_id": [("", "2020-01", "1"), ("", "2020-02", "2"), ("", "2020-03", "3")],
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_broken_series_is_named_with_its_code_and_the_good_one_stays(code: str):
    panel = read_panel(table(GOOD + BROKEN[code]))
    assert list(panel.series) == ["good"]
    assert [error.code for error in panel.errors] == [code]
    assert panel.errors[0].series_id == BROKEN[code][0][0]


def test_quarters_are_the_wrong_frequency_for_months():
    rows = [("q", f"{year}-{month:02d}", "5") for year in (2020, 2021) for month in (1, 4, 7, 10)]
    assert read_panel(table(rows)).errors[0].code == "wrong_frequency"


@pytest.mark.parametrize(
    ("column", "periods"),
    [("week", ["2020-W52", "2020-W53", "2021-W01"]), ("date", ["2024-02-28", "2024-02-29", "2024-03-01"])],
)
def test_weeks_and_days_follow_one_another_across_year_and_leap_day(column: str, periods: list[str]):
    panel = read_panel(table([("a", period, "1") for period in periods], column))
    assert panel.errors == ()
    assert len(panel.series["a"]) == 3


def test_a_table_without_the_columns_is_refused_whole():
    with pytest.raises(InputError, match="needed"):
        read_panel(pd.DataFrame({"id": ["a"]}))


def run(tmp_path: Path, rows: list[tuple[str, str, str]], *options: str) -> tuple[int, dict, pd.DataFrame | None]:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    table(rows).to_csv(source, index=False)
    result = CliRunner().invoke(cli, ["forecast", str(source), "--horizon", "6", "--out", str(out), "--json", *options])
    return result.exit_code, orjson.loads(result.stdout), pd.read_csv(out) if out.exists() else None


def test_the_command_forecasts_the_good_series_and_lists_the_bad(tmp_path: Path):
    code, summary, out = run(tmp_path, GOOD + BROKEN["negative_count"])
    assert code == 0
    assert summary["forecast"] == 1
    assert summary["errors"][0]["series_id"] == "bad"
    assert summary["errors"][0]["code"] == "negative_count"
    assert out is not None
    assert list(out.columns) == ["series_id", "step", "period", "mean", "lo80", "hi80", "lo95", "hi95", "model"]
    assert out["period"].tolist() == [f"2024-{month:02d}" for month in range(1, 7)]


def test_the_command_fails_when_every_series_is_broken(tmp_path: Path):
    code, summary, _ = run(tmp_path, BROKEN["gap"])
    assert code == 1
    assert summary["forecast"] == 0


def test_the_command_names_the_fallback_of_a_short_sarima(tmp_path: Path):
    code, summary, out = run(tmp_path, GOOD[:20], "--model", "sarima")
    assert code == 0
    assert "24" in summary["refused"][0]["reason"]
    assert out is not None
    assert set(out["model"]) == {"structural"}
