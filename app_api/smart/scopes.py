"""SMART's scopes of a system: what may be read and what searched.

Belongs here: the grammar, without a database. Does not belong here: who has which (`service`).

A right is a resource and a letter, such as `Slot.r`. Version 2 of SMART writes `system/Slot.rs`, `system/Slot.r`,
`system/Slot.s`; version 1 wrote `system/Slot.read` for both. Nothing is written here, so no other letter is known;
neither is `*`: a client names what it reads.
"""

import re
from collections.abc import Iterable
from typing import Final

RESOURCES: Final = ("Appointment", "RiskAssessment", "Slot")
PATTERN: Final = rf"^system/({'|'.join(RESOURCES)})\.(rs|r|s|read)$"
#: Told in `.well-known/smart-configuration`.
SUPPORTED: Final = tuple(
    f"system/{resource}.{letters}" for resource in RESOURCES for letters in ("rs", "r", "s", "read")
)
_LETTERS: Final = {"rs": "rs", "r": "r", "s": "s", "read": "rs"}
_FORM: Final = re.compile(PATTERN)


def rights_of(scopes: Iterable[str]) -> frozenset[str] | None:
    """Return the rights that scopes stand for; None when one of them is none of ours.

    Examples
    --------
    >>> sorted(rights_of(["system/Slot.read"]))
    ['Slot.r', 'Slot.s']
    >>> rights_of(["system/Slot.cruds"]) is None
    True
    """
    found: set[str] = set()
    for scope in scopes:
        match = _FORM.fullmatch(scope)
        if match is None:
            return None
        found |= {f"{match[1]}.{letter}" for letter in _LETTERS[match[2]]}
    return frozenset(found)


def written(rights: Iterable[str]) -> list[str]:
    """Return rights as scopes of version 2, one a resource.

    Examples
    --------
    >>> written({"Slot.s", "Slot.r", "Appointment.s"})
    ['system/Appointment.s', 'system/Slot.rs']
    """
    letters: dict[str, str] = {}
    for right in sorted(rights):
        resource, _, letter = right.partition(".")
        letters[resource] = letters.get(resource, "") + letter
    return [f"system/{resource}.{both}" for resource, both in letters.items()]
