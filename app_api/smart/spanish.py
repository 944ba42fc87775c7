"""Sentences about registered clients, in Spanish.

Belongs here: the English sentence of the code with the Spanish one; `{}` stands for a value. Does not belong here:
finding one (`app_api.sentences`); what the token endpoint says, which is for programs and ASCII only.
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "two keys have the same kid; each needs its own": "Dos claves tienen el mismo kid; cada una necesita el suyo.",
    "the key {} holds its private part; make a new one and send the public part only": (
        "La clave {} contiene su parte privada; cree otra y envíe solo la parte pública."
    ),
    "the key {} is not whole; a key of kty {} has {}": "La clave {} no está completa; una clave de kty {} tiene {}.",
    "the key {} is for {}; allowed for a key of kty {} is {}": (
        "La clave {} es para {}; para una clave de kty {} se admite {}."
    ),
    "the key {} is no key of kty {}": "La clave {} no es una clave de kty {}.",
    "the key {} is too weak or too long; allowed are RSA of 2048 to 4096 bits and EC P-384": (
        "La clave {} es demasiado débil o demasiado larga; se admiten RSA de 2048 a 4096 bits y EC P-384."
    ),
    "allowed scopes are {}": "Los permisos admitidos son {}.",
    "there are at most {} clients that hold; revoke one first": (
        "Hay como máximo {} programas registrados; revoque antes uno."
    ),
    "no client {} that could be revoked": "No hay ningún programa {} que se pueda revocar.",
    "this access token is not known, or has run out": "Este permiso de acceso no se conoce o ha caducado.",
    "this token was not given {}": "A esta clave no se le dio {}.",
}
