"""What a failing body says of a row is kept nowhere; what helps to mend it is."""

import logging
import warnings

import dagster as dg
import pytest
from dagster._utils.log import configure_loggers

from assets.catalogue import ALL_ASSETS, ALL_CHECKS
from core.errors import InputError, RefusedError, UnavailableError
from core.settings import Settings
from orchestration.definitions import build_defs
from orchestration.privacy import is_guarded, keep_rows_out

ROW = "MARK-Ada Lovelace, 555-0100"


def _events(instance: dg.DagsterInstance, run_id: str) -> str:
    return "\n".join(str(entry) for entry in instance.all_logs(run_id))


def _failing(error: Exception, *, steps: bool = False):
    if steps:

        @dg.asset(name="failing")
        def body():
            yield dg.MaterializeResult(metadata={"rows": 1})
            raise error
    else:

        @dg.asset(name="failing")
        def body():
            try:
                {}[ROW]
            except KeyError:
                raise error  # noqa: B904  its context quotes the row too

    return body


def _run(body) -> tuple[str, dg.ExecuteInProcessResult]:
    keep_rows_out([body])
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([body], instance=instance, raise_on_error=False)
        return _events(instance, result.run_id), result


def test_every_asset_and_check_is_guarded(tmp_path):
    settings = Settings(home=tmp_path, database_url=None, redis_url=None)
    settings.ensure_secrets()
    build_defs(settings)
    assert [one.op.name for one in (*ALL_ASSETS, *ALL_CHECKS) if not is_guarded(one)] == []


@pytest.mark.parametrize("steps", [False, True])
@pytest.mark.parametrize("error", [ValueError(ROW), InputError(f"the name is {ROW!r}"), dict])
def test_the_text_of_an_error_that_may_quote_a_row_is_not_kept(error, steps, capfd):
    if error is dict:
        error = KeyError(ROW)
    events, result = _run(_failing(error, steps=steps))
    assert not result.success
    assert "MARK-" not in events
    assert type(error).__name__ in events
    assert "test_row_privacy.py" in events
    assert "MARK-" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("error", [RefusedError("promote version 3 first"), UnavailableError("MLflow is away")])
def test_our_own_words_that_name_no_value_are_kept(error):
    events, _ = _run(_failing(error))
    assert error.message in events
    assert "MARK-" not in events


@pytest.fixture
def restored_logging():
    """What Dagster sets up for its loggers is undone after the test."""
    logger = logging.getLogger("dagster")
    before = (logger.level, list(logger.handlers), warnings.showwarning)
    yield
    logger.level, logger.handlers, warnings.showwarning = before


@pytest.mark.parametrize("is_set_up_again", [False, True])
def test_an_io_manager_that_quotes_a_row_is_redacted(is_set_up_again, capfd, restored_logging, monkeypatch):
    class Leaky(dg.IOManager):
        def handle_output(self, context: dg.OutputContext, obj: object) -> None:
            raise ValueError(f"could not convert {obj}")

        def load_input(self, context: dg.InputContext) -> object:
            raise AssertionError

    @dg.asset
    def made() -> str:
        return ROW

    keep_rows_out([made])
    if is_set_up_again:
        # As Dagster's daemon and code server do it: loggers below `dagster` lose their handlers and tell those above.
        # dictConfig shuts down every handler of the process, and TensorFlow's closes its stream: the one pytest reads.
        with monkeypatch.context() as patched:
            patched.setattr(logging, "shutdown", lambda handlers=(): None)
            configure_loggers()
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([made], instance=instance, resources={"io_manager": Leaky()}, raise_on_error=False)
        events = _events(instance, result.run_id)
    assert not result.success
    assert "MARK-" not in events
    assert "MARK-" not in "".join(capfd.readouterr())
