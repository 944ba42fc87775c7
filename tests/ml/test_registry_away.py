"""The registry when MLflow does not answer: our own error for every call, so that a run may be tried again."""

import pytest

from core.errors import UnavailableError
from ml.registry import Candidate, Registry


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda registry: registry.register(Candidate(b"", b"", b"")), "took no new version"),
        (lambda registry: registry.tag(3, {"verdict": "HOLD"}), "took no tags of version 3"),
        (lambda registry: registry.describe(3, "a card"), "took no description of version 3"),
        (lambda registry: registry.champion(), "does not answer"),
    ],
)
def test_a_server_that_is_away_is_named(call, words, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "")
    with pytest.raises(UnavailableError, match=rf"127\.0\.0\.1:9 {words}") as caught:
        call(Registry(address="http://127.0.0.1:9", username="u", password="p"))
    assert caught.value.code == "registry_away"
