"""Logging: one JSON object a line on standard error, never a patient's value.

Belongs here: the formatter and its set-up. Does not belong here: what to log. Log codes, counts and ids of our own
making; never names, e-mail, free text, query strings or an exception's text that may quote a row.
"""

import json
import logging
import sys

from core import clock

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "color_message"}


class JsonFormatter(logging.Formatter):
    """Write a record as one line of JSON: time, level, logger, message and the `extra` fields.

    Of an exception only the class is written: its text may quote a row (PostgreSQL's DETAIL does).
    """

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "at": clock.iso(clock.now()),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry.update({key: value for key, value in record.__dict__.items() if key not in _STANDARD})
        if record.exc_info and record.exc_info[0] is not None:
            entry["exception"] = record.exc_info[0].__name__
        return json.dumps(entry, default=str)


def configure(level: str = "INFO") -> None:
    """Send all logging of this process to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
