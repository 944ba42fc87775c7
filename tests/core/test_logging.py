"""Logging: one JSON object a line, and of an exception nothing but its class."""

import json
import logging
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from core.logging import JsonFormatter

_CANARY = "Ada-Lovelace-1815"


def _format(message: str, *arguments: object, **extra: object) -> str:
    record = logging.LogRecord("medisync.test", logging.INFO, __file__, 1, message, arguments, None)
    record.__dict__.update(extra)
    return JsonFormatter().format(record)


@given(st.text())
def test_any_message_becomes_exactly_one_line_of_json(message):
    line = _format("%s", message)
    assert "\n" not in line
    assert "\r" not in line
    assert json.loads(line)["message"] == message


def test_extra_fields_stand_beside_the_message():
    entry = json.loads(_format("imported %d rows", 3, batch="b1"))
    assert (entry["message"], entry["batch"], entry["level"]) == ("imported 3 rows", "b1", "info")
    assert entry["at"].endswith("Z")


def test_an_exception_leaves_its_class_and_not_its_text():
    try:
        _ = {}[_CANARY]
    except KeyError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())
    line = JsonFormatter().format(record)
    assert json.loads(line)["exception"] == "KeyError"
    assert _CANARY not in line


def test_a_configured_process_writes_json_to_standard_error_and_nothing_to_standard_output():
    code = "import logging; from core.logging import configure; configure('INFO'); logging.getLogger('a').info('hello')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stderr)["message"] == "hello"
    assert done.stdout == ""
