"""Sentences about registrations in Spanish.

Belongs here: the English sentence of the code with the Spanish one; `{}` stands for a value. Does not belong here:
finding one (`app_api.sentences`).
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "registered_at is in the future; at most five minutes ahead are tolerated": (
        "registered_at está en el futuro; se toleran cinco minutos como máximo"
    ),
    "a value of {} below that of {}": "un valor de {} inferior al de {}",
    "registered_at is before 1900": "registered_at es anterior a 1900",
    "a registration with this registration_id exists": "Ya existe un registro con ese registration_id.",
    "this Idempotency-Key was used for another registration": "Esta Idempotency-Key ya se usó para otro registro.",
}
