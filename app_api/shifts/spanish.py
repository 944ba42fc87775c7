"""What the server says of shifts, in Spanish: the English sentence of the code, and the Spanish one.

Belongs here: sentences. Does not belong here: finding one (`app_api.sentences`). `{}` stands for a value.
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "to is {}, and you are {}; allowed are {}": "to es {} y usted está {}; se admite: {}",
    "queue_id {} is no queue": "queue_id {} no es ninguna cola",
}
