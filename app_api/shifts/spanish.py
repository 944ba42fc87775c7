"""Sentences about shifts in Spanish.

Belongs here: the English sentence of the code with the Spanish one; `{}` stands for a value. Does not belong here:
finding one (`app_api.sentences`).
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "to is {}, and you are {}; allowed are {}": "to es {} y usted está {}; se admite: {}",
    "queue_id {} is no queue": "queue_id {} no es ninguna cola",
}
