"""Sentences about documents of a chart in Spanish.

Belongs here: the English sentence of the code with the Spanish one; `{}` stands for a value. Does not belong here:
finding one (`app_api.sentences`).
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "this chart holds this very file already": "Esta historia ya contiene este mismo archivo.",
    "a chart has at most {} documents": "Una historia tiene como máximo {} documentos.",
    "no document {} in this chart": "En esta historia no hay ningún documento {}.",
    "this document was marked as entered in error already": (
        "Este documento ya estaba marcado como introducido por error."
    ),
    "{} must be {}": "{} debe ser {}",
    "one line of 1 to 120 characters": "una línea de 1 a 120 caracteres",
    "one of {}": "uno de: {}",
}
