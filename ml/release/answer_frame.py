"""Answers of a release as a frame, for whoever judges many of them at once.

Belongs here: that shape. Does not belong here: making answers (`scorer`), rules about them (`expectations`).
"""

from collections.abc import Sequence

import pandas as pd

from core.vocabulary import RISK_CLASSES
from ml.release.assessment import Assessment


def frame_of(answers: Sequence[Assessment], registration_ids: Sequence[str]) -> pd.DataFrame:
    """Return one row an answer that was given; abstentions say nothing that could be judged and are left out.

    Parameters
    ----------
    answers : sequence of Assessment
    registration_ids : sequence of str
        Of the visits asked about, in the same order.

    Returns
    -------
    pandas.DataFrame
        registration_id, level, score (0 to 2), probability_low, probability_moderate, probability_high, and
        probability_total, their sum.
    """
    given = [(one, name) for one, name in zip(answers, registration_ids, strict=True) if not one.abstained]
    columns = {
        "registration_id": pd.Series([name for _, name in given], dtype="str"),
        "level": pd.Series([one.level for one, _ in given], dtype="str"),
        "score": pd.Series([one.score for one, _ in given], dtype="float64"),
        **{
            f"probability_{level}": pd.Series([one.probabilities[level] for one, _ in given], dtype="float64")
            for level in RISK_CLASSES
        },
    }
    frame = pd.DataFrame(columns)
    return frame.assign(probability_total=frame[[f"probability_{level}" for level in RISK_CLASSES]].sum(axis=1))
