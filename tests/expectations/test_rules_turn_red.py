"""Every rule is proven red once: one planted fault turns exactly that rule red, and nothing else.

Each suite runs once over a frame with one faulty row for each rule, because a run costs half a second.
"""

import numpy as np
import pandas as pd
import pytest
from planted_rows import raw_rows

from core.vocabulary import REQUIRED_COLUMNS, KahnCategory, Severity
from expectations import parse_raw, part_rows, validate
from expectations.parsing import PARSE_RULES
from expectations.suites import SUITES

#: rule of the contents -> what to write into one good row
CONTENT_FAULTS: dict[str, dict[str, str]] = {
    **{f"{column}_missing": {column: ""} for column in REQUIRED_COLUMNS},
    "age_years_out_of_range": {"age_years": "222"},
    "acuity_out_of_range": {"acuity": "6"},
    "comorbidity_count_out_of_range": {"comorbidity_count": "-1"},
    "systolic_bp_out_of_range": {"systolic_bp": "301"},
    "diastolic_bp_out_of_range": {"diastolic_bp": "9"},
    "heart_rate_out_of_range": {"heart_rate": "301"},
    "respiratory_rate_out_of_range": {"respiratory_rate": "1"},
    "temperature_c_out_of_range": {"temperature_c": "98.6"},
    "spo2_pct_out_of_range": {"spo2_pct": "0.98"},
    "sex_not_in_value_set": {"sex": "F"},
    "outcome_not_in_value_set": {"outcome": "went home"},
    "condition_code_not_icd10": {"condition_code": "10509002"},
    "registered_at_too_early": {"registered_at": "1899-12-30"},
    "registered_at_in_future": {"registered_at": "2024-05-01", "recorded_at": "", "outcome": "", "outcome_at": ""},
    "recorded_before_registered": {"recorded_at": "2024-03-01T09:59:59Z"},
    "outcome_before_registration": {"outcome_at": "2024-03-01T09:00:00Z"},
    "outcome_at_in_future": {"outcome_at": "2024-04-01T00:00:01Z"},
    "diastolic_not_below_systolic": {"systolic_bp": "80", "diastolic_bp": "80"},
    "outcome_at_without_outcome": {"outcome": ""},
    "condition_too_long": {"condition": "x" * 241},
    "patient_id_identifies": {"patient_id": "ada@example.org"},
    "record_unreadable": {"source_record": "unreadable: line 3: 2 fields where the header has 19"},
    "age_years_not_a_number": {"age_years": "forty"},
    "systolic_bp_not_a_number": {"systolic_bp": "120/80"},
    "diastolic_bp_not_a_number": {"diastolic_bp": "nan"},
    "heart_rate_not_a_number": {"heart_rate": "inf"},
    "respiratory_rate_not_a_number": {"respiratory_rate": "0x10"},
    "temperature_c_not_a_number": {"temperature_c": "37,2"},
    "spo2_pct_not_a_number": {"spo2_pct": "98%"},
    "acuity_not_an_integer": {"acuity": "2.5"},
    "comorbidity_count_not_an_integer": {"comorbidity_count": "two"},
    "registered_at_not_a_moment": {"registered_at": "03/04/2024"},
    "recorded_at_not_a_moment": {"recorded_at": "2024-13-01"},
    "outcome_at_not_a_moment": {"outcome_at": "2024"},
    "loaded_at_not_a_moment": {"loaded_at": "yesterday"},
}
#: INFO rules count and name no row; `columns_differ` is about the table.
COUNTED = {"acuity_missing": {"acuity": ""}, "outcome_missing": {"outcome": "", "outcome_at": ""}}


def red(report) -> set[str]:
    return {rule.rule for rule in report.rules if not rule.success and rule.severity is not Severity.INFO}


def test_good_rows_break_no_rule():
    parted = part_rows(raw_rows([{}, {}, {}]))
    assert parted.report.is_success
    assert all(rule.success for rule in parted.report.rules)
    assert parted.report.failed == {}


@pytest.fixture(scope="module")
def parted():
    """Two good rows, then one row for each fault, in the order of the dictionaries."""
    faults = [{}, {}, *CONTENT_FAULTS.values(), *COUNTED.values()]
    return part_rows(raw_rows(faults))


