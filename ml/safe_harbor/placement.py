"""Every column of the contract and of the risk features: the rule that it crosses by, or the reason why it stays.

Belongs here: the list and its reasons. Does not belong here: rules (`rules`), applying them (`extract`).

Only `CROSSES` is ever read. `STAYS` changes nothing: it is there so that a new column is a decision (a test fails until
it stands in one of the two), and so that the manifest can say why something is not in the extract.
"""

from dataclasses import dataclass
from typing import Final, Literal

from core.vocabulary import PLAUSIBLE_RANGES, RISK_CLASSES, VITAL_COLUMNS, Outcome, Sex
from ml.safe_harbor.rules import Banded, Icd10Category, Number, Rule, TopCoded, Words

Layer = Literal["features_risk", "validated_registrations"]

#: All ages over 89 are one class: 164.514(b)(2)(i)(C).
OLDEST: Final = 90
#: Visits or admissions of one year from which on they are one class: who comes every month is known for it.
MOST_VISITS: Final = 12
#: A category of diagnoses that fewer patients have does not cross; also the least patients that a fold has on average.
FEWEST_PATIENTS: Final = 11
#: Days since the last visit, in bands: beside the years of two visits that somebody links, "two days" across New Year
#: would be a date.
_SINCE_DAYS: Final = (0.0, 7.0, 30.0, 90.0, 180.0, 365.0)


@dataclass(frozen=True)
class Crossing:
    """A column of the extract and where it comes from."""

    name: str
    layer: Layer
    source: str
    rule: Rule
    why: str


def _feature(name: str, rule: Rule, why: str) -> Crossing:
    return Crossing(name, "features_risk", name, rule, why)


_IN_RANGE: Final = "a measurement; no identifier"
_FLAG: Final = Number(0, 1)

CROSSES: Final[tuple[Crossing, ...]] = (
    _feature("age_years", TopCoded(*PLAUSIBLE_RANGES["age_years"], top=OLDEST), "(C): whole years, over 89 one class"),
    Crossing("sex", "validated_registrations", "sex", Words.of(Sex), "a word of the vocabulary; no identifier"),
    _feature("is_female", _FLAG, "says what sex says"),
    _feature("is_male", _FLAG, "says what sex says"),
    Crossing(
        "condition_category",
        "validated_registrations",
        "condition_code",
        Icd10Category(),
        "coded, and only what enough patients have: neither text nor (R) a characteristic of one person",
    ),
    _feature("acuity", Number(*PLAUSIBLE_RANGES["acuity"]), "a triage level; no identifier"),
    _feature("comorbidity_count", Number(*PLAUSIBLE_RANGES["comorbidity_count"]), "a count; no identifier"),
    *(
        _feature(name, Number(*PLAUSIBLE_RANGES[name], decimals=1 if name == "temperature_c" else 0), _IN_RANGE)
        for name in VITAL_COLUMNS
    ),
    _feature("shock_index", Number(0, 10, decimals=2), "follows from two measurements"),
    _feature("pulse_pressure", Number(0, 290), "follows from two measurements"),
    _feature("news2_score", Number(0, 20), "follows from the measurements"),
    _feature("prior_visits_365d", TopCoded(0, 1000, top=MOST_VISITS), "(R): a count, the many are one class"),
    _feature("prior_admissions_365d", TopCoded(0, 1000, top=MOST_VISITS), "(R): a count, the many are one class"),
    _feature("days_since_last_visit", Banded(_SINCE_DAYS, 365), "(C): an interval so coarse that no date follows"),
    _feature("is_acuity_missing", _FLAG, "says what is missing"),
    _feature("is_comorbidity_missing", _FLAG, "says what is missing"),
    _feature("vitals_missing_count", Number(0, len(VITAL_COLUMNS)), "says what is missing"),
    Crossing("outcome", "validated_registrations", "outcome", Words.of(Outcome), "a word of the vocabulary"),
    _feature("risk_label", Words.of(RISK_CLASSES), "what is to be learnt; a row without it stays"),
)

#: Columns that are made here, and how.
MADE: Final[dict[str, str]] = {
    "record_code": "(R), 164.514(c): random letters drawn after the rows were shuffled; made of nothing, kept nowhere",
    "year": "(C): the year of the registration; nothing finer of it is read",
    "fold": "all rows of a patient share one of at most ten folds, drawn at random: to test on patients not trained on",
}

#: Column -> why it stays behind.
STAYS: Final[dict[str, str]] = {
    "registration_id": "(H, R) the number of a visit; only read to put the two layers together",
    "patient_id": "(H, R) a keyed pseudonym is derived from the record number; only read to draw the folds",
    "facility": "(B) the place of care is smaller than a state, and a code for it is told by its number of rows",
    "registered_at": "(C) a date; of the month that it stands in, the year crosses",
    "recorded_at": "(C) a date",
    "outcome_at": "(C) a date",
    "loaded_at": "(C) hardly later than the registration",
    "condition": "(A, R) text as a source delivered it, up to 240 characters; its code crosses as a category",
    "source": "(R) the name of a source, as written by people; may name a place",
    "source_record": "(R) where the record lies in its file",
    "content_hash": "(R), 164.514(c): derived from the record",
    "hour_sin": "(C) time of day: part of a date's moment, read strictly",
    "hour_cos": "(C) time of day: part of a date's moment, read strictly",
    "weekday_sin": "(C) day of week: an element of a date, read strictly",
    "weekday_cos": "(C) day of week: an element of a date, read strictly",
    "condition_trend_ratio": "(C) how frequent a condition was lately: beside public counts it tells the week",
    "facility_visits_24h": "(B, C) the volume of one place on one day: beside its own counts it tells the day",
    "facility_visits_7d": "(B, C) the volume of one place in one week: beside its own counts it tells the week",
}

#: The eighteen kinds of 164.514(b)(2)(i), and what becomes of each.
IDENTIFIERS: Final[tuple[tuple[str, str, str], ...]] = (
    ("A", "names", "no column of the extract holds text but words of a vocabulary; free text is not read"),
    ("B", "geography below a state", "the contract has a facility only, which stays; no address, no ZIP code"),
    ("C", "dates but the year, ages over 89", "the year crosses; ages from 90 on are one class; intervals are bands"),
    ("D", "telephone numbers", "no column; in text they are not read, as a number they lie outside of every range"),
    ("E", "fax numbers", "as telephone numbers"),
    ("F", "e-mail addresses", "no column; text is not read"),
    ("G", "social security numbers", "as telephone numbers"),
    ("H", "medical record numbers", "patient_id and registration_id stay; record_code is random"),
    ("I", "health plan beneficiary numbers", "as telephone numbers"),
    ("J", "account numbers", "as telephone numbers"),
    ("K", "certificate and licence numbers", "as telephone numbers"),
    ("L", "vehicle identifiers", "no column; text is not read"),
    ("M", "device identifiers", "no column; text is not read"),
    ("N", "URLs", "no column; text is not read"),
    ("O", "IP addresses", "no column; text is not read"),
    ("P", "biometric identifiers", "no column; documents and pictures are no part of the layers that are read"),
    ("Q", "full-face photographs", "as biometric identifiers"),
    ("R", "any other unique number, characteristic or code", "no pseudonym, hash or source; rare diagnoses blank"),
)  # fmt: skip
