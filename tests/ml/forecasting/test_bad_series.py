"""Whatever one series holds, it is named with what is wrong, and the others still get their forecast or judgement."""

import gzip

import orjson
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from core.errors import InputError
from medisync.csv_table import read_text_table
from medisync.forecast import forecast
from medisync.surge import surge

MONTHS = pd.period_range("2021-01", periods=48, freq="M").astype("str").tolist()
WEEKS = [
    f"{day.isocalendar().year}-W{day.isocalendar().week:02d}"
    for day in pd.date_range("2021-01-04", periods=160, freq="7D")
]
FAULTS = {
    "gap": (lambda rows: rows[:10] + rows[12:], "gap"),
    "twice": (lambda rows: [*rows[:5], rows[4], *rows[5:]], "duplicate_period"),
    "negative": (lambda rows: [*rows[:-1], (rows[-1][0], "-4")], "negative_count"),
    "text": (lambda rows: [*rows[:-1], (rows[-1][0], "many")], "not_a_number"),
    "empty_cell": (lambda rows: [*rows[:-1], (rows[-1][0], "")], "not_a_number"),
    "one_row": (lambda rows: rows[:1], "too_short"),
    "unsorted": (lambda rows: [rows[1], rows[0], *rows[2:]], "unsorted"),
    "bad_period": (lambda rows: [*rows[:-1], ("2024-13", "4")], "bad_period"),
}


def _table(path, periods, column):
    sound = [(period, str(20 + number % 12)) for number, period in enumerate(periods)]
    parts = {"sound": sound, **{name: breaks(list(sound)) for name, (breaks, _) in FAULTS.items()}, "sound_too": sound}
    rows = [(name, period, count) for name, part in parts.items() for period, count in part]
    pd.DataFrame(rows, columns=["series_id", column, "count"]).to_csv(path, index=False)


def _run(command, *arguments):
    app = typer.Typer()
    app.command()({"forecast": forecast, "surge": surge}[command])
    done = CliRunner().invoke(app, [str(word) for word in arguments])
    assert done.exit_code == 0, done.output
    return orjson.loads(done.stdout.strip().splitlines()[-1])


def test_each_broken_series_is_named_and_the_sound_ones_are_forecast(tmp_path):
    _table(tmp_path / "in.csv", MONTHS, "month")
    said = _run("forecast", tmp_path / "in.csv", "--horizon", 6, "--out", tmp_path / "out.csv", "--json")
    assert {error["series_id"]: error["code"] for error in said["errors"]} == {
        name: code for name, (_, code) in FAULTS.items()
    }
    assert set(pd.read_csv(tmp_path / "out.csv")["series_id"]) == {"sound", "sound_too"}


def test_months_given_as_days_are_the_wrong_frequency_and_said_so(tmp_path):
    days = pd.DataFrame({"series_id": "m", "date": [f"{month}-01" for month in MONTHS], "count": 5})
    week = pd.DataFrame({"series_id": "d", "date": pd.date_range("2024-01-01", periods=60).astype("str"), "count": 5})
    pd.concat([days, week]).to_csv(tmp_path / "in.csv", index=False)
    said = _run("forecast", tmp_path / "in.csv", "--horizon", 7, "--out", tmp_path / "out.csv", "--json")
    assert [(error["series_id"], error["code"]) for error in said["errors"]] == [("m", "wrong_frequency")]
    assert set(pd.read_csv(tmp_path / "out.csv")["series_id"]) == {"d"}


def test_weeks_are_reconciled_with_their_months_and_short_histories_left_alone(tmp_path):
    sound = pd.DataFrame({"series_id": "long", "week": WEEKS, "count": 30})
    short = pd.DataFrame({"series_id": "short", "week": WEEKS[:30], "count": 8})
    pd.concat([sound, short]).to_csv(tmp_path / "in.csv", index=False)
    said = _run("forecast", tmp_path / "in.csv", "--horizon", 13, "--out", tmp_path / "out.csv", "--json")
    assert said["reconciled"] == 1
    assert [one["series_id"] for one in said["not_reconciled"]] == ["short"]


def test_years_of_52_weeks_are_forecast_and_named_while_any_other_absent_week_is_a_gap(tmp_path):
    weeks = [f"{year}-W{week:02d}" for year in range(2018, 2024) for week in range(1, 53)]
    folded = pd.DataFrame({"series_id": "folded", "week": weeks, "count": 30})
    gap = pd.DataFrame({"series_id": "gap", "week": weeks[:20] + weeks[21:], "count": 30})
    pd.concat([folded, gap]).to_csv(tmp_path / "in.csv", index=False)
    said = _run("forecast", tmp_path / "in.csv", "--horizon", 4, "--out", tmp_path / "out.csv", "--json")
    assert [(error["series_id"], error["code"]) for error in said["errors"]] == [("gap", "gap")]
    assert any("weeks 53" in note for note in said["notes"][0]["notes"])
    assert pd.read_csv(tmp_path / "out.csv")["period"].tolist() == ["2024-W01", "2024-W02", "2024-W03", "2024-W04"]