@pytest.mark.parametrize("code", CONTENT_FAULTS)
def test_one_fault_in_a_row_turns_exactly_its_rule_red(parted, code: str):
    position = 2 + list(CONTENT_FAULTS).index(code)
    assert parted.report.failed[position] == (code,)
    rule = next(rule for rule in parted.report.rules if rule.rule == code)
    assert (rule.success, rule.failed_rows) == (False, 1)
    parked = parted.quarantined.set_index("registration_id")["reasons"].to_dict()
    if code == "registration_id_missing":
        assert [code] in parked.values()
    else:
        assert parked.get(f"R{position}") == ([code] if rule.severity is Severity.CRITICAL else None)


@pytest.mark.parametrize("code", COUNTED)
def test_an_info_rule_counts_rows_and_parks_none(parted, code: str):
    rule = next(rule for rule in parted.report.rules if rule.rule == code)
    assert not rule.success
    assert rule.failed_rows >= 1
    position = 2 + len(CONTENT_FAULTS) + list(COUNTED).index(code)
    assert position not in parted.report.failed
    assert f"R{position}" in set(parted.validated["registration_id"])


def test_every_row_is_in_exactly_one_place(parted):
    rows = 2 + len(CONTENT_FAULTS) + len(COUNTED)
    assert len(parted.validated) + len(parted.quarantined) + len(parted.superseded) + parted.duplicates == rows
    assert parted.report.failed_row_count == len(parted.quarantined)
    assert {0, 1}.isdisjoint(parted.report.failed)


def test_every_rule_on_contents_has_its_planted_fault():
    suite = SUITES["validated_registrations"].rules(pd.DataFrame())
    codes = {rule.code for rule in (*suite, *PARSE_RULES)}
    assert codes == {*CONTENT_FAULTS, *COUNTED, "columns_differ"}


def test_a_column_too_many_turns_the_table_rule_red():
    typed, _ = parse_raw(raw_rows([{}, {}]))
    report = validate(typed.assign(surname="x"), "validated_registrations")
    assert red(report) == {"columns_differ"}


RAW_FAULTS: dict[str, dict[str, str]] = {
    "source_missing": {"source": None},
    "source_record_missing": {"source_record": None},
    "loaded_at_missing": {"loaded_at": None},
    "content_hash_missing": {"content_hash": None},
    "content_hash_malformed": {"content_hash": "beef"},
    "record_unreadable": {"source_record": "unreadable: line 3: the header once more"},
    **{f"{column}_blank": {column: None} for column in REQUIRED_COLUMNS},
}


@pytest.fixture(scope="module")
def raw_report():
    return validate(raw_rows([{}, {}, *RAW_FAULTS.values()]), "raw_registrations")


@pytest.mark.parametrize("code", RAW_FAULTS)
def test_one_fault_in_a_raw_row_turns_exactly_its_rule_red(raw_report, code: str):
    assert raw_report.failed[2 + list(RAW_FAULTS).index(code)] == (code,)
    assert {rule.rule: rule.failed_rows for rule in raw_report.rules}[code] == 1
    assert raw_report.failed.keys().isdisjoint({0, 1})


def test_a_hash_received_twice_is_reported_and_blocks_nothing():
    rows = raw_rows([{}, {}, {}])
    rows.loc[1, "content_hash"] = rows.loc[0, "content_hash"]
    report = validate(rows, "raw_registrations")
    assert red(report) == {"content_hash_repeated"}
    assert report.is_success


def test_a_raw_column_gone_turns_the_table_rule_red():
    assert red(validate(raw_rows([{}, {}]).drop(columns="acuity"), "raw_registrations")) == {"columns_missing"}


def test_every_raw_rule_has_its_planted_fault():
    codes = {rule.code for rule in SUITES["raw_registrations"].rules(pd.DataFrame())}
    assert codes == {*RAW_FAULTS, "content_hash_repeated", "columns_missing"}


def planted(good: pd.DataFrame, faults: dict[str, tuple[str, object]]) -> pd.DataFrame:
    """Return one copy of the first good row for each fault, with it, and then the good rows."""
    rows = pd.concat([good.iloc[[0]]] * len(faults), ignore_index=True)
    rows["registration_id"] = [f"X{number}" for number in range(len(rows))]
    for number, (column, value) in enumerate(faults.values()):
        rows[column] = rows[column].astype(object)
        rows.loc[number, column] = value
    rows = pd.concat([rows.astype(object), good.astype(object)], ignore_index=True)
    return rows.astype(good.dtypes.to_dict())


def features() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "registration_id": ["R0", "R1", "R2"],
            "patient_id": ["P0", "P1", "P2"],
            "registered_at": pd.to_datetime(["2024-03-01"] * 3, utc=True),
            "age_years": [40.0, 50.0, np.nan],
            "visits_count": [0.0, 1.0, 2.0],
            "is_night": [0, 1, 0],
            "shock_index": [0.6, 0.7, 0.8],
            "risk_label": ["low", None, "high"],
        }
    )


