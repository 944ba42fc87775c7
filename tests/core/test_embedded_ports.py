"""Ports: a stranger's port is refused with a name and a way out."""

import os
import socket
import threading

import pytest

from core.embedded import ports
from core.errors import ConflictError


def test_a_free_port_is_free_until_somebody_listens():
    port = ports.find_free()
    assert ports.is_free(port)
    with socket.create_server(("127.0.0.1", port)):
        assert not ports.is_free(port)
    assert ports.is_free(port)


def test_no_free_port_is_given_twice_and_none_that_a_connection_could_take():
    given = [ports.find_free() for _ in range(500)]
    assert len(set(given)) == len(given)
    assert max(given) < 32_768, "from there on Linux gives ports to whoever connects"


def test_a_taken_port_names_its_holder_and_the_variable_to_change():
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        with pytest.raises(ConflictError) as caught:
            ports.require_free(port, host="127.0.0.1", label="the API", variable="MEDISYNC_API_PORT")
    for phrase in (str(port), "the API", "MEDISYNC_API_PORT", f"pid {os.getpid()}"):
        assert phrase in caught.value.message


def test_a_port_that_nobody_is_seen_to_hold_is_looked_at_until_the_kernel_has_closed_it(monkeypatch):
    monkeypatch.setattr(ports, "holder", lambda port: None)
    monkeypatch.setattr(ports, "_CLOSING_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
        with pytest.raises(ConflictError, match=f"port {port} .* another process"):
            ports.require_free(port, host="127.0.0.1", label="Valkey", variable="MEDISYNC_VALKEY_PORT")
        threading.Timer(0.2, closing.close).start()
        ports.require_free(port, host="127.0.0.1", label="Valkey", variable="MEDISYNC_VALKEY_PORT")
    assert ports.is_free(port)
