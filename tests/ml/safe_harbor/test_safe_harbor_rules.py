"""What crosses into the Safe Harbor extract: words, numbers in range, years; each column of the contract is placed."""

import secrets

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConflictError
from core.vocabulary import PLAUSIBLE_RANGES, VALIDATED_DTYPES, Outcome, Sex
from ml.features import FEATURE_COLUMNS, KEY_COLUMNS, LABEL_COLUMN
from ml.safe_harbor import CROSSES, STAYS, Extractor, Survey, shuffled
from ml.safe_harbor.placement import FEWEST_PATIENTS, IDENTIFIERS, MADE
from ml.safe_harbor.rules import Banded, Icd10Category, Number, TopCoded, Words

ANY_NUMBERS = st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=40)
ANY_TEXTS = st.lists(
    st.one_of(st.none(), st.text(max_size=20), st.sampled_from([*Sex, "Female ", "FEMALE"])), min_size=1, max_size=40
)
RULES = {one.name: one.rule for one in CROSSES}


def test_every_column_of_the_contract_and_of_the_features_crosses_by_a_rule_or_stays_for_a_reason():
    contract = {*VALIDATED_DTYPES, *KEY_COLUMNS, *FEATURE_COLUMNS, LABEL_COLUMN}
    crossing = {one.source for one in CROSSES}
    assert not contract - crossing - set(STAYS), "place the new column in ml/safe_harbor/placement.py"
    assert crossing | set(STAYS) == contract
    assert not crossing & set(STAYS)
    assert len({one.name for one in CROSSES} | set(MADE)) == len(CROSSES) + len(MADE)
    assert all(one.why for one in CROSSES) and all(STAYS.values())


def test_each_of_the_eighteen_kinds_is_told_of_once():
    assert "".join(letter for letter, _, _ in IDENTIFIERS) == "ABCDEFGHIJKLMNOPQR"


@pytest.mark.parametrize("name", ["registered_at", "recorded_at", "outcome_at", "hour_sin", "weekday_cos", "facility",
                                  "condition", "patient_id", "registration_id", "content_hash", "source"])  # fmt: skip
def test_what_identifies_has_no_rule(name):
    assert name in STAYS
    assert name not in {one.source for one in CROSSES}


@given(ANY_NUMBERS)
def test_no_age_is_above_90_and_every_one_over_89_is_90(ages):
    values = RULES["age_years"].apply(pd.Series(ages, dtype=float)).values
    for age, crossed in zip(ages, values, strict=True):
        if not 0 <= age <= 120:
            assert np.isnan(crossed)
        else:
            assert crossed == (np.floor(age) if age < 90 else 90)


def test_ages_are_whole_years_and_the_class_at_the_top_is_counted():
    applied = RULES["age_years"].apply(pd.Series([0.4, 89, 89.99, 90, 119.5, 121, -1, None]))
    assert applied.values.tolist()[:5] == [0, 89, 89, 90, 90]
    assert applied.values[5:].isna().all()
    assert applied.topped.sum() == 2
    assert applied.blanked.tolist() == [False] * 5 + [True, True, False], "a missing age is not a blanked one"


@given(ANY_NUMBERS)
def test_an_interval_is_one_of_six_numbers(days):
    rule = RULES["days_since_last_visit"]
    assert isinstance(rule, Banded)
    values = rule.apply(pd.Series(days, dtype=float)).values
    assert set(values.dropna()) <= set(rule.edges)
    for day, crossed in zip(days, values, strict=True):
        assert np.isnan(crossed) if not 0 <= day <= 365 else crossed <= day


@given(ANY_TEXTS)
def test_text_crosses_as_a_word_of_the_vocabulary_or_not_at_all(texts):
    applied = Words.of(Sex).apply(pd.Series(texts, dtype=object))
    assert set(applied.values.dropna()) <= set(Sex)
    there = [text is not None and text.strip() != "" for text in texts]
    assert (applied.blanked | applied.values.notna()).tolist() == there


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=40),
       st.sampled_from([name for name, rule in RULES.items() if isinstance(rule, Number | TopCoded)]))  # fmt: skip
def test_a_number_lies_inside_of_its_range_and_is_no_finer_than_its_rule(numbers, name):
    rule = RULES[name]
    values = rule.apply(pd.Series(numbers, dtype=float)).values.dropna()
    assert ((values >= rule.low) & (values <= rule.high)).all()
    assert np.allclose(values, np.round(values, getattr(rule, "decimals", 0)), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "planted", ["+1 (212) 555-0147", "2125550147", "219-09-9999", "94110", "1931-02-03", "19310203"]
)
def test_a_number_that_identifies_is_blank_wherever_a_number_is_expected(planted):
    for name, rule in RULES.items():
        if isinstance(rule, Number | TopCoded | Banded):
            good = rule.edges[0] if isinstance(rule, Banded) else rule.low
            applied = rule.apply(pd.Series([planted, str(good), None], dtype=object))
            assert np.isnan(applied.values[0]) and applied.values[1] == good, name
            assert applied.blanked.tolist() == [True, False, False]


def test_a_categorical_column_does_not_carry_its_blanked_words_along():
    planted = pd.Series(["female", "Ada Lovelace"], dtype="category")
    values = Words.of(Sex).apply(planted).values
    assert not isinstance(values.dtype, pd.CategoricalDtype)
    assert values.dropna().tolist() == ["female"]


