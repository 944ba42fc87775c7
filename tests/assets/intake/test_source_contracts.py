"""The contract of a source: additions are taken and noted, what breaks it is refused by name before anything lands."""

import pytest
from made_files import canonical_csv, everything_in, write
from sqlalchemy import select

from assets.intake import contracts, import_file
from core.db.tables import ImportBatch, SourceContract
from core.errors import RefusedError
from expectations.contract import ColumnPromise, DataContract
from expectations.delivery import Delivery, continued

FIRST = [{"sex": "female" if number % 2 else "male"} for number in range(10)]
LATER = [{**row, "age_years": "50"} for row in FIRST]


def told(engine, table):
    with engine.connect() as connection:
        return connection.execute(select(table.__table__)).all()


@pytest.fixture
def known(home, tmp_path):
    """A source that has delivered once, as `ward-2024-01.csv`."""
    import_file(write(tmp_path / "ward-2024-01.csv", canonical_csv(*FIRST)), settings=home)
    return home


def _without(text, column):
    rows = [line.split(",") for line in text.splitlines()]
    place = rows[0].index(column)
    return "\n".join(",".join(cell for number, cell in enumerate(row) if number != place) for row in rows) + "\n"


def _with(text, column, value):
    head, *lines = text.splitlines()
    return "\n".join([f"{head},{column}", *(f"{line},{value}" for line in lines)]) + "\n"


BREAKS = {
    "a_column_is_gone": (lambda text: _without(text, "spo2_pct"), "spo2_pct is gone"),
    "a_type_changed": (lambda text: text.replace(",72,", ",fast,"), "heart_rate was number and is text"),
    "a_unit_changed": (lambda text: text.replace(",37.2,", ",99.0,"), "temperature_c was typically 37.2 and is 99"),
    "words_changed": (
        lambda text: text.replace(",female,", ",w,").replace(",male,", ",m,"),
        "sex uses words that were not known: 'm', 'w'",
    ),
    "a_column_is_empty": (lambda text: text.replace(",72,", ",,"), "heart_rate held values and is empty"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_breaking_change_is_refused_by_column_and_leaves_nothing(known, pg_engine, tmp_path, name):
    change, says = BREAKS[name]
    before = everything_in(known.inbox)
    path = write(tmp_path / "ward-2024-02.csv", change(canonical_csv(*LATER)))
    with pytest.raises(RefusedError, match=says) as caught:
        import_file(path, settings=known)
    assert caught.value.code == "contract_broken"
    assert "ward-2024-02.csv breaks contract ward.csv 1.0" in caught.value.message
    assert everything_in(known.inbox) == before
    assert len(told(pg_engine, ImportBatch)) == 1
    refused = told(pg_engine, SourceContract)[-1]
    assert (refused.verdict, refused.file_name) == ("refused", "ward-2024-02.csv")
    assert any(change["is_breaking"] for change in refused.changes)


def test_a_new_column_is_taken_and_noted_as_a_minor_version(known, pg_engine, tmp_path):
    import_file(write(tmp_path / "ward-2024-02.csv", _with(canonical_csv(*LATER), "ward", "B")), settings=known)
    first, second = told(pg_engine, SourceContract)
    assert (first.version, second.version, second.verdict) == ("1.0", "1.1", "accepted")
    assert [change["detail"] for change in second.changes] == ["ward is new"]
    assert "ward" in [column["name"] for column in told(pg_engine, ImportBatch)[-1].columns]


def test_the_same_delivery_again_makes_no_version(known, pg_engine, tmp_path):
    import_file(write(tmp_path / "ward-2024-02.csv", canonical_csv(*LATER)), settings=known)
    assert len(told(pg_engine, SourceContract)) == 1


def test_a_break_that_somebody_answers_for_raises_the_major_version(known, pg_engine, tmp_path):
    path = write(tmp_path / "ward-2024-02.csv", _without(canonical_csv(*LATER), "spo2_pct"))
    import_file(path, settings=known, accept_contract="The ward has no oximeter any more")
    newest = told(pg_engine, SourceContract)[-1]
    assert (newest.version, newest.reason) == ("2.0", "The ward has no oximeter any more")


def test_a_word_more_extends_the_vocabulary_and_the_suite_judges_it(known, pg_engine, tmp_path):
    rows = [*LATER, *[{"sex": "diverse"}] * 5]
    assert import_file(write(tmp_path / "ward-2024-02.csv", canonical_csv(*rows)), settings=known).quarantined == 5
    newest = told(pg_engine, SourceContract)[-1]
    assert [change["kind"] for change in newest.changes] == ["extended"]
    (sex,) = [column for column in newest.columns if column["name"] == "sex"]
    assert sex["values"] == ["diverse", "female", "male"]


def test_a_unit_that_the_mapping_changed_breaks(known):
    old = DataContract("x", "1.0", (ColumnPromise("temp", "number", False, unit="fahrenheit"),))
    new = DataContract("x", "1.0", (ColumnPromise("temp", "number", False, unit=None),))
    (change,) = contracts.compare(old, new).breaking
    assert change.detail == "temp was in fahrenheit and is in our own units"


def test_a_few_rows_say_nothing_about_a_column():
    import pandas as pd

    delivery = Delivery({}, {})
    delivery.add(pd.DataFrame({"a": ["x"], "b": [""]}))
    new = delivery.promise("x", "1.0")
    old = DataContract("x", "1.0", tuple(ColumnPromise(name, "number", False) for name in "ab"))
    assert [column.type for column in continued(old, new).columns] == ["number", "number"]


def test_a_dry_run_says_what_breaks_and_records_nothing(known, pg_engine, tmp_path):
    path = write(tmp_path / "ward-2024-02.csv", _without(canonical_csv(*LATER), "spo2_pct"))
    with pytest.raises(RefusedError):
        import_file(path, settings=known, dry_run=True)
    assert len(told(pg_engine, SourceContract)) == 1


def test_no_value_of_a_patient_is_in_a_contract(home, pg_engine, tmp_path):
    rows = [{"patient_id": f"canary-{n}", "condition": f"canary-{n}", "facility": f"canary-{n}"} for n in range(9)]
    rows += [{"sex": "canary Ada"}, {"outcome": "canary Lovelace"}, {"acuity": "canary 3"}]
    import_file(write(tmp_path / "a.csv", canonical_csv(*rows)), settings=home)
    assert "canary" not in repr(told(pg_engine, SourceContract)) + repr(told(pg_engine, ImportBatch))
