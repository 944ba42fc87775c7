"""A register of made-up people in which some stand twice, with the truth of who is whom.

Belongs here: people, the faults of a second entry, and those who look alike without being one. Does not belong here:
the synthetic hospital's visits (`hospital`), comparing entries (`ml.linkage`). Names are made of syllables, with
frequencies that fall as those of real names do (Zipf); nobody of that name is meant.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

_ONSETS: Final = (
    "b", "br", "d", "f", "g", "h", "j", "k", "kr", "l", "m", "n", "p", "r", "s", "sch", "st", "t", "v", "w",
)  # fmt: skip
_VOWELS: Final = ("a", "e", "i", "o", "u", "ei", "au")
_ENDS: Final = ("l", "n", "r", "s", "t", "ck", "nd", "rg", "sen", "mann", "er", "")
_FAMILY_NAMES, _GIVEN_NAMES = 4000, 250
_EMAIL_SHARE, _IDENTIFIER_SHARE, _PHONE_SHARE = 0.4, 0.5, 0.85

Entry = dict[str, str | None]


@dataclass(frozen=True)
class Register:
    """Entries, and which pairs of them are what.

    Parameters
    ----------
    entries : list of dict
        Fields as in a chart's document, and `sex`.
    doubles : dict
        (i, j) -> fault of the second entry j, for pairs that are one person.
    lookalikes : dict
        (i, j) -> kind, for pairs that look alike and are two people: `twins`, `namesakes`, `household`.
    """

    entries: list[Entry]
    doubles: dict[tuple[int, int], str]
    lookalikes: dict[tuple[int, int], str]


def _names(count: int, syllables: int, rng: np.random.Generator) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        parts = [str(rng.choice(_ONSETS)) + str(rng.choice(_VOWELS)) for _ in range(syllables)]
        found["".join(parts).capitalize() + str(rng.choice(_ENDS))] = None
    return list(found)


def _zipf(count: int) -> np.ndarray:
    weights = 1.0 / (np.arange(count) + 10.0)
    return weights / weights.sum()


class _People:
    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._family = _names(_FAMILY_NAMES, 2, rng)
        self._given = {sex: _names(_GIVEN_NAMES, 2, rng) for sex in ("female", "male")}

    def family(self) -> str:
        return str(self._rng.choice(self._family, p=_zipf(_FAMILY_NAMES)))

    def given(self, sex: str) -> str:
        return str(self._rng.choice(self._given[sex], p=_zipf(_GIVEN_NAMES)))

    def birth(self) -> str:
        return (date(1935, 1, 1) + timedelta(days=int(self._rng.integers(0, 90 * 365)))).isoformat()

    def phone(self) -> str:
        return f"+49 30 {int(self._rng.integers(10**6, 10**7))}"

    def one(self) -> Entry:
        sex = str(self._rng.choice(["female", "male"]))
        given, family, chance = self.given(sex), self.family(), self._rng.random(3)
        number = int(self._rng.integers(10**7, 10**8))
        return {
            "family_name": family, "given_name": given, "birth_date": self.birth(), "sex": sex,
            "phone": self.phone() if chance[0] < _PHONE_SHARE else None,
            "email": f"{given}.{family}{number % 1000}@mail.example".lower() if chance[1] < _EMAIL_SHARE else None,
            "identifier": f"MRN-{number}" if chance[2] < _IDENTIFIER_SHARE else None,
        }  # fmt: skip


def _mistyped(text: str, rng: np.random.Generator) -> str:
    """One typing error: a letter left out, doubled, replaced, or two that changed places."""
    place, kind = int(rng.integers(1, len(text) - 1)), int(rng.integers(0, 4))
    if kind == 0:
        return text[:place] + text[place + 1 :]
    if kind == 1:
        return text[:place] + text[place] + text[place:]
    if kind == 2:
        return text[:place] + "aeionrstl"[int(rng.integers(0, 9))] + text[place + 1 :]
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def _faults(people: _People, rng: np.random.Generator) -> dict[str, Callable[[Entry], Entry]]:
    def family_typo(one: Entry) -> Entry:
        return one | {"family_name": _mistyped(str(one["family_name"]), rng)}

    def given_typo(one: Entry) -> Entry:
        return one | {"given_name": _mistyped(str(one["given_name"]), rng)}

    def swapped_date(one: Entry) -> Entry:
        year, month, day = str(one["birth_date"]).split("-")
        if int(day) > 12:
            day = f"{int(day) % 12 + 1:02d}"
            one["birth_date"] = f"{year}-{month}-{day}"
        return one | {"birth_date": f"{year}-{day}-{month}"}

    def date_digit(one: Entry) -> Entry:
        birth = str(one["birth_date"])
        last = str((int(birth[3]) + int(rng.integers(1, 9))) % 10)
        return one | {"birth_date": f"{birth[:3]}{last}-{birth[5:8]}{min(int(birth[8:]), 28):02d}"}

    def new_phone(one: Entry) -> Entry:
        return one | {"phone": people.phone()}

    def new_family_name(one: Entry) -> Entry:
        return one | {"family_name": people.family()}

    def swapped_names(one: Entry) -> Entry:
        return one | {"family_name": one["given_name"], "given_name": one["family_name"]}

    def typo_and_date(one: Entry) -> Entry:
        return date_digit(family_typo(one))

    def none(one: Entry) -> Entry:
        return dict(one)

    makers = (family_typo, given_typo, swapped_date, date_digit, new_phone, new_family_name, swapped_names,
              typo_and_date, none)  # fmt: skip
    return {maker.__name__: maker for maker in makers}


def _second(one: Entry, rng: np.random.Generator) -> Entry:
    """What a second desk writes down anew: hardly ever the first number, not always phone and e-mail."""
    chance = rng.random(3)
    return one | {
        "identifier": None if chance[0] < 0.8 else f"MRN-{int(rng.integers(10**7, 10**8))}",
        "phone": one["phone"] if chance[1] < 0.7 else None,
        "email": one["email"] if chance[2] < 0.5 else None,
    }


def second_entry(entry: Entry, *, number: int, rng: np.random.Generator) -> Entry:
    """Return the person of an entry as another desk writes them down, with the fault of this number (each in turn)."""
    faults = list(_faults(_People(rng), rng).values())
    return _second(faults[number % len(faults)](dict(entry)), rng)


def draw_register(people: int, *, doubles: int, lookalikes: int, rng: np.random.Generator) -> Register:
    """Draw a register.

    Parameters
    ----------
    people : int
        Persons.
    doubles : int
        Persons of whom a second entry with one planted fault is added (each fault in turn).
    lookalikes : int
        Persons beside whom somebody else is put who looks alike (each kind in turn).

    Raises
    ------
    ValueError
        If there are fewer people than doubles and lookalikes need.
    """
    if doubles + lookalikes > people:
        raise ValueError(f"doubles and lookalikes together may be at most the people, {people}")
    crowd = _People(rng)
    entries: list[Entry] = [crowd.one() for _ in range(people)]
    faults = list(_faults(crowd, rng).items())
    twice: dict[tuple[int, int], str] = {}
    for number in range(doubles):
        name, fault = faults[number % len(faults)]
        entries.append(_second(fault(entries[number]), rng))
        twice[number, len(entries) - 1] = name
    alike: dict[tuple[int, int], str] = {}
    for number in range(doubles, doubles + lookalikes):
        kind = ("twins", "namesakes", "household")[number % 3]
        first, other = entries[number], crowd.one()
        if kind == "namesakes":
            other |= {"family_name": first["family_name"], "given_name": first["given_name"], "sex": first["sex"]}
        else:
            other |= {"family_name": first["family_name"], "phone": first["phone"]}
        if kind == "twins":
            while (given := crowd.given(str(first["sex"]))) == first["given_name"]:
                pass
            other |= {"birth_date": first["birth_date"], "sex": first["sex"], "given_name": given}
        entries.append(other)
        alike[number, len(entries) - 1] = kind
    return Register(entries, twice, alike)