def test_a_code_crosses_as_its_category_and_only_where_enough_patients_have_it():
    common = [("J18.9", f"p{n}") for n in range(FEWEST_PATIENTS)]
    rare = [("J45.0", f"p{n}") for n in range(FEWEST_PATIENTS - 1)] * 3
    record_number = [("M12345", "p0")] * FEWEST_PATIENTS
    rows = pd.DataFrame([*common, *rare, *record_number, ("Ada", "p1"), (None, "p2")],
                        columns=["condition_code", "patient_id"])  # fmt: skip
    survey = Survey()
    survey.add(rows.iloc[:5])
    survey.add(rows.iloc[5:])
    assert survey.categories == {"J18"}, "patients are counted, not rows"
    applied = Icd10Category(survey.categories).apply(rows["condition_code"])
    assert applied.values.dropna().tolist() == ["J18"] * FEWEST_PATIENTS
    assert applied.blanked.sum() == len(rows) - len(common) - 1
    assert Icd10Category().apply(rows["condition_code"]).values.isna().all(), "before counting nothing crosses"


def survey_of(patients: int) -> Survey:
    survey = Survey()
    survey.add(pd.DataFrame({"patient_id": [f"p{n}" for n in range(patients)], "condition_code": "J18.9"}))
    return survey


@given(st.integers(1, 300))
def test_a_fold_is_drawn_anew_each_time_and_never_holds_few_patients(patients):
    folds = survey_of(patients).folds(secrets.token_bytes)
    assert len(folds) == patients
    sizes = pd.Series(folds).value_counts()
    assert sizes.min() >= min(patients, FEWEST_PATIENTS)
    assert len(sizes) == max(1, min(10, patients // FEWEST_PATIENTS))


def test_two_draws_of_folds_say_nothing_of_each_other():
    survey = survey_of(2_000)
    one, other = (pd.Series(survey.folds(secrets.token_bytes)).sort_index() for _ in range(2))
    assert 0.05 < (one == other).mean() < 0.15


def test_the_order_of_rows_and_codes_says_nothing_of_the_order_that_they_came_in():
    came = pd.DataFrame({"place": np.arange(3_000)})
    mixed = shuffled(came, secrets.token_bytes)
    assert sorted(mixed["place"]) == came["place"].tolist()
    # Spearman's correlation of 3,000 rows in random order has the standard deviation .018: five of them.
    assert abs(mixed["place"].corr(pd.Series(range(3_000)))) < 0.1
    by_code = mixed.sort_values("record_code")["place"].reset_index(drop=True)
    assert abs(by_code.corr(pd.Series(range(3_000)))) < 0.1


def test_the_same_rows_have_other_codes_and_another_order_the_second_time():
    came = pd.DataFrame({"place": np.arange(500)})
    one, other = shuffled(came, secrets.token_bytes), shuffled(came, secrets.token_bytes)
    codes = {*one["record_code"], *other["record_code"]}
    assert len(codes) == 1_000, "no code is used twice"
    assert all(len(code) == 32 and code.isalpha() for code in codes)
    assert one["place"].tolist() != other["place"].tolist()


def test_an_empty_month_has_no_rows():
    assert shuffled(pd.DataFrame({"place": []}), secrets.token_bytes).empty


def full_rows(**columns) -> pd.DataFrame:
    base = {one.source: 1.0 for one in CROSSES} | {"sex": "male", "outcome": "left", "risk_label": "low",
                                                   "condition_code": "J18.9", "patient_id": "p1"}  # fmt: skip
    return pd.DataFrame([base | columns])


def test_only_what_is_on_the_list_is_looked_at():
    extractor = Extractor(categories=frozenset({"J18"}), folds={"p1": 3})
    made = extractor.deidentify(
        full_rows(name="Ada Lovelace", registered_at="1931-02-03", ssn="219-09-9999"), year=2024
    )
    assert list(made.columns) == ["year", "fold", *(one.name for one in CROSSES)]
    assert made.loc[0, ["year", "fold", "condition_category", "sex"]].tolist() == [2024, 3, "J18", "male"]
    assert not {"Ada Lovelace", "1931-02-03", "219-09-9999"} & set(made.astype("str").to_numpy().ravel())


def test_each_value_is_counted_once_as_kept_missing_or_blanked():
    extractor = Extractor(categories=frozenset({"J18"}), folds={"p1": 0})
    extractor.deidentify(full_rows(age_years=97.0, outcome="Ada", heart_rate=float("nan")), year=2024)
    counts = extractor.counts
    assert all(one.kept + one.missing + one.blanked == 1 for one in counts.values())
    assert (counts["age_years"].topped, counts["outcome"].blanked, counts["heart_rate"].missing) == (1, 1, 1)


def test_a_patient_who_came_between_the_two_readings_stops_the_extract():
    with pytest.raises(ConflictError, match="changed while they were read"):
        Extractor(categories=frozenset(), folds={}).deidentify(full_rows(), year=2024)


def test_measurements_keep_the_contracts_ranges():
    for name, (low, high) in PLAUSIBLE_RANGES.items():
        assert (RULES[name].low, RULES[name].high) == (low, high)
    assert RULES["outcome"].allowed == frozenset(Outcome)
