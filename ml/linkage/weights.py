"""u from the hospital's own entries: how often two people agree by chance.

Belongs here: counting levels among random pairs. Does not belong here: reading entries. Nearly all pairs of a
hospital are of two people, so random pairs give u without knowing any truth (Fellegi and Sunter's first method; m is
not estimated).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ml.linkage.compare import FIELDS, Person, agreement_of_forms, normal_form
from ml.linkage.scoring import LinkageWeights, U

PAIRS: Final = 40_000
#: Of how many pairs the published order of magnitude counts: rare levels are met by hardly any random pair.
PRIOR_PAIRS: Final = 10_000
#: A number is given to one person: where it agrees among random pairs, the pair is a double and not a chance.
UNCOUNTED: Final = frozenset({"identifier"})


def estimate_weights(people: Sequence[Person], *, size: int, rng: np.random.Generator) -> LinkageWeights:
    """Count levels of agreement among random pairs of entries.

    Parameters
    ----------
    people : sequence of Person
        Entries drawn at random.
    size : int
        How many the hospital has.
    rng : Generator

    Returns
    -------
    LinkageWeights
        u shrunk toward the published order of magnitude; levels of a field add up to 1.
    """
    counts = {name: {level: PRIOR_PAIRS * u for level, u in levels.items()} for name, levels in U.items()}
    if len(people) > 1:
        forms = [normal_form(person) for person in people]
        for a, b in rng.integers(0, len(people), size=(PAIRS, 2)):
            if a != b:
                for name, level in agreement_of_forms(forms[a], forms[b]).items():
                    if name not in UNCOUNTED:
                        counts[name][level] += 1
    u = {name: {level: n / sum(counts[name].values()) for level, n in counts[name].items()} for name in FIELDS}
    return LinkageWeights(u, size)
