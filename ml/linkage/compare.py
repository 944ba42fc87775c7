"""How two persons' fields agree: exactly, nearly, or not.

Belongs here: normal forms and levels of agreement. Does not belong here: what a level weighs (`scoring`).

A person is a mapping with the names of a chart's sealed document (`given_name`, `family_name`, `birth_date` as
YYYY-MM-DD, `phone`, `email`, `identifier`) and `sex`. What is missing on either side is not compared: it speaks
neither for nor against.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import jellyfish

Person = Mapping[str, str | None]
#: Field -> what is compared of it.
NormalForm = Mapping[str, Any]
#: A sex that nobody knows agrees with nothing.
_NO_SEX: Final = ("sex", "unknown")
#: From here on two different spellings are nearly one (Jaro-Winkler, 0 to 1).
NEAR_NAME: Final = 0.90
#: A phone is compared by its last digits: country code and leading zero are written or not.
_PHONE_DIGITS: Final = 9
_LETTERS: Final = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "þ": "th", "ð": "d"})
_NOT_A_LETTER: Final = re.compile(r"[^\w]+")


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


def sound(text: str) -> str:
    """Return how a name sounds (Metaphone, Philips 1990); a name without such a code is its own sound.

    Examples
    --------
    >>> sound("Philipp") == sound("Filip")
    True
    """
    plain = fold(text)
    return jellyfish.metaphone(plain).replace(" ", "") or plain.replace(" ", "")


class _Name(NamedTuple):
    plain: str
    sound: str


_NO_NAME: Final = _Name("", "")


def _name_form(text: str) -> _Name:
    return _Name(fold(text), sound(text))


def _name(one: _Name, other: _Name) -> str:
    if one.plain == other.plain:
        return "exact"
    if jellyfish.jaro_winkler_similarity(one.plain, other.plain) >= NEAR_NAME:
        return "near"
    return "sounds_alike" if one.sound == other.sound else "differs"


def _given(one: _Name, other: _Name) -> str:
    level = _name(one, other)
    if level == "differs" and (set(one.plain.split()) & set(other.plain.split())):
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
    return "exact" if one == other else "differs"


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


class _Field(NamedTuple):
    normal_form: Callable[[str], Any]
    compare: Callable[[Any, Any], str]


#: Field -> its normal form, and how two of them are compared.
FIELDS: Final[Mapping[str, _Field]] = {
    "family_name": _Field(_name_form, _name),
    "given_name": _Field(_name_form, _given),
    "birth_date": _Field(str, _birth),
    "sex": _Field(fold, _equal),
    "phone": _Field(phone_digits, _number),
    "email": _Field(fold, _equal),
    "identifier": _Field(lambda text: text.casefold().strip(), _number),
}


def normal_form(person: Person) -> NormalForm:
    """Return the fields that a person has in the form in which they are compared.

    A text of which nothing is left in that form ("-", a phone without a digit) says no more than a missing one.
    Whoever compares one person with many makes it once. It is as much worth protecting as the names it is made of.
    """
    known = ((name, field, person.get(name)) for name, field in FIELDS.items())
    forms = {name: field.normal_form(text) for name, field, text in known if text and (name, text) != _NO_SEX}
    return {name: form for name, form in forms.items() if form and form != _NO_NAME}


def agreement(one: Person, other: Person) -> dict[str, str]:
    """Return the level of agreement of each field that both have.

    Family and given name that changed places agree as `swapped`, both.

    Examples
    --------
    >>> one = {"family_name": "Philipp", "birth_date": "1980-05-04"}
    >>> agreement(one, {"family_name": "Filip", "birth_date": "1980-04-05"})
    {'family_name': 'sounds_alike', 'birth_date': 'day_month_swapped'}
    """
    return agreement_of_forms(normal_form(one), normal_form(other))


def agreement_of_forms(one: NormalForm, other: NormalForm) -> dict[str, str]:
    """Return the levels of agreement of two normal forms, as `agreement` does of two persons."""
    both = (name for name in FIELDS if name in one and name in other)
    levels = {name: FIELDS[name].compare(one[name], other[name]) for name in both}
    if levels.get("family_name") == levels.get("given_name") == "differs" and _are_swapped(one, other):
        levels |= {"family_name": "swapped", "given_name": "swapped"}
    return levels


def _are_swapped(one: NormalForm, other: NormalForm) -> bool:
    family, given = one["family_name"], one["given_name"]
    return family.plain == other["given_name"].plain and given.plain == other["family_name"].plain
