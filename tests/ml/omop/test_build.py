"""A registration as rows of the OMOP Common Data Model: concepts, dates, and what the model has no place for."""

from datetime import date

import pandas as pd

from ml.omop import NO_CONCEPTS, TABLES, Concepts, build_cdm

MADE_ON = date(2026, 11, 28)


def rows(*changes: dict) -> pd.DataFrame:
    good = {
        "registration_id": "R1", "patient_id": "p_a", "facility": "North", "registered_at": "2024-03-01T23:30:00Z",
        "recorded_at": None, "age_years": 44.0, "sex": "female", "condition": "Influenza", "condition_code": "J10.1",
        "outcome": "discharged", "outcome_at": "2024-03-02T01:00:00Z",
    }  # fmt: skip
    frame = pd.DataFrame([{**good, **change} for change in changes])
    for name in ("registered_at", "recorded_at", "outcome_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    return frame


def cdm(*changes: dict, concepts: Concepts = NO_CONCEPTS, **more):
    return build_cdm(rows(*changes), concepts, made_on=MADE_ON, holder="North hospital", **more)


def test_every_table_has_the_fields_of_the_model_and_the_required_ones_are_filled():
    made = cdm({}, {"registration_id": "R2", "outcome": None, "outcome_at": None, "sex": None, "facility": "x" * 300})
    assert set(made.tables) == set(TABLES)
    for name, fields in TABLES.items():
        table = made.tables[name]
        assert table.columns.tolist() == [field.name for field in fields]
        required = [field.name for field in fields if field.is_required]
        assert not table[required].isna().any().any(), name
        for field in fields:
            if field.longest is not None:
                assert table[field.name].dropna().str.len().le(field.longest).all()


def test_a_visit_that_ended_in_a_bed_is_another_kind_of_visit():
    made = cdm({}, {"registration_id": "R2", "outcome": "icu"}, {"registration_id": "R3", "outcome": None})
    assert made.tables["visit_occurrence"]["visit_concept_id"].tolist() == [9203, 262, 9203]
    other = cdm({}, {"registration_id": "R2", "outcome": "admitted"}, setting="outpatient")
    assert other.tables["visit_occurrence"]["visit_concept_id"].tolist() == [9202, 9201]


def test_a_visit_without_a_plausible_end_ends_on_its_day():
    made = cdm(
        {},
        {"registration_id": "R2", "outcome_at": None},
        {"registration_id": "R3", "outcome_at": "2024-02-01T00:00:00Z"},
    )
    visits = made.tables["visit_occurrence"]
    assert visits["visit_end_date"].tolist() == ["2024-03-02", "2024-03-01", "2024-03-01"]
    assert visits["visit_end_datetime"].fillna("").tolist() == ["2024-03-02 01:00:00", "", ""]


def test_visits_of_a_patient_follow_each_other_and_span_the_observation():
    later = {"registration_id": "R2", "registered_at": "2025-05-01T08:00:00Z", "outcome_at": None, "age_years": 45.0}
    made = cdm(later, {}, {"registration_id": "R3", "patient_id": "p_b"})
    visits = made.tables["visit_occurrence"]
    assert visits["person_id"].tolist() == [1, 2, 1]
    assert visits["preceding_visit_occurrence_id"].fillna(0).tolist() == [0, 0, 1]
    period = made.tables["observation_period"].iloc[0]
    assert (period["observation_period_start_date"], period["observation_period_end_date"]) == (
        "2024-03-01",
        "2025-05-01",
    )


def test_the_year_of_birth_is_right_to_within_a_year_and_the_newest_sex_counts():
    later = {"registration_id": "R2", "registered_at": "2025-05-01T08:00:00Z", "age_years": 46.0, "sex": "male"}
    person = cdm({}, later).tables["person"].iloc[0]
    assert (person["year_of_birth"], person["gender_concept_id"], person["person_source_value"]) == (1979, 8507, "p_a")


def test_who_has_no_known_age_is_left_out_and_counted():
    made = cdm({}, {"registration_id": "R2", "patient_id": "p_b", "age_years": None})
    assert (made.left_out_persons, made.left_out_visits) == (1, 1)
    assert len(made.tables["person"]) == len(made.tables["visit_occurrence"]) == 1


def test_a_death_is_told_once():
    died = {"registration_id": "R2", "outcome": "deceased", "registered_at": "2024-04-01T08:00:00Z",
            "outcome_at": "2024-04-03T08:00:00Z"}  # fmt: skip
    (death,) = cdm({}, died).tables["death"].to_dict("records")
    assert (death["person_id"], death["death_date"]) == (1, "2024-04-03")


def vocabulary() -> Concepts:
    concept = pd.DataFrame(
        [
            ("11", "Condition", "ICD10", "", "J10.1"),
            ("12", "Condition", "ICD10CM", "", "J10.1"),
            ("13", "Condition", "ICD10CM", "", "A08"),
            ("14", "Observation", "ICD10CM", "", "Z00"),
            ("21", "Condition", "SNOMED", "S", "6142004"),
            ("22", "Condition", "SNOMED", "S", "1"),
            ("23", "Condition", "SNOMED", "S", "2"),
            ("24", "Observation", "SNOMED", "S", "3"),
        ],
        columns=["concept_id", "domain_id", "vocabulary_id", "standard_concept", "concept_code"],
    )
    relationship = pd.DataFrame(
        [("11", "21", "Maps to"), ("12", "22", "Maps to"), ("13", "22", "Maps to"), ("13", "23", "Maps to"),
         ("14", "24", "Maps to"), ("11", "22", "Is a")],
        columns=["concept_id_1", "concept_id_2", "relationship_id"],
    )  # fmt: skip
    return Concepts.of(concept, relationship, version="v5.0 test")


def test_codes_become_standard_conditions_and_what_has_none_keeps_its_code():
    codes = ("J10.1", "A08", "Z00", None)
    changes = [{"registration_id": f"R{n}", "condition_code": code} for n, code in enumerate(codes)]
    made = cdm(*changes, concepts=vocabulary())
    told = made.tables["condition_occurrence"]
    assert told["visit_occurrence_id"].tolist() == [1, 2, 2, 3, 4]
    assert told["condition_concept_id"].tolist() == [21, 22, 23, 0, 0]
    assert told["condition_source_concept_id"].tolist() == [11, 13, 13, 14, 0]
    assert told["condition_source_value"].tolist() == ["J10.1", "A08", "A08", "Z00", "Influenza"]
    assert made.mapped_conditions == 3
    assert made.tables["cdm_source"]["vocabulary_version"].tolist() == ["v5.0 test"]


def test_the_same_rows_give_the_same_export_in_any_order():
    changes = [{"registration_id": f"R{n}", "patient_id": f"p_{n % 3}"} for n in range(9)]
    one, other = cdm(*changes), cdm(*changes[::-1])
    for name in TABLES:
        pd.testing.assert_frame_equal(one.tables[name], other.tables[name])
