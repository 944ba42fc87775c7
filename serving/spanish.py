"""Sentences about the service itself, analytics and models in Spanish.

Belongs here: the English sentence of the code with the Spanish one; `{}` stands for a value. Does not belong here:
finding one (`app_api.sentences`).
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "time_zone is not an IANA name such as Europe/Berlin": "time_zone no es un nombre IANA como Europe/Berlin",
    "{} was not published yet": "{} aún no se ha publicado.",
    "no receipt {}": "No existe el comprobante {}.",
    "too many reports are being made at once; try again in a few seconds": (
        "Se están haciendo demasiados informes a la vez; inténtelo de nuevo en unos segundos."
    ),
    "the report took too long; try again in a few seconds": (
        "El informe ha tardado demasiado; inténtelo de nuevo en unos segundos."
    ),
    "no report {}": "No existe el informe {}.",
    "the role {} may not have the report of the role {}": "La función {} no puede tener el informe de la función {}.",
    "nobody states {}; the form has {}": "Nadie declara {}; el formulario tiene {}.",
    "version {} has no release": "La versión {} no está publicada.",
    "no risk model is in use yet: train one and make it champion": (
        "Todavía no hay ningún modelo de riesgo en uso: entrene uno y hágalo campeón."
    ),
    "no assessment has the receipt {}": "Ninguna evaluación tiene el comprobante {}.",
    "no visit of this patient was entered here": "Aquí no se ha anotado ninguna visita de este paciente.",
    "whoever asked for a promotion may not confirm it: a second administrator must": (
        "Quien pidió una promoción no puede confirmarla: debe hacerlo otra persona de administración."
    ),
    "there is no request {} for a promotion": "No existe la solicitud de promoción {}.",
    "request {} was {}": "La solicitud {} fue {}.",
    "request {} is older than {} days; ask again": "La solicitud {} tiene más de {} días; pídala de nuevo.",
    "the gate says {} of version {}; only PROMOTE and HOLD may serve": (
        "El control dice {} de la versión {}; solo pueden servir PROMOTE y HOLD."
    ),
    "the card of version {} is empty at {}": "La ficha de la versión {} está vacía en: {}",
    "version {} is the champion": "La versión {} es la campeona.",
    "there was no champion before this one": "No hubo ninguna campeona antes de esta.",
    "version {} may not serve": "La versión {} no puede servir.",
    "receipts cannot be kept at the moment; try again": (
        "Ahora mismo no se pueden guardar comprobantes; inténtelo de nuevo."
    ),
    "the model registry answers {}": "El registro de modelos responde {}.",
    "the model registry does not answer ({})": "El registro de modelos no responde ({}).",
    "the model registry did not move the alias ({})": "El registro de modelos no movió el alias ({}).",
    "no registration of this id was entered here": "Aquí no se ha anotado ningún registro con ese número.",
    "no validation run {}": "No existe la validación {}.",
    "the request does not fit its schema": "La petición no se ajusta a su esquema.",
    "the request does not fit its schema: allowed in {} is {}": (
        "La petición no se ajusta a su esquema: en {} se admite {}"
    ),
    "a number, in JSON without quotes": "un número, en JSON sin comillas",
    "a number without a fraction": "un número sin decimales",
    "an RFC 3339 date-time with a time zone": "una fecha y hora RFC 3339 con zona horaria",
    "an RFC 3339 date-time that exists": "una fecha y hora RFC 3339 que exista",
    "a time on the wall, such as 08:30 or 08:30:00, without a time zone": (
        "una hora del reloj, como 08:30 o 08:30:00, sin zona horaria"
    ),
    "at most {} long": "una longitud de {} como máximo",
    "at least {} long": "una longitud de {} como mínimo",
    "{} and more": "{} o más",
    "more than {}": "más de {}",
    "{} and less": "{} o menos",
    "less than {}": "menos de {}",
    "the database is away for a moment; try again": (
        "La base de datos no está disponible por un momento; inténtelo de nuevo."
    ),
    "a fault on our side; it is logged under this request_id": "Un fallo nuestro; queda anotado con este request_id.",
    "too many requests at once; try again": "Demasiadas peticiones a la vez; inténtelo de nuevo.",
    "a body has at most {} bytes": "Un cuerpo tiene como máximo {} bytes.",
    "this request does not come from our own pages": "Esta petición no viene de nuestras propias páginas.",
    "a body must be {}": "Un cuerpo debe ser {}.",
    "not found": "No encontrado.",
    "method not allowed": "Método no admitido.",
    "bad request": "Petición incorrecta.",
}
