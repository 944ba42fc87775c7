"""The champion alias in MLflow, over its REST API.

Belongs here: reading and setting one alias by HTTP. Does not belong here: MLflow's client library (a web worker never
carries it), and deciding which version it should be.
"""

from types import TracebackType

import httpx

from core.settings import Settings
from core.vocabulary import CHAMPION_ALIAS, RISK_MODEL_NAME
from serving.risk.errors import RegistryAwayError

_ALIAS = "/api/2.0/mlflow/registered-models/alias"
#: Accounts of the registry: one that reads, one that may move the alias.
READER, MOVER = "medisync-service", "admin"
_TIMEOUT = httpx.Timeout(3.0, connect=1.0)


class AliasClient:
    """Reads and moves the alias `champion` of the risk model."""

    def __init__(self, settings: Settings) -> None:
        known = settings.secrets
        self._reader = httpx.BasicAuth(READER, known["mlflow_service_password"])
        self._mover = httpx.BasicAuth(MOVER, known["mlflow_admin_password"])
        self._client = httpx.AsyncClient(base_url=settings.mlflow_address, timeout=_TIMEOUT, trust_env=False)

    async def champion(self) -> int | None:
        """Return the version that the alias names; None when there is no alias or no model yet.

        Raises
        ------
        RegistryAwayError
            If MLflow does not answer, or with something that is no answer.
        """
        query = {"name": RISK_MODEL_NAME, "alias": CHAMPION_ALIAS}
        try:
            answer = await self._client.get(_ALIAS, params=query, auth=self._reader)
            if answer.status_code in (400, 404):
                # MLflow says 404 for an unknown model and 400 for an unknown alias of a known one.
                answer.json()["error_code"]
                return None
            answer.raise_for_status()
            return int(answer.json()["model_version"]["version"])
        except (httpx.HTTPError, KeyError, TypeError, ValueError) as error:
            raise RegistryAwayError(f"the model registry does not answer ({type(error).__name__})") from error

    async def move(self, version: int) -> None:
        """Point the alias at a version.

        Raises
        ------
        RegistryAwayError
            If MLflow does not answer or refuses.
        """
        body = {"name": RISK_MODEL_NAME, "alias": CHAMPION_ALIAS, "version": str(version)}
        try:
            answer = await self._client.post(_ALIAS, json=body, auth=self._mover)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise RegistryAwayError(f"the model registry did not move the alias ({type(error).__name__})") from error

    async def __aenter__(self) -> "AliasClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()
