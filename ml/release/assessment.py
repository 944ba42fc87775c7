"""What the scorer says of one patient.

Belongs here: the answer's shape. Does not belong here: how it is reached (`scorer`, `consensus`, `explain`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Assessment:
    """One answer; `dataclasses.asdict` gives its JSON.

    Attributes
    ----------
    level : str or None
        `low`, `moderate`, `high` or `critical` (`core.vocabulary.RiskLevel`); None when abstained.
    score : float or None
        The consensus score, 0 (both members say low) to 2 (both say high); None when abstained.
    votes : dict of str to str
        `network` and `forest`: the class each member finds most likely; empty when abstained.
    probabilities : dict of str to float
        `low`, `moderate`, `high`: the calibrated mean of both members, sums to 1; empty when abstained.
    abstained : bool
        True when an input that the rule requires is missing or impossible: `reasons` names it.
    reasons : list of str
        Sentences for a clinician, strongest first.
    counter_evidence : list of str
        What speaks against the level, strongest first.
    is_disagreement : bool
        The members voted for different classes.
    news2_score : float
        NEWS2 of the vitals given (air and alert assumed): a lower bound.
    """

    level: str | None
    score: float | None
    votes: dict[str, str]
    probabilities: dict[str, float]
    abstained: bool
    reasons: list[str]
    counter_evidence: list[str]
    is_disagreement: bool
    news2_score: float
