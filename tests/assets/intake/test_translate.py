"""A mapping at work: dates resolved or refused, units, value maps, second files, ids from templates."""

import pandas as pd
import pytest
from made_files import write

from assets.intake.archive import Folder
from assets.intake.chunks import Chunk
from assets.intake.mapping import Mapping
from assets.intake.source_file import open_source
from assets.intake.translate import Translator
from core.errors import InputError
from core.vocabulary import REGISTRATION_COLUMNS, REQUIRED_COLUMNS


def translated(tmp_path, columns: dict, **source: list[str]) -> pd.DataFrame:
    """Map made-up source columns; what the test does not speak of is a constant."""
    rows = pd.DataFrame(source, dtype="str")
    rules = {name: {"constant": "x"} for name in REQUIRED_COLUMNS} | columns
    mapping = Mapping.model_validate({"source": "test", "columns": rules})
    chunk = Chunk(rows, [f"line {number}" for number in range(2, 2 + len(rows))])
    source = open_source(write(tmp_path / "source.csv", "A\n"))
    return Translator(mapping, source=source, place=Folder(tmp_path)).translate(chunk)


def one(tmp_path, rule: dict, *values: str, column: str = "systolic_bp") -> list[str | None]:
    found = translated(tmp_path, {column: {"from": "A", **rule}}, A=list(values))[column]
    return [None if pd.isna(value) else value for value in found]


def test_every_column_of_ours_is_there_and_unmapped_ones_are_missing(tmp_path):
    frame = translated(tmp_path, {}, A=["1"])
    assert tuple(frame.columns) == REGISTRATION_COLUMNS
    assert frame["acuity"].isna().all()


def test_of_several_date_formats_the_one_that_fits_is_taken(tmp_path):
    rule = {"date_formats": ["%m/%d/%Y", "%d/%m/%Y"]}
    assert one(tmp_path, rule, "12/31/2020", "31/12/2020", column="registered_at") == ["2020-12-31T00:00:00Z"] * 2


def test_a_date_that_two_formats_read_differently_is_refused_and_not_guessed(tmp_path):
    rule = {"date_formats": ["%m/%d/%Y", "%d/%m/%Y"]}
    told = one(tmp_path, rule, "03/04/2020", "04/04/2020", "nonsense", column="registered_at")
    assert told == ["?03/04/2020", "2020-04-04T00:00:00Z", "?nonsense"]


def test_local_times_become_utc_and_an_hour_that_was_twice_is_refused(tmp_path):
    rule = {"date_formats": ["%Y-%m-%d %H:%M"], "timezone": "Europe/London"}
    told = one(tmp_path, rule, "2024-07-01 12:00", "2024-10-27 01:30", "2024-03-31 01:30", column="registered_at")
    assert told == ["2024-07-01T11:00:00Z", "?2024-10-27 01:30", "?2024-03-31 01:30"]


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        ("fahrenheit", "98.6", "37"),
        ("kelvin", "310.15", "37"),
        ("kpa", "16", "120.0099"),
        ("months", "22", "1.8333"),
        ("days", "365.25", "1"),
        ("fraction", "0.97", "97"),
        ("fahrenheit", "warm", "warm"),
    ],
)
def test_units_become_ours_and_what_is_no_number_stays_for_the_suite(tmp_path, unit: str, value: str, expected: str):
    assert one(tmp_path, {"unit": unit}, value) == [expected]


def test_arithmetic_reaches_only_the_values_that_it_is_for(tmp_path):
    rule = {"rules": [{"when": ">=200", "subtract": 200, "divide": 12}, {"when": "==0", "subtract": -1}]}
    assert one(tmp_path, rule, "199", "200", "224", "0", "") == ["199", "0", "2", "1", None]


def test_values_are_mapped_and_the_others_kept_or_replaced(tmp_path):
    assert one(tmp_path, {"values": {"1": "female"}}, "1", "2", "") == ["female", "2", None]
    assert one(tmp_path, {"values": {"1": "female"}, "otherwise": "unknown"}, "1", "2", "") == [
        "female",
        "unknown",
        None,
    ]
    assert one(tmp_path, {"values": {"??": ""}}, "??", "5") == [None, "5"]
    assert one(tmp_path, {"default": "0"}, "", " 7 ") == ["0", "7"]


def test_an_empty_value_may_come_from_a_second_column(tmp_path):
    frame = translated(tmp_path, {"condition": {"from": "A", "default_from": "B"}}, A=["", "flu"], B=["cough", "cold"])
    assert frame["condition"].tolist() == ["cough", "flu"]


def test_a_value_may_be_looked_up_in_a_second_file(tmp_path):
    write(tmp_path / "people.csv", "id,sex,born\np1,F,1980-02-29\np1,M,1990-01-01\n")
    columns = {
        "registered_at": {"from": "at"},
        "sex": {"lookup": {"file": "people.csv", "key": "id", "by": "who", "column": "sex"}, "values": {"F": "female"}},
        "age_years": {
            "lookup": {"file": "people.csv", "key": "id", "by": "who", "column": "born"},
            "is_birth_date": True,
        },
    }
    frame = translated(tmp_path, columns, at=["2024-03-01", "2024-03-01"], who=["p1", "p2"])
    assert frame["sex"].fillna("").tolist() == ["female", ""]
    assert frame["age_years"].fillna("").tolist() == ["44", ""]


def test_a_lookup_that_leads_nowhere_is_named(tmp_path):
    rule = {"lookup": {"file": "none.csv", "key": "id", "by": "A", "column": "sex"}}
    with pytest.raises(InputError, match=r"none\.csv"):
        translated(tmp_path, {"sex": rule}, A=["1"])
    write(tmp_path / "none.csv", "key,sex\n1,F\n")
    with pytest.raises(InputError, match="no column 'id'"):
        translated(tmp_path, {"sex": rule}, A=["1"])


def test_an_id_from_row_and_hash_is_stable_and_differs_by_row(tmp_path):
    rule = {"registration_id": {"template": "src-{row}-{hash}-{A}"}}
    first = translated(tmp_path, rule, A=["x", "x"], B=["1", "1"])["registration_id"].tolist()
    again = translated(tmp_path, rule, A=["x", "x"], B=["1", "1"])["registration_id"].tolist()
    other = translated(tmp_path, rule, A=["x", "x"], B=["1", "2"])["registration_id"].tolist()
    assert first == again
    assert first[0] == other[0]
    assert len({*first, other[1]}) == 3
    assert first[0].startswith("src-2-")
    assert first[0].endswith("-x")


def test_a_template_that_names_nothing_is_refused(tmp_path):
    with pytest.raises(InputError, match="'Nowhere'"):
        translated(tmp_path, {"registration_id": {"template": "{Nowhere}"}}, A=["1"])


@pytest.mark.parametrize(
    ("born", "visit", "age"),
    [("2001-03-01", "2002-03-01", "1"), ("2001-03-02", "2002-03-01", "0"), ("2000-02-29", "2018-02-28", "17"),
     ("1960-07-15", "2024-07-15", "64"), ("2024-05-01", "2024-05-01", "0")],
)  # fmt: skip
def test_a_year_is_complete_on_the_birthday_and_not_a_day_earlier(tmp_path, born, visit, age):
    columns = {"registered_at": {"from": "at"}, "age_years": {"from": "born", "is_birth_date": True}}
    assert translated(tmp_path, columns, at=[visit], born=[born])["age_years"].tolist() == [age]
