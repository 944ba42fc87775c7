"""What the server says of notifications, in Spanish: the English sentence of the code, and the Spanish one.

Belongs here: sentences. Does not belong here: finding one (`app_api.sentences`). `{}` stands for a value.
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "no notification {}": "No existe la notificación {}.",
}
