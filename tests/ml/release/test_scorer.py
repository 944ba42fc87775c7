"""The served ensemble: the same features as training, the rule as written, abstention, the golden set."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError, IntegrityError
from core.vocabulary import VITAL_COLUMNS
from ml.features import CLINICAL_INPUTS, HISTORY_DEFAULTS, build_risk_features
from ml.release import Bundle, Golden, Scorer
from ml.risk.preprocessing import Prepared, feature_arrays

WELL = {
    "age_years": 30,
    "sex": "female",
    "condition": "Fracture",
    "acuity": 4,
    "comorbidity_count": 0,
    "systolic_bp": 122,
    "diastolic_bp": 78,
    "heart_rate": 72,
    "respiratory_rate": 15,
    "temperature_c": 36.8,
    "spo2_pct": 98,
    "registered_at": "2026-10-01T10:30:00+00:00",
}


def as_request(row: pd.Series, features: pd.Series) -> dict:
    request = {name: (None if pd.isna(row[name]) else row[name]) for name in CLINICAL_INPUTS}
    return request | {name: float(features[name]) for name in HISTORY_DEFAULTS}


def test_training_and_serving_see_the_same_row(registrations: pd.DataFrame, bundle: Bundle, scorer: Scorer) -> None:
    features = build_risk_features(registrations, history=registrations.iloc[:0])
    trained = bundle.encoder.transform(feature_arrays(features))
    requests = [as_request(registrations.iloc[at], features.iloc[at]) for at in range(0, len(registrations), 7)]
    np.testing.assert_array_equal(scorer.encode(requests), trained[::7])
    np.testing.assert_array_equal(scorer.encode(requests[:1]), trained[:1])


def test_history_that_is_not_given_means_a_first_visit_on_a_usual_day(scorer: Scorer) -> None:
    medians = scorer.bundle.encoder.medians
    stated = WELL | {
        "prior_visits_365d": 0,
        "prior_admissions_365d": 0,
        "days_since_last_visit": 365,
        "condition_trend_ratio": 1,
        "facility_visits_24h": medians["facility_visits_24h"],
        "facility_visits_7d": medians["facility_visits_7d"],
    }
    np.testing.assert_array_equal(scorer.encode([WELL]), scorer.encode([stated]))


def test_the_answer_is_the_rule_applied_to_both_votes(scorer: Scorer, registrations: pd.DataFrame) -> None:
    features = build_risk_features(registrations, history=registrations.iloc[:0])
    requests = [as_request(registrations.iloc[at], features.iloc[at]) for at in range(200)]
    value = {"low": 0, "moderate": 1, "high": 2}
    seen = set()
    for answer in scorer.assess_many(requests):
        if answer.abstained:
            continue
        votes = [value[answer.votes[name]] for name in ("network", "forest")]
        score = sum(votes) / 2
        assert answer.score == score
        expected = "low" if score < 0.5 else "moderate" if score < 1.5 else "high"
        assert answer.level == expected or (answer.level == "critical" and expected == "high")
        assert answer.is_disagreement == (votes[0] != votes[1])
        assert sum(answer.probabilities.values()) == pytest.approx(1)
        seen.add(answer.is_disagreement)
    assert seen == {True, False}


def test_many_patients_get_what_each_gets_alone(scorer: Scorer, registrations: pd.DataFrame) -> None:
    features = build_risk_features(registrations, history=registrations.iloc[:0])
    requests = [as_request(registrations.iloc[at], features.iloc[at]) for at in range(40)]
    together = scorer.assess_many(requests, has_explanation=True)
    for request, joint in zip(requests, together, strict=True):
        alone = scorer.assess(request)
        assert (alone.level, alone.votes, alone.reasons) == (joint.level, joint.votes, joint.reasons)
    assert scorer.assess_many([]) == []


@pytest.mark.parametrize("name", ["age_years", "condition", "systolic_bp", "heart_rate", "spo2_pct"])
def test_a_missing_required_input_abstains_and_is_named(scorer: Scorer, name: str) -> None:
    for request in (WELL | {name: None}, {key: value for key, value in WELL.items() if key != name}):
        answer = scorer.assess(request)
        assert answer.abstained
        assert (answer.level, answer.score, answer.votes, answer.probabilities) == (None, None, {}, {})
        assert any(name in reason and "missing" in reason for reason in answer.reasons)


@pytest.mark.parametrize(
    ("name", "value"),
    [("age_years", 222), ("temperature_c", 101.2), ("spo2_pct", 0.97), ("acuity", 9), ("prior_visits_365d", -1)],
)
def test_an_impossible_input_abstains_and_is_named_without_its_value(scorer: Scorer, name: str, value: float) -> None:
    answer = scorer.assess(WELL | {name: value})
    assert answer.abstained
    assert any(name in reason for reason in answer.reasons)
    assert not any(str(value) in reason for reason in answer.reasons)


def test_an_input_of_the_wrong_type_is_refused_by_name(scorer: Scorer) -> None:
    with pytest.raises(InputError, match="heart_rate must be a number"):
        scorer.assess(WELL | {"heart_rate": "fast"})
    with pytest.raises(InputError, match="registered_at"):
        scorer.assess(WELL | {"registered_at": "2026-10-01T10:30:00"})


def test_optional_inputs_may_be_missing_and_the_answer_says_what_was_assumed(scorer: Scorer) -> None:
    answer = scorer.assess(WELL | {"acuity": None, "comorbidity_count": None, "sex": None, "registered_at": None})
    assert not answer.abstained
    assert sum("was not given" in doubt for doubt in answer.counter_evidence) == 2
    unknown = scorer.assess(WELL | {"condition": "Lycanthropy"})
    assert any("not among those of the training" in doubt for doubt in unknown.counter_evidence)


def test_an_abstention_still_tells_of_an_alarming_news2(scorer: Scorer) -> None:
    dying = WELL | {"age_years": None, "respiratory_rate": 30, "spo2_pct": 85, "heart_rate": 140}
    assert any("NEWS2" in reason for reason in scorer.assess(dying).reasons)


def test_reasons_name_the_input_that_moved_the_probability(scorer: Scorer) -> None:
    ill = WELL | dict(zip(VITAL_COLUMNS, (85, 50, 135, 32, 39.4, 86), strict=True)) | {"age_years": 88, "acuity": 1}
    answer = scorer.assess(ill)
    sentences = [text for text in answer.reasons + answer.counter_evidence if "percentage points" in text]
    assert sentences
    assert all("typical" in text for text in sentences)
    assert scorer.assess(ill, has_explanation=False).level == answer.level


def test_the_golden_set_comes_out_as_it_was(scorer: Scorer) -> None:
    assert scorer.replay() < 1e-5


@pytest.mark.parametrize("member", ["network", "forest"])
def test_another_model_under_the_same_golden_set_is_refused(bundle: Bundle, member: str) -> None:
    golden = bundle.golden
    moved = getattr(golden, member).copy()
    moved[3] += np.float32(2e-5)
    changed = replace(bundle, golden=Golden(**(vars(golden) | {member: moved})))
    with pytest.raises(IntegrityError, match=f"the {member} does not reproduce"):
        Scorer(changed)


def test_members_that_take_other_columns_are_refused(bundle: Bundle, prepared: Prepared) -> None:
    narrow = Golden(prepared.golden_matrix[:, :-1], bundle.golden.network, bundle.golden.forest)
    with pytest.raises(IntegrityError, match="cannot score"):
        Scorer(replace(bundle, golden=narrow))
    with pytest.raises(IntegrityError, match="not a model"):
        Scorer(replace(bundle, network_onnx=b"nonsense"))


def test_the_scorer_needs_no_training_library() -> None:
    code = (
        "import sys, ml.release\n"
        "heavy = {'tensorflow', 'keras', 'sklearn', 'mlflow', 'pandas', 'ml.risk'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
