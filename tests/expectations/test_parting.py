"""Parting: duplicates, corrections and mended rows; and the hash that tells them apart."""

import pandas as pd
import pytest
from planted_rows import raw_rows

from core.errors import InputError
from core.ids import content_hash
from core.vocabulary import REGISTRATION_COLUMNS, VALIDATED_DTYPES
from expectations import content_hashes, parse_raw, part_rows, validate

SAME = {"registration_id": "R0", "patient_id": "P0"}


@pytest.fixture(scope="module")
def parted():
    """One visit in five versions (good, corrected, wrongly corrected, repeated, bad before all) and one never good."""
    rows = raw_rows(
        [
            {**SAME, "content_hash": "a" * 64},
            {**SAME, "age_years": "45", "recorded_at": "2024-03-03T00:00:00Z"},
            {**SAME, "age_years": "450", "recorded_at": "2024-03-04T00:00:00Z"},
            {**SAME, "content_hash": "a" * 64},
            {**SAME, "age_years": "-1", "loaded_at": "2024-03-30T00:00:00Z"},
            {"age_years": "", "loaded_at": "2024-03-30T00:00:00Z"},
        ]
    )
    return part_rows(rows)


def test_the_good_version_recorded_last_is_current(parted):
    assert parted.validated["age_years"].tolist() == [45.0]


def test_a_broken_correction_is_parked_and_hides_nothing(parted):
    assert parted.quarantined["age_years"].fillna("").tolist() == ["450", ""]


def test_a_bad_row_is_mended_by_a_good_version_loaded_later(parted):
    assert parted.superseded["age_years"].tolist() == [44.0, -1.0]


def test_the_same_content_again_is_a_duplicate(parted):
    assert parted.duplicates == 1
    assert len(parted.validated) + len(parted.quarantined) + len(parted.superseded) + parted.duplicates == 6


def test_positions_of_the_report_are_those_of_the_raw_rows(parted):
    assert parted.report.failed == {
        2: ("age_years_out_of_range",),
        4: ("age_years_out_of_range",),
        5: ("age_years_missing",),
    }


def test_validated_rows_have_the_agreed_types(parted):
    assert parted.validated.dtypes.astype(str).to_dict() == VALIDATED_DTYPES


def test_no_rows_part_into_no_rows():
    parted = part_rows(raw_rows([]))
    assert (len(parted.validated), len(parted.quarantined), parted.duplicates) == (0, 0, 0)
    assert parted.validated.dtypes.astype(str).to_dict() == VALIDATED_DTYPES


def test_what_is_missing_gets_only_the_two_defaults():
    typed, failed = parse_raw(
        raw_rows([{"sex": "", "recorded_at": "", "outcome": " ADMITTED ", "acuity": "", "outcome_at": ""}])
    )
    assert failed == {}
    row = typed.iloc[0]
    assert (row["sex"], row["outcome"]) == ("unknown", "admitted")
    assert row["recorded_at"] == row["registered_at"]
    assert pd.isna(row["acuity"])
    assert pd.isna(row["outcome_at"])


def test_a_recorded_moment_that_cannot_be_read_gets_no_default():
    typed, failed = parse_raw(raw_rows([{"recorded_at": "soon"}]))
    assert failed == {0: ("recorded_at_not_a_moment",)}
    assert pd.isna(typed["recorded_at"].iloc[0])


@pytest.mark.parametrize(
    "text", ["2024-03-01T10:00:00Z", "2024-03-01 12:00:00+02:00", "2024-03-01T10:00:00.000000Z", "2024-03-01T10:00"]
)
def test_one_moment_in_many_spellings_is_one_moment(text: str):
    typed, failed = parse_raw(raw_rows([{"registered_at": text}, {}]))
    assert failed == {}
    assert typed["registered_at"].iloc[0] == pd.Timestamp("2024-03-01T10:00:00Z")


def hashes(*rows: dict) -> list[str]:
    raw = raw_rows([{"registration_id": "R", "patient_id": "P", **row} for row in rows])
    typed, _ = parse_raw(raw)
    return content_hashes(raw, typed).tolist()


def test_the_hash_follows_the_facts_and_not_their_spelling():
    same = hashes(
        {}, {"age_years": " 44.0 ", "sex": "FEMALE", "registered_at": "2024-03-01 11:00+01:00", "source": "other"}
    )
    assert same[0] == same[1]


@pytest.mark.parametrize("column", [name for name in REGISTRATION_COLUMNS if name != "sex"])
def test_every_fact_counts_in_the_hash(column: str):
    before, after, gone = hashes({}, {column: "2"}, {column: ""})
    assert len({before, after, gone}) == 3


def test_neighbouring_columns_do_not_run_together():
    one, two = hashes({"patient_id": "AB", "facility": "C"}, {"patient_id": "A", "facility": "BC"})
    assert one != two


def test_the_hash_is_the_agreed_one_of_the_core():
    raw = raw_rows([{"condition": "Zoë"}])
    typed, _ = parse_raw(raw)
    row = typed.iloc[0]
    parts = []
    for name in REGISTRATION_COLUMNS:
        if name.endswith("_at"):
            parts.append(str(row[name].value // 1000))
        elif VALIDATED_DTYPES[name] == "str":
            parts.append(row[name])
        else:
            parts.append(f"{float(row[name]):g}")
    assert content_hashes(raw, typed).tolist() == [content_hash(parts)]


def test_an_unknown_suite_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="raw_registrations, validated_registrations"):
        validate(raw_rows([{}]), "nonsense")
