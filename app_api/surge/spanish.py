"""What the server says of surge alerts, in Spanish: the English sentence of the code, and the Spanish one.

Belongs here: sentences. Does not belong here: finding one (`app_api.sentences`). `{}` stands for a value.
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "no alert {}": "No existe la alerta {}.",
}
