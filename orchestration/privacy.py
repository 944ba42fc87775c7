"""No exception carries a row into Dagster: one policy for every asset, check, IO manager, resource and sensor.

Belongs here: what of a failure is kept. Does not belong here: logging elsewhere (`core.logging`), which columns the
pipeline may read (`core.db.deid`).

An exception's text may quote a row (pandas, pyarrow, pydantic and PostgreSQL's DETAIL all do), and Dagster writes it
with its causes into its events, which its web interface shows without a login. So twice:

- bodies of assets and checks raise `dg.Failure` with the class, our own code and the place in our code, and with the
  text only where it is ours and names no value (`MediSyncError`, but `InputError`);
- whatever else runs (IO managers, resources, sensors) is redacted by Dagster itself; the line it logs in place of the
  error holds an id and the class. Dagster writes that line with the whole traceback: a filter takes it off, since a
  filter stays where Dagster's own set-up of logging takes handlers away.
"""

import functools
import inspect
import logging
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.definitions.decorators.op_decorator import DecoratedOpFunction

from core import settings
from core.errors import InputError, MediSyncError, UnavailableError
from core.logging import JsonFormatter

_HOUSE = Path(__file__).resolve().parents[1]
#: Dagster's own name for the logger of what it redacts.
_REDACTED = "dagster.redacted_errors"


def keep_rows_out(definitions: Iterable[dg.AssetsDefinition]) -> None:
    """Guard the bodies of these assets and checks, and have Dagster redact every other error of this process."""
    settings.export({"DAGSTER_REDACT_USER_CODE_ERRORS": "1"})
    logger = logging.getLogger(_REDACTED)
    logger.propagate = False
    if not any(isinstance(one, _WithoutTraceback) for one in logger.filters):
        logger.addFilter(_WithoutTraceback())
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter())
        logger.addHandler(handler)
    for definition in definitions:
        operation = definition.op
        body = operation.compute_fn
        if isinstance(body, DecoratedOpFunction) and not is_guarded(definition):
            # Dagster has no public way to wrap the body of a finished asset; pinned, and tested for every asset.
            operation._compute_fn = DecoratedOpFunction(_guarded(body.decorated_fn, definition.op.name))


class _WithoutTraceback(logging.Filter):
    """Leaves of an error its class: its text may quote a row, and so may the lines above it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[0] is not None:
            record.msg, record.args = f"{record.getMessage()}: {record.exc_info[0].__name__}", ()
        record.exc_info = record.exc_text = record.stack_info = None
        return True


def is_guarded(definition: dg.AssetsDefinition) -> bool:
    """Say whether the body of an asset or check is guarded."""
    body = definition.op.compute_fn
    return isinstance(body, DecoratedOpFunction) and hasattr(body.decorated_fn, "__guarded__")


def _guarded(body: Callable[..., Any], name: str) -> Callable[..., Any]:
    if inspect.isgeneratorfunction(body):

        @functools.wraps(body)
        def guarded_steps(*args: Any, **kwargs: Any) -> Iterator[Any]:
            try:
                yield from body(*args, **kwargs)
            except (dg.Failure, dg.RetryRequested):
                raise
            except Exception as error:
                failure = told(error, name)
            else:
                return
            # Outside of the handler: the failure then has no context that leads back to the row.
            raise failure

        guarded_steps.__guarded__ = True  # pyright: ignore[reportFunctionMemberAccess]
        return guarded_steps

    @functools.wraps(body)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return body(*args, **kwargs)
        except (dg.Failure, dg.RetryRequested):
            raise
        except Exception as error:
            failure = told(error, name)
        raise failure

    guarded.__guarded__ = True  # pyright: ignore[reportFunctionMemberAccess]
    return guarded


def told(error: Exception, name: str) -> dg.Failure:
    """Return what is kept of an error: class, code, place in our code; its text only where no value can be in it."""
    kind, code = type(error).__name__, error.code if isinstance(error, MediSyncError) else "unexpected"
    place = _place(error)
    if isinstance(error, MediSyncError) and not isinstance(error, InputError):
        text = error.message
    else:
        text = f"{name} failed with {kind} ({code}) at {place}; its text is not kept, as it may quote a patient's row"
    return dg.Failure(
        description=text,
        metadata={
            "error": kind,
            "code": code,
            "place": place,
            "what_to_do": "try again: what it needs was away"
            if isinstance(error, UnavailableError)
            else "look at the validation report of these months and at the place in the code, then run again",
        },
        allow_retries=isinstance(error, UnavailableError),
    )


def _place(error: Exception) -> str:
    """Return the innermost frame in our own code, as file:line function."""
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(_HOUSE) and ".venv" not in frame.filename
    ]
    if not ours:
        return "outside our code"
    last = ours[-1]
    return f"{Path(last.filename).relative_to(_HOUSE)}:{last.lineno} {last.name}"
