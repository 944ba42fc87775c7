"""How two persons' fields agree: exactly, nearly, or not.

Belongs here: normal forms and levels of agreement. Does not belong here: what a level weighs (`scoring`).

A person is a mapping with the names of a chart's sealed document (`given_name`, `family_name`, `birth_date` as
YYYY-MM-DD, `phone`, `email`, `identifier`) and `sex`. What is missing on either side is not compared: it speaks
neither for nor against.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

import jellyfish

Person = Mapping[str, str | None]
#: From here on two different spellings are nearly one (Jaro-Winkler, 0 to 1).
NEAR_NAME: Final = 0.90
#: A phone is compared by its last digits: country code and leading zero are written or not.
_PHONE_DIGITS: Final = 9
_LETTERS: Final = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "þ": "th", "ð": "d"})
_NOT_A_LETTER: Final = re.compile(r"[^\w]+")


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Return a name without case, accents and punctuation.

    Examples
    --------
    >>> fold("  O'Brien-Müller ")
    'o brien muller'
    """
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return " ".join(_NOT_A_LETTER.sub(" ", letters).split())


@lru_cache(maxsize=8192)
def sound(text: str) -> str:
    """Return how a name sounds (Metaphone, Philips 1990); a name without such a code is its own sound.

    Examples
    --------
    >>> sound("Philipp") == sound("Filip")
    True
    """
    plain = fold(text)
    return jellyfish.metaphone(plain).replace(" ", "") or plain.replace(" ", "")


def _name(one: str, other: str) -> str:
    a, b = fold(one), fold(other)
    if a == b:
        return "exact"
    if jellyfish.jaro_winkler_similarity(a, b) >= NEAR_NAME:
        return "near"
    return "sounds_alike" if sound(one) == sound(other) else "differs"


def _given(one: str, other: str) -> str:
    level = _name(one, other)
    if level == "differs" and (set(fold(one).split()) & set(fold(other).split())):
        return "near"  # one of several given names
    return level


def _birth(one: str, other: str) -> str:
    if one == other:
        return "exact"
    if one[:4] == other[:4] and (one[5:7], one[8:]) == (other[8:], other[5:7]):
        return "day_month_swapped"
    if sum(a != b for a, b in zip(one, other, strict=True)) == 1:
        return "one_digit"
    if jellyfish.damerau_levenshtein_distance(one, other) == 1:
        return "one_digit"  # two neighbouring digits changed places
    return "same_year" if one[:4] == other[:4] else "differs"


def _equal(one: str, other: str) -> str:
    return "exact" if fold(one) == fold(other) else "differs"


def _number(one: str, other: str) -> str:
    if one == other:
        return "exact"
    return "one_digit" if jellyfish.damerau_levenshtein_distance(one, other) == 1 else "differs"


def phone_digits(text: str) -> str:
    """Return the digits of a phone number by which it is compared.

    Examples
    --------
    >>> phone_digits("+49 30 5550139") == phone_digits("030/555 0139")
    True
    """
    return re.sub(r"\D", "", text)[-_PHONE_DIGITS:]


def _phone(one: str, other: str) -> str:
    return _number(phone_digits(one), phone_digits(other))


def _identifier(one: str, other: str) -> str:
    return _number(one.casefold(), other.casefold())


#: Field -> how it is compared.
FIELDS: Final[Mapping[str, Callable[[str, str], str]]] = {
    "family_name": _name,
    "given_name": _given,
    "birth_date": _birth,
    "sex": _equal,
    "phone": _phone,
    "email": _equal,
    "identifier": _identifier,
}


def agreement(one: Person, other: Person) -> dict[str, str]:
    """Return the level of agreement of each field that both have.

    Family and given name that changed places agree as `swapped`, both.

    Examples
    --------
    >>> one = {"family_name": "Philipp", "birth_date": "1980-05-04"}
    >>> agreement(one, {"family_name": "Filip", "birth_date": "1980-04-05"})
    {'family_name': 'sounds_alike', 'birth_date': 'day_month_swapped'}
    """
    levels = {}
    for name, compare in FIELDS.items():
        a, b = one.get(name), other.get(name)
        if a and b and not (name == "sex" and "unknown" in (a, b)):
            levels[name] = compare(a, b)
    if levels.get("family_name") == levels.get("given_name") == "differs" and _are_swapped(one, other):
        levels |= {"family_name": "swapped", "given_name": "swapped"}
    return levels


def _are_swapped(one: Person, other: Person) -> bool:
    names = [fold(str(person[name])) for person in (one, other) for name in ("family_name", "given_name")]
    return names[0] == names[3] and names[1] == names[2]
