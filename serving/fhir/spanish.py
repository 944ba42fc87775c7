"""Sentences about the FHIR facade in Spanish.

Belongs here: the English sentence of the code with the Spanish one; `{}` stands for a value. Does not belong here:
finding one (`app_api.sentences`).
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "{} is not searched by {}; allowed are {}": "{} no se busca por {}; se admiten {}",
    "{} is {}; allowed is {}": "{} es {}; se admite {}",
    "{} is given once": "{} se da una sola vez.",
    "{} names no patient; allowed is Patient/[id]": "{} no nombra a ningún paciente; se admite Patient/[id]",
    "{} name different patients": "{} nombran a pacientes distintos.",
    "schedule or schedule.actor is missing; allowed is Schedule/[id] or Practitioner/[id]": (
        "Falta schedule o schedule.actor; se admite Schedule/[id] o Practitioner/[id]"
    ),
    "start is missing a lower or an upper bound; allowed is such as start=ge2026-11-30&start=lt2026-12-07": (
        "A start le falta un límite inferior o superior; se admite, por ejemplo, start=ge2026-11-30&start=lt2026-12-07"
    ),
    "start spans more than 31 days; allowed are at most 31": "start abarca más de 31 días; se admiten como máximo 31.",
    "patient or subject is missing; allowed is Patient/[id]": "Falta patient o subject; se admite Patient/[id]",
    "no such slot": "No existe ese hueco.",
    "no such assessment of a patient whom you may see": (
        "No existe esa evaluación de ningún paciente que usted pueda ver."
    ),
}
