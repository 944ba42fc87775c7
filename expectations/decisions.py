"""What stewards decided about rows, as the parting of rows takes it.

Belongs here: the shape of decisions. Does not belong here: who decided, when and why (the application's tables), and
what a decision does (`expectations.parting`, `expectations.validation`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

#: Content hash of a row -> codes of the rules that a steward lets it pass.
Waivers = Mapping[str, frozenset[str]]

#: Attribute of a frame of validated rows: its waivers as {hash: [codes]}, for the checks further down.
WAIVED = "waived_rules"


@dataclass(frozen=True)
class Decisions:
    """Decisions about the rows of one month.

    Attributes
    ----------
    corrected : frozenset[str]
        Hashes of rows that a steward replaced by a new version: they wait for nobody any more.
    waived : Mapping[str, frozenset[str]]
        Rules that a row may break, by its hash; waivers that have ended are not among them.
    """

    corrected: frozenset[str] = frozenset()
    waived: Waivers = field(default_factory=dict)
