"""Keys under which candidates are found: whoever shares one with an entry is compared with it.

Belongs here: the texts of the keys. Does not belong here: hashing them (`core.key_ring.blind_digest`), finding rows.

Two entries of one person share at least one key unless several fields went wrong at once: a typing error in the family
name is met by given name and birth date, one in the birth date by both names' sounds, a new family name by given name
and birth date, a new phone by all others.
"""

from typing import Final

from ml.linkage.compare import Person, sound

#: Raise it when the keys change: entries under an older form are indexed anew in the background.
KEY_FORM: Final = 1


def blocking_texts(person: Person) -> dict[str, str]:
    """Return kind -> text of each key that a person has.

    Examples
    --------
    >>> blocking_texts({"family_name": "Meier", "given_name": "Ann", "birth_date": "1980-05-04"})
    {'name_sounds': 'an mr', 'family_sound_birth_year': 'mr 1980', 'given_sound_birth_date': 'an 1980-05-04'}
    """
    family, given = sound(str(person["family_name"])), sound(str(person["given_name"]))
    # In one order, so that names in each other's place are found.
    texts = {"name_sounds": " ".join(sorted((family, given))).lower()}
    birth = person.get("birth_date")
    if birth:
        texts["family_sound_birth_year"] = f"{family} {birth[:4]}".lower()
        texts["given_sound_birth_date"] = f"{given} {birth}".lower()
    return texts
