"""`medisync openapi`: print the document of the API.

Belongs here: that command. Does not belong here: serving (`core.embedded.api` starts it).
"""

import sys

import orjson

from core.settings import Settings
from serving.main import create_app


def openapi() -> None:
    """Print the OpenAPI document; the dashboard's client is generated from it."""
    document = create_app(Settings()).openapi()
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
