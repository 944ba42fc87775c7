"""`medisync surge`: the file out is the contract's, one bad series never costs the others.

Belongs here: the command as others call it, on written files, and on labelled outbreaks where those are at hand. Does
not belong here: methods.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from bench.surveillance import OUTBREAKS, score
from core.errors import InputError
from medisync.surge import surge

CONTRACT_COLUMNS = ["series_id", "week", "count", "expected", "upper", "p_exceed", "level", "alarm"]


def run(*arguments):
    app = typer.Typer()
    app.command()(surge)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def weeks(number):
    return pd.date_range("2019-12-30", periods=number, freq="7D").strftime("%G-W%V")


def good(series_id="good", number=130):
    counts = np.random.default_rng(3).poisson(5, number)
    counts[100:103] += 40
    return pd.DataFrame({"series_id": series_id, "week": weeks(number), "count": counts.astype(str)})


def test_rows_come_out_in_the_order_of_the_file_with_the_columns_of_the_contract(tmp_path: Path):
    table = pd.concat([good("b"), good("a")]).sort_values(["week", "series_id"], kind="stable")
    table.to_csv(tmp_path / "in.csv", index=False)
    done = run(tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--json")
    assert done.exit_code == 0
    out = pd.read_csv(tmp_path / "out.csv", dtype={"count": "str"})
    assert out.columns.tolist() == CONTRACT_COLUMNS
    for column in ("series_id", "week", "count"):
        assert out[column].tolist() == table[column].tolist()
    assert set(out["alarm"]) == {0, 1}
    assert set(out["level"]) <= {"low", "moderate", "high", "critical"}
    assert (out.loc[out["alarm"] == 1, "p_exceed"] <= 0.05).all()
    assert out.loc[(out["series_id"] == "a") & (out["week"] == weeks(130)[100]), "level"].item() == "critical"
    summary = json.loads(done.stdout)
    assert (summary["judged"], summary["failed"], summary["rows"]) == (2, 0, 260)
    assert summary["alarms"] == int(out["alarm"].sum())


def test_each_broken_series_is_named_and_the_others_are_judged(tmp_path: Path):
    broken = {
        "gap": good("gap").drop(index=[40, 41]),
        "duplicate_period": pd.concat([good("duplicate_period"), good("duplicate_period").tail(1)]),
        "negative_count": good("negative_count").assign(count="-1"),
        "bad_count": good("bad_count").assign(count="many"),
        "unsorted": good("unsorted").iloc[::-1],
        "one_row": good("one_row").head(1),
        "bad_period": good("bad_period").assign(week="spring"),
    }
    pd.concat([*broken.values(), good()]).to_csv(tmp_path / "in.csv", index=False)
    done = run(tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--json")
    assert done.exit_code == 0
    errors = {error["series_id"]: error["code"] for error in json.loads(done.stdout)["errors"]}
    assert errors == {name: name for name in broken}
    for name in broken:
        assert f"warning: {name}: " in done.stderr
    assert pd.read_csv(tmp_path / "out.csv")["series_id"].unique().tolist() == ["good"]


def test_nothing_judged_is_a_failure(tmp_path: Path):
    good().assign(count="-1").to_csv(tmp_path / "in.csv", index=False)
    assert run(tmp_path / "in.csv", "--out", tmp_path / "out.csv").exit_code == 1


@pytest.mark.parametrize(
    ("out", "rows", "code"), [("absent/out.csv", 1, "cannot_write"), ("out.csv", 0, "empty_table")]
)
def test_a_file_that_cannot_be_written_or_has_no_rows_is_named(tmp_path: Path, out: str, rows: int, code: str):
    table = pd.DataFrame({"series_id": "s", "week": range(30), "count": 3})
    table.head(30 * rows).to_csv(tmp_path / "in.csv", index=False)
    done = run(tmp_path / "in.csv", "--out", tmp_path / out)
    assert isinstance(done.exception, InputError)
    assert done.exception.code == code


def test_months_are_judged_as_months(tmp_path: Path):
    months = pd.period_range("2012-01", periods=96, freq="M").astype(str)
    counts = np.random.default_rng(5).poisson(20, 96)
    counts[90] += 60
    pd.DataFrame({"series_id": "m", "month": months, "count": counts}).to_csv(tmp_path / "in.csv", index=False)
    done = run(tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--alpha", "0.01")
    assert done.exit_code == 0
    out = pd.read_csv(tmp_path / "out.csv")
    assert out.loc[90, "alarm"] == 1
    assert out["alarm"].iloc[24:90].sum() <= 4
    assert out["month"].tolist() == months.tolist()


@pytest.mark.skipif(not OUTBREAKS.exists(), reason="the labelled outbreaks (shared/data) are not on this machine")
def test_the_default_alpha_sits_above_the_published_frontier_on_labelled_outbreaks():
    sensitivity, specificity, lag = score(pd.read_csv(OUTBREAKS), "combined")
    assert sensitivity > 0.54
    assert specificity >= 0.93
    assert lag < 1.9