FEATURE_FAULTS = {
    "registration_id_missing": ("registration_id", None),
    "registered_at_missing": ("registered_at", pd.NaT),
    "risk_label_not_in_value_set": ("risk_label", "critical"),
    "shock_index_infinite": ("shock_index", np.inf),
    "visits_count_negative": ("visits_count", -1.0),
    "is_night_not_a_flag": ("is_night", 2),
    "age_years_out_of_range": ("age_years", 121.0),
}


@pytest.fixture(scope="module")
def feature_report():
    return validate(planted(features(), FEATURE_FAULTS), "features_risk")


@pytest.mark.parametrize("code", FEATURE_FAULTS)
def test_one_fault_in_a_feature_turns_exactly_its_rule_red(feature_report, code: str):
    assert feature_report.failed[list(FEATURE_FAULTS).index(code)] == (code,)


def test_every_rule_on_features_has_its_planted_fault():
    codes = {rule.code for rule in SUITES["features_risk"].rules(features())}
    # One rule a column: an infinite age breaks two of them, so the rule is proven on a column that has no other.
    kinds = {"shock_index_infinite" if code.endswith("_infinite") else code for code in codes}
    assert kinds == {*FEATURE_FAULTS, "leaking_column", "registration_id_repeated", "columns_missing"}


def test_good_features_break_no_rule():
    assert red(validate(features(), "features_risk")) == set()


@pytest.mark.parametrize("leak", ["outcome", "outcome_at", "stay_days"])
def test_a_column_known_only_afterwards_is_no_feature(leak: str):
    assert red(validate(features().assign(**{leak: 1.0}), "features_risk")) == {"leaking_column"}


def test_a_visit_twice_among_the_features_is_refused():
    frame = features()
    frame.loc[1, "registration_id"] = "R0"
    assert red(validate(frame, "features_risk")) == {"registration_id_repeated"}


def test_features_without_their_keys_are_refused():
    assert red(validate(features().drop(columns="patient_id"), "features_risk")) == {"columns_missing"}


def predictions() -> pd.DataFrame:
    probabilities = pd.DataFrame(
        {"probability_low": [0.7, 0.2], "probability_moderate": [0.2, 0.3], "probability_high": [0.1, 0.5]}
    )
    return pd.DataFrame({"registration_id": ["R0", "R1"], "level": ["low", "high"], "score": [0.0, 1.5]}).assign(
        **probabilities, probability_total=probabilities.sum(axis=1)
    )


PREDICTION_FAULTS = {
    "registration_id_missing": ("registration_id", None),
    "level_missing": ("level", None),
    "level_not_in_value_set": ("level", "grave"),
    "score_out_of_range": ("score", 2.2),
    "probability_low_missing": ("probability_low", np.nan),
    "probability_moderate_missing": ("probability_moderate", np.nan),
    "probability_high_missing": ("probability_high", np.nan),
    "probability_low_out_of_range": ("probability_low", 1.1),
    "probability_moderate_out_of_range": ("probability_moderate", -0.2),
    "probability_high_out_of_range": ("probability_high", -0.1),
    "probabilities_do_not_add_up": ("probability_total", 1.1),
}


@pytest.fixture(scope="module")
def prediction_report():
    return validate(planted(predictions(), PREDICTION_FAULTS), "predictions")


@pytest.mark.parametrize("code", PREDICTION_FAULTS)
def test_one_fault_in_a_prediction_turns_exactly_its_rule_red(prediction_report, code: str):
    assert prediction_report.failed[list(PREDICTION_FAULTS).index(code)] == (code,)


def test_every_rule_on_predictions_has_its_planted_fault():
    codes = {rule.code for rule in SUITES["predictions"].rules(pd.DataFrame())}
    assert codes == set(PREDICTION_FAULTS)


@pytest.mark.parametrize("suite", SUITES)
def test_every_rule_says_how_bad_it_is_its_kahn_class_and_why(suite: str):
    frame = features() if suite == "features_risk" else pd.DataFrame()
    for rule in (*SUITES[suite].rules(frame), *PARSE_RULES):
        assert rule.severity in Severity and rule.kahn in KahnCategory, rule.code
        assert len(rule.reason.split()) >= 4, rule.code


def test_good_predictions_break_no_rule():
    assert red(validate(predictions(), "predictions")) == set()
