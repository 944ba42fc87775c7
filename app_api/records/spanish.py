"""Sentences about charts, and what the fixed rules say of one, in Spanish.

Belongs here: the English sentence of the code with the Spanish one; `{}` stands for a value. Does not belong here:
finding one (`app_api.sentences`).
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "this medication was stopped: no dose of it is due": "Esta medicación se suspendió: no toca ninguna dosis.",
    "this medication is taken when needed: no dose of it is due": (
        "Esta medicación se toma si precisa: no toca ninguna dosis."
    ),
    "reason_code belongs to a dose that was not given": "reason_code corresponde a una dosis que no se administró",
    "given_at is in the future": "given_at está en el futuro",
    "the time of this dose has not come: from {} minutes before it is due": (
        "Aún no es la hora de esta dosis: se admite desde {} minutos antes."
    ),
    "a dose that was not given needs a reason_code": "Una dosis no administrada necesita reason_code.",
    "a dose that was not given has no given_at": "Una dosis no administrada no tiene given_at.",
    "no entry {} in this chart": "En esta historia no hay ninguna entrada {}.",
    "no {} {} in this chart": "En esta historia no hay {} {}.",
    "this medication was stopped already": "Esta medicación ya se había suspendido.",
    "this task is closed": "Esta tarea está cerrada.",
    "first_due_at needs interval_hours: what is taken when needed is never due": (
        "first_due_at necesita interval_hours: lo que se toma si precisa no tiene hora."
    ),
    (
        "Some of your measurements at the last visit were not as usual. If you feel unwell, tell a nurse now, "
        "or call the emergency number."
    ): (
        "Algunas de sus mediciones en la última visita no eran las habituales. Si se encuentra mal, avise "
        "ahora a enfermería o llame al número de emergencias."
    ),
    "Your blood pressure was high at the last two visits. Please have it measured again at rest.": (
        "Su presión arterial estaba alta en las dos últimas visitas. Vuelva a medírsela, por favor, en reposo."
    ),
    "Something that was planned for you has not been done yet. Please ask about it.": (
        "Algo que estaba previsto para usted todavía no se ha hecho. Pregunte, por favor, por ello."
    ),
    "You were here often lately. Talk with your doctor about what could help you between visits.": (
        "Últimamente ha venido a menudo. Hable con su médico sobre qué podría ayudarle entre visitas."
    ),
    "You take several medicines. Go through them with your doctor or pharmacist.": (
        "Toma varios medicamentos. Repáselos con su médico o farmacéutico."
    ),
    "The vital signs of the last visit ask for an emergency assessment.": (
        "Las constantes vitales de la última visita piden una valoración de emergencia."
    ),
    "The vital signs of the last visit ask for an urgent review by a clinician.": (
        "Las constantes vitales de la última visita piden una revisión urgente por un profesional clínico."
    ),
    "NEWS2 is {} from {} of {} vital signs (5 asks for a review, 7 for a team).": (
        "NEWS2 es {} con {} de {} constantes vitales (5 pide una revisión, 7 un equipo)."
    ),
    "Blood pressure was high at the last two visits; measure again at rest.": (
        "La presión arterial estaba alta en las dos últimas visitas; mida de nuevo en reposo."
    ),
    "{} and {} mmHg; 140/90 and above counts as high in the clinic.": (
        "{} y {} mmHg; en consulta se considera alta desde 140/90."
    ),
    "Something that was planned has not been done yet.": "Algo que estaba planificado todavía no se ha hecho.",
    "{} open care task is past the due time.": "{} tarea de cuidado abierta ha pasado de su hora.",
    "{} open care tasks are past the due time.": "{} tareas de cuidado abiertas han pasado de su hora.",
    "This patient came often lately; look at the care between visits.": (
        "Este paciente ha venido a menudo últimamente; revise la atención entre visitas."
    ),
    "{} visits in {} days; the rule speaks from {}.": "{} visitas en {} días; la regla habla desde {}.",
    "Go through the medicines together: each for its need, dose and interactions.": (
        "Repasen juntos la medicación: cada una por su necesidad, dosis e interacciones."
    ),
    "{} active medicines; {} and more count as polypharmacy.": (
        "{} medicamentos activos; desde {} se considera polimedicación."
    ),
    "From fixed rules with the sources named; not a diagnosis. A clinician decides.": (
        "De reglas fijas con sus fuentes; no es un diagnóstico. Decide un profesional clínico."
    ),
    "medication": "la medicación",
    "care_task": "la tarea",
    "record": "la anotación",
}
