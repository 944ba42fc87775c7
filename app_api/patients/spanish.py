"""Sentences about patients in Spanish.

Belongs here: the English sentence of the code with the Spanish one; `{}` stands for a value. Does not belong here:
finding one (`app_api.sentences`).
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "a date, YYYY-MM-DD": "una fecha, AAAA-MM-DD",
    "a date that exists, YYYY-MM-DD": "una fecha que exista, AAAA-MM-DD",
    "a date of 1900 or later": "una fecha de 1900 o posterior",
    "another value; this field may be changed, not taken away": ("otro valor; este campo se puede cambiar, no quitar"),
    "no pair {}": "No existe el par {}.",
    "this pair was decided on already": "Este par ya se decidió.",
    "no such patient": "No existe ese paciente.",
    "no such patient among those that you may see": "Ese paciente no está entre los que usted puede ver.",
    "a patient with this patient_id exists": "Ya existe un paciente con ese número (patient_id).",
    "no emergency access {}": "No existe el acceso de emergencia {}.",
    "this emergency access was reviewed already": "Este acceso de emergencia ya se revisó.",
    "somebody else must review your emergency access": "Su acceso de emergencia debe revisarlo otra persona.",
    "this identifier belongs to the patient {}": "Este identificador es del paciente {}.",
    "may be {}; say is_new_person if it is another person": "Puede ser {}; indique is_new_person si es otra persona.",
    "birth_date is in the future": "La fecha de nacimiento está en el futuro (birth_date).",
}
