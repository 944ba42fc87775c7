"""A tiny registry that knows one alias and can be slow or wrong: real HTTP, for states that MLflow can't be put in.

Belongs here: those states. Does not belong here: anything else of MLflow (the stack tests start the real one).
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class AliasServer:
    """Answers as MLflow 3.17 does for one registered model.

    Attributes
    ----------
    version : int or None
        What the alias names.
    state : str
        `well`, `slow` (answers after 5 s), `broken` (500), `nonsense` (HTML with 200), `model_missing` (404),
        `forbidding` (403 on moves).
    moves : list of tuple
        (account header, version) of each move.
    """

    def __init__(self) -> None:
        self.version: int | None = None
        self.state = "well"
        self.moves: list[tuple[str, int]] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.answer(self)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if owner.state == "forbidding":
                    owner.send(self, 403, {"error_code": "PERMISSION_DENIED"})
                    return
                owner.moves.append((self.headers["authorization"], int(body["version"])))
                owner.version = int(body["version"])
                owner.send(self, 200, {})

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        assert urlsplit(handler.path).path == "/api/2.0/mlflow/registered-models/alias"
        if self.state == "slow":
            time.sleep(5)
        if self.state == "broken":
            self.send(handler, 500, {"error_code": "INTERNAL_ERROR"})
        elif self.state == "model_missing":
            self.send(handler, 404, {"error_code": "RESOURCE_DOES_NOT_EXIST"})
        elif self.state == "nonsense":
            handler.send_response(200)
            handler.end_headers()
            handler.wfile.write(b"<html>a proxy's page</html>")
        elif self.version is None:
            self.send(handler, 400, {"error_code": "INVALID_PARAMETER_VALUE"})
        else:
            self.send(handler, 200, {"model_version": {"name": "medisync-risk", "version": str(self.version)}})

    @staticmethod
    def send(handler: BaseHTTPRequestHandler, status: int, content: dict) -> None:
        body = json.dumps(content).encode()
        try:
            handler.send_response(status)
            handler.send_header("content-type", "application/json")
            handler.send_header("content-length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        except BrokenPipeError:
            return  # the client no longer waits: that is what `slow` is for

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
