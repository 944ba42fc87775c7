"""Files become rows in the inbox, every record accounted for, whole or not at all."""

import gzip
from pathlib import Path

import pandas as pd
import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from made_files import GOOD, NEISS, canonical_csv, everything_in, write
from sqlalchemy import insert, select

from assets.intake import import_file, inbox, read_inbox
from core.db.tables import ImportBatch, Registration
from core.errors import ConflictError, InputError, UnavailableError
from core.settings import Settings
from core.vocabulary import RAW_COLUMNS
from expectations import part_rows

MAPPINGS = Path(__file__).parents[3] / "docs" / "mappings"


def batches(engine):
    with engine.connect() as connection:
        return connection.execute(select(ImportBatch).order_by(ImportBatch.batch_seq)).all()


def test_every_record_is_accepted_quarantined_or_a_duplicate(home, pg_engine, tmp_path):
    text = canonical_csv({}, {"age_years": "222"}, {"registered_at": "soon", "sex": "?"}, {})
    text += text.splitlines()[1] + "\n" + "only,three,fields\n"
    report = import_file(write(tmp_path / "a.csv", text), settings=home)
    assert (report.read, report.accepted, report.quarantined, report.duplicates) == (6, 2, 3, 1)
    assert report.reasons == {
        "age_years_out_of_range": 1,
        "record_unreadable": 1,
        "registered_at_not_a_moment": 1,
        "sex_not_in_value_set": 1,
    }
    (batch,) = batches(pg_engine)
    assert (batch.read_count, batch.accepted_count, batch.quarantined_count, batch.duplicate_count) == (6, 2, 3, 1)
    assert batch.file_format == "csv"
    assert "2024-03" in batch.months


def test_each_parked_record_has_an_operation_outcome_that_fhir_allows(home, tmp_path):
    text = canonical_csv({}, {"age_years": "222", "outcome": "Ada Lovelace"}, {"patient_id": ""}) + "Ada,Lovelace\n"
    told = tmp_path / "outcomes.ndjson"
    report = import_file(write(tmp_path / "a.csv", text), settings=home, outcomes=told)
    outcomes = [OperationOutcome.model_validate_json(line) for line in told.read_text().splitlines()]
    assert len(outcomes) == report.quarantined == 3
    issues = [[(one.severity, one.code, one.details.coding[0].code) for one in outcome.issue] for outcome in outcomes]
    assert sorted(issues[0]) == [
        ("error", "code-invalid", "outcome_not_in_value_set"),
        ("error", "value", "age_years_out_of_range"),
    ]
    assert issues[1:] == [
        [("error", "required", "patient_id_missing")],
        [("error", "structure", "record_unreadable")],
    ]
    places = [outcome.issue[0].diagnostics for outcome in outcomes]
    assert places[:2] == ["a.csv, line 3", "a.csv, line 4"]
    assert places[2] == "a.csv, line 5: 2 fields where the header has 19"
    assert "Lovelace" not in told.read_text()
    parked = part_rows(read_inbox(home.inbox, "2024-03")).quarantined["content_hash"]
    assert {outcome.id for outcome in outcomes} >= set(parked), "each leads to its row in the quarantine"


def test_a_refused_file_leaves_no_outcomes(home, tmp_path):
    with pytest.raises(InputError):
        import_file(write(tmp_path / "a.csv", "a,b\n1,2\n"), settings=home, outcomes=tmp_path / "o.ndjson")
    bad = canonical_csv({"age_years": "222"}) + "x" * 1_100_000
    with pytest.raises(InputError):
        import_file(write(tmp_path / "b.csv", bad), settings=home, outcomes=tmp_path / "o.ndjson")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["a.csv", "b.csv"]
    with pytest.raises(InputError, match="cannot be written"):
        import_file(write(tmp_path / "c.csv", canonical_csv({})), settings=home, outcomes=tmp_path / "no" / "o.ndjson")


