"""Sentences about proofs of profession in Spanish.

Belongs here: the English sentence of the code with the Spanish one; `{}` stands for a value. Does not belong here:
finding one (`app_api.sentences`).
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "wanted_role must be {}": "wanted_role debe ser {}",
    "somebody else must decide on a document that is about you or that you uploaded": (
        "Sobre un documento que trata de usted o que usted entregó debe decidir otra persona."
    ),
    "an approval needs expires_at: in the future, at most five years from now": (
        "Una aprobación necesita expires_at: en el futuro, cinco años como máximo."
    ),
    "a rejection has no expires_at": "Un rechazo no tiene expires_at.",
    "a document is uploaded for one's own account": "Cada cual entrega documentos para su propia cuenta.",
    "an account has at most {} documents": "Una cuenta tiene como máximo {} documentos.",
    "no document {}": "No existe el documento {}.",
    "this document was decided on already": "Este documento ya se decidió.",
}
