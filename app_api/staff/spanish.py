"""Sentences about profiles of staff in Spanish.

Belongs here: the English sentence of the code with the Spanish one; `{}` stands for a value. Does not belong here:
finding one (`app_api.sentences`).
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "a code of ISO 639-1, such as en or de": "un código ISO 639-1, como en o de",
    "at least one of them": "al menos uno de ellos",
    "no such doctor or nurse": "No existe ese profesional de medicina o enfermería.",
    "somebody else must write down what is verified about you": "Lo verificado sobre usted debe anotarlo otra persona.",
    "no approved document proves the role {} of this account now": (
        "Ningún documento aprobado acredita ahora la función {} de esta cuenta."
    ),
    "another account has this licence number": "Otra cuenta tiene este número de colegiado.",
}