def test_what_landed_is_parted_by_the_pipeline_as_the_import_said(home, tmp_path):
    text = canonical_csv({}, {"age_years": "222"}, {"spo2_pct": "0.98"})
    import_file(write(tmp_path / "a.csv", text), settings=home)
    raw = read_inbox(home.inbox, "2024-03")
    assert list(raw.columns) == list(RAW_COLUMNS)
    assert raw["source_record"].tolist() == ["line 2", "line 3", "line 4"]
    parted = part_rows(raw)
    assert len(parted.validated) == 1
    assert sorted(code for codes in parted.quarantined["reasons"] for code in codes) == [
        "age_years_out_of_range",
        "spo2_pct_out_of_range",
    ]


def test_importing_a_file_twice_changes_nothing(home, pg_engine, tmp_path):
    path = write(tmp_path / "a.csv", canonical_csv({}, {"age_years": "x"}) + "broken\n")
    import_file(path, settings=home)
    before = everything_in(home.inbox)
    again = import_file(path, settings=home)
    assert (again.read, again.accepted, again.quarantined, again.duplicates) == (3, 0, 0, 3)
    assert everything_in(home.inbox) == before
    assert len(batches(pg_engine)) == 1


def test_the_same_facts_in_another_spelling_are_a_duplicate(home, tmp_path):
    import_file(write(tmp_path / "a.csv", canonical_csv({})), settings=home)
    other = canonical_csv({"registered_at": "2024-03-01 11:00:00+01:00", "age_years": "44.0", "sex": "Female"})
    assert import_file(write(tmp_path / "b.csv", other), settings=home).duplicates == 1


def test_a_registration_made_in_the_application_is_a_duplicate(home, pg_engine, tmp_path):
    values = {name: value for name, value in GOOD.items() if not name.endswith("_at")}
    times = {name: pd.Timestamp(GOOD[name]) for name in ("registered_at", "recorded_at", "outcome_at")}
    with pg_engine.begin() as connection:
        connection.execute(insert(Registration).values(**values, **times))
    report = import_file(write(tmp_path / "a.csv", canonical_csv({}, {})), settings=home)
    assert (report.accepted, report.duplicates) == (1, 1)


def test_a_dry_run_counts_and_writes_nothing_even_without_a_database(tmp_path):
    home = Settings(home=tmp_path / "home", database_url="postgresql+psycopg2://x@127.0.0.1:1/x")
    report = import_file(write(tmp_path / "a.csv", canonical_csv({}, {"acuity": "9"})), settings=home, dry_run=True)
    assert (report.accepted, report.quarantined) == (1, 1)
    assert not home.root.exists()


def test_without_a_database_nothing_lands(tmp_path):
    home = Settings(home=tmp_path / "home", database_url="postgresql+psycopg2://x@127.0.0.1:1/x")
    with pytest.raises(UnavailableError, match="medisync up"):
        import_file(write(tmp_path / "a.csv", canonical_csv({})), settings=home)
    assert not home.root.exists()


def test_rows_whose_moment_is_impossible_land_in_the_month_of_loading(home, pg_engine, tmp_path):
    text = canonical_csv({"registered_at": "3024-01-01"}, {"registered_at": "1066-10-14"}, {"registered_at": "?"})
    import_file(write(tmp_path / "a.csv", text), settings=home)
    (batch,) = batches(pg_engine)
    assert batch.months == [f"{batch.imported_at:%Y-%m}"]


def test_a_batch_that_was_killed_before_it_was_entered_is_taken_back(home, tmp_path):
    path = write(tmp_path / "a.csv", canonical_csv({}))
    landing = inbox.Landing(home.inbox, "00000000-0000-7000-8000-000000000001")
    landing.add("2024-03", pd.DataFrame([dict.fromkeys(RAW_COLUMNS, "x")]))
    landing.land()
    assert len(read_inbox(home.inbox, "2024-03")) == 1
    assert import_file(path, settings=home).accepted == 1
    assert read_inbox(home.inbox, "2024-03")["registration_id"].tolist() == ["R1"]
    assert not any((home.inbox / ".incoming").glob("*"))


