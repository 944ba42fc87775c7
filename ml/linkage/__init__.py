"""Record linkage: how probable it is that two entries are the same person, and why.

Belongs here: comparison of fields, weights, keys under which candidates are found. Does not belong here: opening what
is sealed, SQL, and what is done about a pair (`app_api.patients.doubles`).
"""

from ml.linkage.compare import FIELDS, Person, agreement, fold, phone_digits
from ml.linkage.keys import KEY_FORM, blocking_texts
from ml.linkage.scoring import DEFAULT_WEIGHTS, Contribution, LinkageWeights, MatchScore, MatchState, match_score
from ml.linkage.weights import estimate_weights

__all__ = [
    "DEFAULT_WEIGHTS",
    "FIELDS",
    "KEY_FORM",
    "Contribution",
    "LinkageWeights",
    "MatchScore",
    "MatchState",
    "Person",
    "agreement",
    "blocking_texts",
    "estimate_weights",
    "fold",
    "match_score",
    "phone_digits",
]
