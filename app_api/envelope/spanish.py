"""Sentences about keys and versions in Spanish.

Belongs here: the English sentence of the code with the Spanish one; `{}` stands for a value. Does not belong here:
finding one (`app_api.sentences`).
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "this Idempotency-Key was used for another request": "Esta Idempotency-Key ya se usó para otra petición.",
    "say in If-Match which version you have seen (the ETag of your GET)": (
        "Indique en If-Match qué versión ha visto (la ETag de su GET)."
    ),
    "somebody changed this meanwhile; read it again": "Alguien lo ha cambiado entretanto; vuelva a leerlo.",
}