def test_two_imports_at_once_are_refused(home, tmp_path):
    path = write(tmp_path / "a.csv", canonical_csv({}))
    with inbox.locked(home.inbox), pytest.raises(ConflictError, match="another import"):
        import_file(path, settings=home)


def test_a_correction_is_accepted_and_the_newest_version_is_current(home, tmp_path):
    import_file(write(tmp_path / "a.csv", canonical_csv({})), settings=home)
    corrected = {"age_years": "45", "recorded_at": "2024-03-02T08:00:00Z"}
    assert import_file(write(tmp_path / "b.csv", canonical_csv(corrected)), settings=home).accepted == 1
    parted = part_rows(read_inbox(home.inbox, "2024-03"))
    assert parted.validated["age_years"].tolist() == [45.0]
    assert parted.superseded["age_years"].tolist() == [44.0]


@pytest.mark.parametrize(("mapping", "quarantined"), [("neiss.yaml", 2), ("neiss_months.yaml", 0)])
def test_ages_of_200_and_more_are_parked_until_the_mapping_says_that_they_are_months(
    home, tmp_path, mapping: str, quarantined: int
):
    path = write(tmp_path / "neiss.csv", NEISS)
    report = import_file(path, settings=home, mapping=MAPPINGS / mapping)
    assert (report.read, report.quarantined, report.duplicates) == (4, quarantined, 0)
    assert report.reasons == ({"age_years_out_of_range": 2} if quarantined else {})
    ages = pd.to_numeric(read_inbox(home.inbox, "2016-07")["age_years"])
    assert ages.tolist() == ([222, 209] if quarantined else [1.8333, 0.75])


def test_a_better_mapping_mends_what_the_first_one_parked(home, tmp_path):
    path = write(tmp_path / "neiss.csv", NEISS)
    import_file(path, settings=home, mapping=MAPPINGS / "neiss.yaml")
    report = import_file(path, settings=home, mapping=MAPPINGS / "neiss_months.yaml")
    assert (report.accepted, report.duplicates) == (2, 2)
    parted = part_rows(read_inbox(home.inbox, "2016-07"))
    assert (len(parted.validated), len(parted.quarantined), len(parted.superseded)) == (2, 0, 2)


REAL = Path(__file__).parents[4] / "shared" / "data"


@pytest.mark.skipif(not REAL.exists(), reason="the real data of ../shared/data is not on this machine")
@pytest.mark.parametrize(("mapping", "quarantined"), [("neiss.yaml", 46), ("neiss_months.yaml", 0)])
def test_the_real_neiss_sample_is_read_whole(home, mapping: str, quarantined: int):
    report = import_file(REAL / "neiss_ed_visits.csv", settings=home, mapping=MAPPINGS / mapping)
    assert (report.read, report.accepted, report.quarantined) == (1532, 1532 - quarantined, quarantined)


def test_gzip_and_parquet_hold_the_same_registrations_as_csv(home, tmp_path):
    text = canonical_csv({}, {"sex": "male"})
    import_file(write(tmp_path / "a.csv.gz", gzip.compress(text.encode())), settings=home)
    frame = pd.read_csv(write(tmp_path / "a.csv", text))
    for column in ("registered_at", "recorded_at", "outcome_at"):
        frame[column] = pd.to_datetime(frame[column])
    frame.to_parquet(tmp_path / "a.parquet")
    report = import_file(tmp_path / "a.parquet", settings=home)
    assert (report.read, report.duplicates) == (2, 2)


def test_a_file_without_our_columns_is_told_to_bring_a_mapping(home, tmp_path):
    with pytest.raises(InputError, match=r"a\.csv, line 1: the columns registration_id.*--mapping"):
        import_file(write(tmp_path / "a.csv", "a,b\n1,2\n"), settings=home)
    assert everything_in(home.inbox) == []
