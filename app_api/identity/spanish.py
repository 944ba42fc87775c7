"""Sentences about accounts and signing, in Spanish.

Belongs here: the English sentence of the code with the Spanish one; `{}` stands for a value. Does not belong here:
finding one (`app_api.sentences`).
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "sign in first": "Primero inicie sesión.",
    "send either the session cookie or a bearer token, not both": "Envíe la cookie de sesión o una clave, no ambas.",
    "the role {} may not do this ({})": "La función {} no puede hacer esto ({}).",
    "this token was not given the right {}": "A esta clave no se le dio el derecho {}.",
    "sign in with e-mail and password first": "Inicie sesión primero con el correo y la contraseña.",
    "this account has a second factor; an administrator can reset it if it is lost": (
        "Esta cuenta ya tiene un segundo factor; si se pierde, la administración puede restablecerlo."
    ),
    "this code is not valid": "Este código no es válido.",
    "this code is not valid now, or was used already": "Este código no es válido ahora o ya se ha usado.",
    "this code is not valid, or was used already": "Este código no es válido o ya se ha usado.",
    "no account {}": "No existe la cuenta {}.",
    "this account has no second factor": "Esta cuenta no tiene segundo factor.",
    "a reset of this account waits for another administrator already": (
        "Un restablecimiento de esta cuenta ya espera a otra persona de administración."
    ),
    "no request {}": "No existe la solicitud {}.",
    "another administrator must decide: neither who asked nor whose account it is": (
        "Debe decidir otra persona de administración: ni quien lo pidió ni el titular de la cuenta."
    ),
    "this request was decided on already": "Esta solicitud ya se decidió.",
    "this passkey was not accepted; begin again, or use a code": (
        "La llave de acceso no se ha aceptado; empiece de nuevo o use un código."
    ),
    "set up an authenticator first: its recovery codes help when a passkey is lost": (
        "Configure antes una aplicación de autenticación: sus códigos de recuperación ayudan si se pierde una "
        "llave de acceso."
    ),
    "an account has at most {} passkeys; remove one first": (
        "Una cuenta tiene como máximo {} llaves de acceso; quite antes una."
    ),
    "this passkey is registered already": "Esta llave de acceso ya está registrada.",
    "this account has no passkey": "Esta cuenta no tiene ninguna llave de acceso.",
    "no challenge is open, or it is older than two minutes; begin again": (
        "No hay ninguna petición abierta o tiene más de dos minutos; empiece de nuevo."
    ),
    "you have no such passkey": "Usted no tiene esa llave de acceso.",
    "the browser's answer does not fit this site or this moment; begin again": (
        "La respuesta del navegador no corresponde a este sitio o a este momento; empiece de nuevo."
    ),
    "too many people are signing in at once; try again in a few seconds": (
        "Demasiadas personas inician sesión a la vez; inténtelo de nuevo en unos segundos."
    ),
    "a password of the role {} has {} to {} characters": (
        "Para la función {}, la contraseña tiene de {} a {} caracteres."
    ),
    "take away your name, your e-mail and repetition, and too little of the password is left": (
        "Sin su nombre, su correo y las repeticiones queda demasiado poco de la contraseña."
    ),
    "this password is on lists of common ones, or made of what is on them": (
        "Esta contraseña está en listas de contraseñas comunes o se compone de ellas."
    ),
    "you have no open session {}": "Usted no tiene abierta la sesión {}.",
    "the e-mail and the password do not belong together": "El correo y la contraseña no coinciden.",
    "this is not the present password": "Esta no es la contraseña actual.",
    "this is the last administrator: make another one first": "Es la última cuenta de administración: cree antes otra.",
    "an account with this e-mail exists": "Ya existe una cuenta con este correo.",
    "too many failed attempts on this account; wait and try again": (
        "Demasiados intentos fallidos en esta cuenta; espere e inténtelo de nuevo."
    ),
    "too many failed attempts from this address; wait a minute": (
        "Demasiados intentos fallidos desde esta dirección; espere un minuto."
    ),
    "you have no token {}": "Usted no tiene la clave {}.",
    "a person has at most {} tokens that hold; end one first": (
        "Una persona tiene como máximo {} claves vigentes; anule antes una."
    ),
    "queue_id binds a token with the right {} alone; this one is given {}": (
        "queue_id limita una clave que solo tiene el derecho {}; a esta se le da {}."
    ),
    "the right {} cannot be given to a token of the role {}": (
        "El derecho {} no se puede dar a una clave de la función {}."
    ),
    "patient": "paciente",
    "doctor": "medicina",
    "nurse": "enfermería",
    "admin": "administración",
    "steward": "gestión de datos",
    "ml_engineer": "ingeniería de modelos",
}
