"""Sentences about queues and waits in Spanish.

Belongs here: the English sentence of the code with the Spanish one; `{}` stands for a value. Does not belong here:
finding one (`app_api.sentences`).
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "provider_id names no doctor with an account; allowed are: {}": (
        "provider_id no corresponde a ningún médico con cuenta; se admiten: {}"
    ),
    "reason is missing: {} was suggested, another is chosen": "Falta el motivo: se sugirió {} y se elige a otro.",
    "no such queue": "No existe esa cola.",
    "this token is of a screen of queue {} and of no other": (
        "Esta clave es de una pantalla de la cola {} y de ninguna otra."
    ),
    "no such queue entry": "No existe ese turno.",
    "the entry was moved at the same moment; look again": "El turno se movió en el mismo momento; vuelva a mirar.",
    "the entry is {}; {} is possible from {}": "El turno está {}; {} es posible desde {}.",
    "a transition to {} is not possible; allowed are {}": "No es posible pasar a {}; se admite: {}.",
    "disposition is {} with a transition to {}; it is allowed with {} only": (
        "disposition es {} con un paso a {}; solo se admite con {}."
    ),
    "there is no move to take back": "No hay ningún movimiento que deshacer.",
    "the last move is too long ago; it can be taken back within 15 minutes": (
        "El último movimiento es demasiado antiguo; se puede deshacer durante 15 minutos."
    ),
    "{}: the patient is assigned to {}; take the patient over first": (
        "{}: el paciente está asignado a {}; hágase cargo antes."
    ),
    "target_minutes must not fall from level 1 to level 5": "target_minutes no debe bajar del nivel 1 al nivel 5",
    "a queue with this name or these ticket letters exists": (
        "Ya existe una cola con ese nombre o esas letras de turno."
    ),
    "this patient stands in this queue already": "Este paciente ya está en esta cola.",
    "give acuity (1 to 5) or at least one vital sign in triage": (
        "Indique acuity (de 1 a 5) o al menos una constante vital en triage."
    ),
    "this patient stands in that queue already": "Este paciente ya está en esa cola.",
    "this patient joined the queue again meanwhile": "Este paciente ha vuelto entretanto a la cola.",
    "a transfer leads to waiting, not to {}": "Un traslado lleva a la espera, no a {}.",
    "There is no estimate yet: too few visits have been recorded to learn from.": (
        "Todavía no hay estimación: se han registrado muy pocas visitas de las que aprender."
    ),
    "There is no estimate now: too few patients were called in the last four hours.": (
        "Ahora no hay estimación: se ha llamado a muy pocos pacientes en las últimas cuatro horas."
    ),
    "There is no estimate now: everybody who works on this queue pauses or has gone home.": (
        "Ahora no hay estimación: todas las personas que atienden esta cola están en pausa o se han ido."
    ),
    "This patient is not waiting.": "Este paciente no está esperando.",
    "waiting": "en espera",
    "called": "llamado",
    "in_service": "en atención",
    "left": "retirado",
    "closed": "cerrado",
}