def test_every_forecast_comes_with_its_own_measured_coverage(tmp_path):
    months = pd.DataFrame({"series_id": "m", "month": MONTHS, "count": [20 + number % 12 for number in range(48)]})
    pd.concat([months, months.assign(series_id="n")]).to_csv(tmp_path / "in.csv", index=False)
    said = _run("forecast", tmp_path / "in.csv", "--horizon", 6, "--out", tmp_path / "out.csv", "--json")
    assert [record["series_id"] for record in said["records"]] == ["m", "n"]
    assert all(0 <= record["coverage80"] <= record["coverage95"] <= 1 for record in said["records"])


@pytest.mark.parametrize("name", ["negative", "text", "twice", "bad_period"])
def test_surge_names_a_broken_series_and_judges_the_others(tmp_path, name):
    breaks, _ = FAULTS[name]
    sound = [(week, str(20 + number % 12)) for number, week in enumerate(WEEKS)]
    broken = [(period if period in WEEKS else "2024-W60", count) for period, count in breaks(list(sound))]
    rows = [("sound", *row) for row in sound] + [("broken", *row) for row in broken]
    pd.DataFrame(rows, columns=["series_id", "week", "count"]).to_csv(tmp_path / "in.csv", index=False)
    said = _run("surge", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--json")
    assert [error["series_id"] for error in said["errors"]] == ["broken"], said
    assert said["judged"] == 1


@pytest.mark.parametrize("model", ["ets", "theta", "dot", "combination"])
def test_a_history_too_short_for_the_model_is_named_and_the_others_are_forecast(tmp_path, model):
    rows = [("long", month, 20 + number % 12) for number, month in enumerate(MONTHS)]
    rows += [("tiny", month, 5) for month in MONTHS[:3]]
    pd.DataFrame(rows, columns=["series_id", "month", "count"]).to_csv(tmp_path / "in.csv", index=False)
    said = _run(
        "forecast", tmp_path / "in.csv", "--horizon", 2, "--out", tmp_path / "out.csv", "--model", model, "--json"
    )
    assert [(error["series_id"], error["code"]) for error in said["errors"]] == [("tiny", "too_short")]
    assert set(pd.read_csv(tmp_path / "out.csv")["series_id"]) == {"long"}


def test_days_given_as_weeks_are_said_to_be_of_one_week(tmp_path):
    days = pd.date_range("2021-01-01", periods=60).astype("str")
    parts = [("days", day, 3) for day in days] + [("weeks", day, 3) for day in days[3::7]]
    pd.DataFrame(parts, columns=["series_id", "date", "count"]).to_csv(tmp_path / "in.csv", index=False)
    said = _run("surge", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--json")
    assert [error["message"] for error in said["errors"]] == [
        "2021-01-01 and 2021-01-02 are of one week; one row for each week is allowed"
    ]


@pytest.mark.parametrize("command", ["forecast", "surge"])
@pytest.mark.parametrize(
    ("name", "encode"),
    [
        ("bom.csv", lambda text: text.encode("utf-8-sig")),
        ("semicolons.csv", lambda text: text.replace(",", ";").encode()),
        ("excel.txt", lambda text: text.replace(",", "\t").encode("utf-16")),
        ("windows.csv", lambda text: text.replace("plain", "Ärzte").encode("cp1252")),
        ("packed.csv.gz", lambda text: gzip.compress(text.encode())),
    ],
)
def test_files_of_other_programs_are_read(tmp_path, command, name, encode):
    column, periods = ("month", MONTHS) if command == "forecast" else ("week", WEEKS)
    lines = [
        f"series_id,{column},count",
        *(f"plain,{period},{20 + number % 12}" for number, period in enumerate(periods)),
    ]
    (tmp_path / name).write_bytes(encode("\n".join(lines)))
    horizon = ("--horizon", 2) if command == "forecast" else ()
    _run(command, tmp_path / name, *horizon, "--out", tmp_path / "out.csv", "--json")
    assert set(pd.read_csv(tmp_path / "out.csv")["series_id"]) == {"Ärzte" if name == "windows.csv" else "plain"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"series_id,month,count,count\na,2024-01,1,2\n", "duplicated_header"),
        (b"PAR1\x00\x01\x02", "not_a_table"),
        (b"", "not_a_table"),
        (b"series_id,month,count\na,2024-01,1,2\n", "not_a_table"),
    ],
)
def test_what_is_no_table_is_refused_with_its_reason(tmp_path, content, code):
    file = tmp_path / "in.csv"
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_text_table(file)
    assert caught.value.code == code


def test_a_series_without_any_count_is_named_and_not_counted_as_judged(tmp_path):
    parts = [("silent", week, "") for week in WEEKS] + [("sound", week, 3) for week in WEEKS]
    pd.DataFrame(parts, columns=["series_id", "week", "count"]).to_csv(tmp_path / "in.csv", index=False)
    said = _run("surge", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--json")
    assert (said["judged"], [error["code"] for error in said["errors"]]) == (1, ["no_counts"])
