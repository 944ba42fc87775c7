"""Sentences about appointments in Spanish.

Belongs here: the English sentence of the code with the Spanish one; `{}` stands for a value. Does not belong here:
finding one (`app_api.sentences`).
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "nobody is seen at this facility; allowed are: {}": "en facility no se atiende a nadie; se admiten: {}",
    "portal_mode at {} is view_only: call the clinic to book or change": (
        "En {} las citas no se piden ni se cambian aquí: llame a la consulta."
    ),
    "{}: rule {} (limit {}, {}): {}": "{}: norma de la consulta ({}, límite {}, {}): {}",
    "per_day": "citas al día",
    "per_week": "citas a la semana",
    "no_shows": "citas sin acudir",
    "open": "citas por venir",
    "notice_hours": "horas de antelación",
    "days_ahead": "días por delante",
    "facility": "en el centro",
    "provider": "con el profesional",
    "the time is too soon": "la hora es demasiado próxima",
    "the time is too far ahead": "la hora es demasiado lejana",
    "the patient missed {} appointments in {} days": "no se acudió a {} citas en {} días",
    "{} are still to come": "quedan {} por venir",
    "the patient has {} on {}": "ya hay {} el {}",
    "the patient has {} in {}": "ya hay {} en {}",
    "`to` must be after `from`, by at most 31 days": "`to` debe ser posterior a `from`, en 31 días como máximo",
    "no such provider": "No existe ese profesional.",
    "this provider takes no appointments any more": "Este profesional ya no da citas.",
    "ends_at must be after starts_at": "ends_at debe ser posterior a starts_at",
    "an appointment lasts at most 12 hours": "Una cita dura 12 horas como máximo.",
    "starts_at is in the past": "Esa hora ya ha pasado (starts_at).",
    "starts_at is more than a year away": "Falta más de un año para esa hora (starts_at).",
    "the appointment is {}; it may become {}": "La cita está {}; puede pasar a: {}.",
    "on {} the clock skips that time; choose another": "El {} el reloj se salta esa hora; elija otra.",
    "user_id must be the account of a doctor": "user_id debe ser la cuenta de un médico",
    "a room with this name exists": "Ya existe una sala con ese nombre.",
    "ends_local must be after starts_local, on the same day": (
        "ends_local debe ser posterior a starts_local, en el mismo día"
    ),
    "no such room": "No existe esa sala.",
    "patient_id is missing: staff say for whom they book": (
        "Falta patient_id: el personal indica para quién pide la cita."
    ),
    "no such appointment": "No existe esa cita.",
    "a patient waits for at most {} earlier times": "Un paciente espera como máximo {} citas más tempranas.",
    "give either status, or starts_at and ends_at": "indique status, o bien starts_at y ends_at",
    "the appointment is {}; only one that is {} can be checked in": (
        "La cita está {}; solo se registra la llegada de una que esté {}."
    ),
    "the appointment is {}; only a booked or requested one can be moved": (
        "La cita está {}; solo se puede cambiar una confirmada o solicitada."
    ),
    "the hold has expired; choose a time again": "La reserva ha caducado; elija otra hora.",
    "not_after must be after not_before and after now": "not_after debe ser posterior a not_before y a ahora",
    "provider, room or patient is taken at {}; next free: {}": (
        "A esa hora ({}) el profesional, la sala o el paciente ya están ocupados; próximas libres: {}."
    ),
    "provider, room or patient is taken at {}; nothing is free in the two weeks after": (
        "A esa hora ({}) el profesional, la sala o el paciente ya están ocupados; no hay nada libre en las "
        "dos semanas siguientes."
    ),
    "held": "reservada",
    "requested": "solicitada",
    "booked": "confirmada",
    "arrived": "con llegada",
    "checked_in": "en la cola",
    "completed": "realizada",
    "cancelled": "anulada",
    "no_show": "sin acudir",
    "expired": "caducada",
    "nothing": "nada",
    "Appointment with {}": "Cita con {}",
}
