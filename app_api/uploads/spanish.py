"""Sentences about uploaded files in Spanish.

Belongs here: the English sentence of the code with the Spanish one; `{}` stands for a value. Does not belong here:
finding one (`app_api.sentences`).
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "send a multipart form with the file in the field `file`": (
        "Envíe un formulario multipart con el archivo en el campo `file`."
    ),
    "a document has at most {} bytes": "Un documento tiene como máximo {} bytes.",
    "the file could not be looked into; try again": "No se ha podido examinar el archivo; inténtelo de nuevo.",
    "looking into the file takes too much": "Examinar el archivo consume demasiado.",
    "looking into the file takes too long": "Examinar el archivo tarda demasiado.",
    "the file is no PDF, JPEG or PNG by its content": "Por su contenido, el archivo no es PDF, JPEG ni PNG.",
    "the PDF does not end where a PDF ends": "El PDF no termina donde termina un PDF.",
    "the PDF is encrypted; save it without a password": "El PDF está cifrado; guárdelo sin contraseña.",
    "the PDF is damaged": "El PDF está dañado.",
    "the PDF has too many parts": "El PDF tiene demasiadas partes.",
    "the picture is damaged": "La imagen está dañada.",
    "a document has 1 to {} pages": "Un documento tiene de 1 a {} páginas.",
    "the PDF carries scripts, actions or other files": "El PDF contiene programas, acciones u otros archivos.",
    "a picture has at most {} megapixels": "Una imagen tiene como máximo {} megapíxeles.",
    "the virus scanner did not look through the file; try again": (
        "El antivirus no ha revisado el archivo; inténtelo de nuevo."
    ),
    "the virus scanner knows this file as malicious": "El antivirus reconoce este archivo como dañino.",
    "the virus scanner does not answer; try again": "El antivirus no responde; inténtelo de nuevo.",
}
