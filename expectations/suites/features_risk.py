"""Features of the risk models: finite numbers in plausible ranges, and nothing that was known only afterwards.

Belongs here: rules on the feature matrix, whatever its columns. Does not belong here: how a feature is made (`ml/`).
"""

import pandas as pd
from pandas.api.types import is_numeric_dtype

from core.vocabulary import PLAUSIBLE_RANGES, RISK_CLASSES, KahnCategory, Severity
from expectations.rules import Rule
from expectations.suites.builders import between, has_columns, one_of, present

NAME = "features_risk"
VERSION = "1.0.0"

KEY_COLUMNS = ("registration_id", "patient_id", "registered_at")
LABEL_COLUMN = "risk_label"

#: Facts that come to be known after the registration: as a feature each is the answer in disguise.
LEAKING_COLUMNS = frozenset({"outcome", "outcome_at", "risk_level", "length_of_stay_minutes", "stay_days"})

#: The largest finite double; infinities lie outside, so one range rule finds both.
_LARGEST = 1.7976931348623157e308


def rules(frame: pd.DataFrame) -> tuple[Rule, ...]:
    """Return the rules for the columns that this matrix has.

    Parameters
    ----------
    frame : pandas.DataFrame
        Keys, then numeric features, then `risk_label`.
    """
    columns = tuple(str(column) for column in frame.columns)
    innocent = tuple(column for column in columns if column not in LEAKING_COLUMNS)
    numeric = [column for column in innocent if column not in KEY_COLUMNS and is_numeric_dtype(frame[column])]
    made: list[Rule] = [
        has_columns(
            (*KEY_COLUMNS, LABEL_COLUMN), "columns_missing", "Keys and label tie a row to its visit.", exact=False
        ),
        has_columns(
            innocent,
            "leaking_column",
            "A column known only after the visit makes a model look right and be useless.",
            exact=True,
        ),
        present("registration_id", "A feature row without its visit can be explained to nobody."),
        present("registered_at", "The prediction moment decides what may be known."),
        Rule(
            "registration_id_repeated",
            "registration_id",
            Severity.CRITICAL,
            KahnCategory.PLAUSIBILITY,
            "One visit twice in training weighs double and may sit on both sides of a split.",
            "ExpectColumnValuesToBeUnique",
            {"column": "registration_id"},
        ),
        one_of(LABEL_COLUMN, tuple(RISK_CLASSES), "The networks have exactly three outputs."),
    ]
    for column in numeric:
        made.append(
            between(
                column,
                -_LARGEST,
                _LARGEST,
                "An infinite feature makes every weight of a network infinite.",
                code=f"{column}_infinite",
            )
        )
        if column in PLAUSIBLE_RANGES:
            made.append(
                between(column, *PLAUSIBLE_RANGES[column], f"{column} past validation lies in its plausible range.")
            )
        elif column.endswith(("_count", "_days", "_minutes")):
            made.append(between(column, 0, None, "Counts and durations are never negative.", code=f"{column}_negative"))
        elif column.startswith(("is_", "has_")):
            made.append(between(column, 0, 1, "A flag is 0 or 1.", code=f"{column}_not_a_flag"))
    return tuple(made)
