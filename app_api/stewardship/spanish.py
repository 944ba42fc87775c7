"""Sentences about rows in quarantine in Spanish.

Belongs here: the English sentence of the code with the Spanish one; `{}` stands for a value. Does not belong here:
finding one (`app_api.sentences`).
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "no field was changed; a fix changes at least one of {}": (
        "No se ha cambiado ningún campo; una corrección cambia al menos uno de: {}"
    ),
    "the fields are what they were: nothing is corrected": "Los campos son los que eran: no se corrige nada.",
    "this row did not break {}; it broke {}": "Esta fila no incumplió {}; incumplió {}.",
    "{} cannot be waived: correct the row instead": "{} no se puede dispensar: corrija la fila.",
    "{} is no field to fix; those are {}": "{} no es un campo que se pueda corregir; lo son: {}",
    "{} is needed": "{} es obligatorio",
    "{} must be {} between {} and {}{}": "{} debe ser {} entre {} y {}{}",
    "{} must be a moment such as 2026-03-01T14:30:00Z, from 1900 to now": (
        "{} debe ser un momento como 2026-03-01T14:30:00Z, desde 1900 hasta ahora"
    ),
    "{} must be one of {}": "{} debe ser uno de: {}",
    "{} is no month that the pipeline makes; those are {} to {}": (
        "{} no es un mes que el proceso de datos haga; hace los meses de {} a {}."
    ),
    "a whole number": "un número entero",
    "a number": "un número",
    "this row was fixed already; fix its new version if that was parked": (
        "Esta fila ya se corrigió; corrija su nueva versión si esa quedó en cuarentena."
    ),
    "this row was {} already": "Esta fila ya estaba {}.",
    "fixed": "corregida",
    "waived": "dispensada",
    "expires_at is in the past; a waiver ends later than now": (
        "expires_at ya ha pasado; una dispensa termina más tarde"
    ),
    "this row broke no critical rule": "Esta fila no incumplió ninguna regla crítica.",
    "no decision waits to be honoured; name months to make them again all the same": (
        "Ninguna decisión espera; nombre meses para rehacerlos igualmente."
    ),
    "no replay {}": "No existe la repetición {}.",
    "no parked row {}": "No existe la fila en cuarentena {}.",
}
