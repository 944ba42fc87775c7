"""The champion alias in MLflow, over its REST API.

Belongs here: reading and setting one alias by HTTP. Does not belong here: MLflow's client library (a web worker never
carries it), and deciding which version it should be.

Spoken with the standard library in a thread: httpx would bring rich and pygments into every worker, a tenth of its
start, for one small request in ten seconds.
"""

import asyncio
import base64
import http.client
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import orjson

from core.settings import Settings
from core.vocabulary import CHAMPION_ALIAS, RISK_MODEL_NAME
from serving.risk.errors import RegistryAwayError

_PATH = "/api/2.0/mlflow/registered-models/alias"
#: Accounts of the registry: one that reads, one that may move the alias.
READER, MOVER = "medisync-service", "admin"
_SECONDS = 3.0
_AWAY = (OSError, http.client.HTTPException, KeyError, TypeError, ValueError)


class AliasClient:
    """Reads and moves the alias `champion` of the risk model."""

    def __init__(self, settings: Settings) -> None:
        if not settings.mlflow_address.startswith(("http://", "https://")):
            raise ValueError(
                f"MEDISYNC_MLFLOW_URL is {settings.mlflow_address!r}; it must begin with http:// or https://"
            )
        known = settings.secrets
        self._address = settings.mlflow_address + _PATH
        self._reader = _basic(READER, known["mlflow_service_password"])
        self._mover = _basic(MOVER, known["mlflow_admin_password"])
        # No proxy of the environment: the registry is a neighbour.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    async def champion(self) -> int | None:
        """Return the version that the alias names; None when there is no alias or no model yet.

        Raises
        ------
        RegistryAwayError
            If MLflow does not answer, or with something that is no answer.
        """
        query = urllib.parse.urlencode({"name": RISK_MODEL_NAME, "alias": CHAMPION_ALIAS})
        request = urllib.request.Request(f"{self._address}?{query}", headers=self._reader)  # noqa: S310 (checked above)
        try:
            answer = await asyncio.to_thread(self._send, request)
            return int(answer["model_version"]["version"])
        except urllib.error.HTTPError as error:
            if error.code in (400, 404) and _is_missing(error):
                return None
            raise RegistryAwayError(f"the model registry answers {error.code}") from error
        except _AWAY as error:
            raise RegistryAwayError(f"the model registry does not answer ({type(error).__name__})") from error

    async def move(self, version: int) -> None:
        """Point the alias at a version.

        Raises
        ------
        RegistryAwayError
            If MLflow does not answer or refuses.
        """
        body = orjson.dumps({"name": RISK_MODEL_NAME, "alias": CHAMPION_ALIAS, "version": str(version)})
        headers = {**self._mover, "Content-Type": "application/json"}
        request = urllib.request.Request(self._address, data=body, headers=headers, method="POST")  # noqa: S310
        try:
            await asyncio.to_thread(self._send, request)
        except _AWAY as error:
            raise RegistryAwayError(f"the model registry did not move the alias ({type(error).__name__})") from error

    def _send(self, request: urllib.request.Request) -> Any:
        with self._opener.open(request, timeout=_SECONDS) as answer:
            return orjson.loads(answer.read() or b"{}")


def _basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def _is_missing(error: urllib.error.HTTPError) -> bool:
    """Say whether an answer is MLflow's own for an unknown model (404) or an unknown alias of a known one (400)."""
    try:
        return "error_code" in orjson.loads(error.read())
    except (orjson.JSONDecodeError, OSError, TypeError):
        return False
