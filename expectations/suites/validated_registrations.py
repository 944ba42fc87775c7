"""Contents of registrations: every range, value set and order that one visit must keep to.

Belongs here: rules on typed rows. A CRITICAL one parks the row. Does not belong here: what is found while parsing text
into types (`expectations.parsing`), and rules on the table's structure (`raw_registrations`).
"""

from datetime import UTC, datetime

import pandas as pd

from core.vocabulary import (
    ICD10_PATTERN,
    PLAUSIBLE_RANGES,
    STRICTLY_BELOW,
    VALIDATED_DTYPES,
    KahnCategory,
    Outcome,
    Severity,
    Sex,
)
from expectations.rules import Rule
from expectations.suites.builders import between, free_of, has_columns, matches, one_of, ordered, present

NAME = "validated_registrations"
VERSION = "1.0.0"

#: The first moment that a registration can bear: older dates are defaults of broken systems (1899-12-30, 0001-01-01).
EARLIEST_MOMENT = datetime(1900, 1, 1, tzinfo=UTC)

#: Past this length a condition is a narrative: a diagnosis label of ICD-10-CM has at most 228 characters.
LONGEST_CONDITION = 240

_RANGE_REASONS = {
    "age_years": "Nobody is older than 120 years: the unit is wrong (months, a year of birth) or it is a typing error.",
    "acuity": "The Emergency Severity Index knows five levels; another number would order the queue wrongly.",
    "comorbidity_count": "More than thirty comorbidities, or fewer than none, is a counting error.",
    "systolic_bp": "A systolic pressure outside 30-300 mmHg is a cuff error or another unit (kPa), not a patient.",
    "diastolic_bp": "A diastolic pressure outside 10-200 mmHg is a cuff error or another unit (kPa), not a patient.",
    "heart_rate": "A heart rate outside 10-300 per minute is an artefact of the monitor.",
    "respiratory_rate": "A respiratory rate outside 2-80 per minute is a counting error.",
    "temperature_c": "Outside 25-45 °C nobody is alive: most often the value is in °F.",
    "spo2_pct": "A saturation outside 30-100 % is a slipped sensor or a fraction instead of a percentage.",
}

#: Of each pair of `STRICTLY_BELOW`: the rule's code and its reason.
_ORDER_REASONS = {
    ("diastolic_bp", "systolic_bp"): (
        "diastolic_not_below_systolic",
        "Diastolic pressure is below systolic in every living patient: the two are swapped.",
    ),
}

_RULES = (
    has_columns(
        tuple(VALIDATED_DTYPES),
        "columns_differ",
        "Whatever reads this table relies on exactly these columns.",
        exact=True,
    ),
    present("registration_id", "A visit without an id can be neither corrected nor followed to its outcome."),
    present("patient_id", "Without the patient, earlier visits and comorbidities cannot be taken into account."),
    present("facility", "Volume is forecast per hospital; a visit to nowhere belongs to no forecast."),
    present("registered_at", "A visit without its moment belongs to no month, week or queue."),
    present("age_years", "Age is the strongest single predictor of risk; it must not be guessed."),
    present("condition", "Trends and surges are counted by condition; a visit without one is invisible to them."),
    *(between(column, *PLAUSIBLE_RANGES[column], reason) for column, reason in _RANGE_REASONS.items()),
    one_of(
        "sex", tuple(Sex), "Groups are compared by sex; a word outside the value set would make a group of its own."
    ),
    one_of("outcome", tuple(Outcome), "The risk label is read from the outcome; an unknown word would have no label."),
    matches(
        "condition_code",
        ICD10_PATTERN,
        "condition_code_not_icd10",
        "A code of another system read as ICD-10 names another disease.",
    ),
    between(
        "registered_at",
        EARLIEST_MOMENT,
        None,
        "A date before 1900 is a default of the source's system, not a visit.",
        code="registered_at_too_early",
    ),
    ordered(
        "loaded_at",
        "registered_at",
        "registered_at_in_future",
        "A visit that lies in the future when it arrives has a wrong date; it would be counted in a month to come.",
    ),
    ordered(
        "recorded_at",
        "registered_at",
        "recorded_before_registered",
        "What is recorded before it happened would let models know the future.",
    ),
    ordered(
        "outcome_at",
        "registered_at",
        "outcome_before_registration",
        "Nobody leaves before arriving: one of the two times is wrong, and with it the length of stay.",
    ),
    ordered(
        "loaded_at",
        "outcome_at",
        "outcome_at_in_future",
        "An outcome that has not happened yet cannot be known.",
    ),
    *(ordered(upper, lower, *_ORDER_REASONS[lower, upper], or_equal=False) for lower, upper in STRICTLY_BELOW),
    Rule(
        "outcome_at_without_outcome",
        "outcome",
        Severity.WARNING,
        KahnCategory.COMPLETENESS,
        "The time of an outcome without the outcome: the label of this visit was lost on the way.",
        "ExpectColumnValuesToNotBeNull",
        {"column": "outcome"},
        where_present="outcome_at",
    ),
    Rule(
        "condition_too_long",
        "condition",
        Severity.WARNING,
        KahnCategory.CONFORMANCE,
        "A label this long is a narrative, and narratives name people.",
        "ExpectColumnValueLengthsToBeBetween",
        {"column": "condition", "max_value": LONGEST_CONDITION},
    ),
    free_of(
        "patient_id",
        r"@|^\d{3}-\d{2}-\d{4}$",
        "patient_id_identifies",
        "An e-mail address or a social security number as patient id identifies the person to every reader.",
    ),
    present("acuity", "Without triage level the queue falls back to order of arrival.", severity=Severity.INFO),
    present("outcome", "Visits without outcome teach the risk models nothing.", severity=Severity.INFO),
)


def rules(frame: pd.DataFrame) -> tuple[Rule, ...]:
    """Return the rules of the suite; the same for every frame."""
    return _RULES
