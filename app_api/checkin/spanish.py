"""Sentences about check-in in Spanish.

Belongs here: the English sentence of the code with the Spanish one; `{}` stands for a value. Does not belong here:
finding one (`app_api.sentences`).
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "the appointment is at {}; check-in opens four hours before": (
        "La cita es a las {}; la llegada se registra desde cuatro horas antes."
    ),
    "the appointment ended at {}; put the patient in line without it": (
        "La cita terminó a las {}; ponga al paciente en la cola sin ella."
    ),
}
