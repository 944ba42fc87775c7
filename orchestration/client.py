"""Asking the running Dagster to run something, and watching it do so.

Belongs here: the few GraphQL calls that the command line needs. Does not belong here: progress bars (`medisync`),
deciding what is stale (`orchestration.staleness`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from core.errors import InputError, MediSyncError, UnavailableError

_SELECTOR = {"repositoryLocationName": "medisync", "repositoryName": "__repository__"}

_LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on InvalidSubsetError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}"""

_ASSETS = """
query Assets { assetNodes { assetKey { path } groupName jobNames staleStatus isPartitioned } }"""

_ACTIVE = """
query Active { runsOrError(filter: {statuses: [QUEUED, STARTING, STARTED]}) { ... on Runs { results { runId } } } }"""

_WATCH = """
query Watch($run: ID!, $after: String) {
  runOrError(runId: $run) {
    ... on Run {
      status
      eventConnection(afterCursor: $after, limit: 500) {
        cursor
        hasMore
        events {
          __typename
          ... on ExecutionStepStartEvent { stepKey }
          ... on ExecutionStepSuccessEvent { stepKey }
          ... on ExecutionStepFailureEvent { stepKey }
          ... on ExecutionStepSkippedEvent { stepKey }
        }
      }
    }
  }
}"""

_STEP_STATES = {
    "ExecutionStepStartEvent": "started",
    "ExecutionStepSuccessEvent": "succeeded",
    "ExecutionStepFailureEvent": "failed",
    "ExecutionStepSkippedEvent": "skipped",
}
_FINAL = {"SUCCESS", "FAILURE", "CANCELED"}


class RunFailedError(MediSyncError):
    """A run ended without success; the run's page in the Dagster UI holds the cause."""

    code = "run_failed"


@dataclass(frozen=True)
class AssetState:
    """An asset as Dagster sees it now."""

    name: str
    group: str
    #: FRESH, STALE or MISSING; None for assets with months (their staleness is ours to judge by fingerprint).
    stale_status: str | None
    is_partitioned: bool


@dataclass(frozen=True)
class RunProgress:
    """One look at a run: its status and what its steps did since the last look."""

    status: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return self.status in _FINAL


class DagsterClient:
    """A thin client of the Dagster webserver at `address`."""

    def __init__(self, address: str) -> None:
        self._http = httpx.Client(base_url=address, timeout=60)

    def __enter__(self) -> "DagsterClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def assets(self) -> list[AssetState]:
        """Return all assets of the code location."""
        nodes = self._call(_ASSETS, {})["assetNodes"]
        return [
            AssetState(
                "/".join(node["assetKey"]["path"]), node["groupName"], node["staleStatus"], node["isPartitioned"]
            )
            for node in nodes
        ]

    def active_runs(self) -> list[str]:
        """Return the ids of runs that wait or are under way, the oldest first."""
        return [run["runId"] for run in self._call(_ACTIVE, {})["runsOrError"]["results"]][::-1]

    def launch(self, job: str, *, assets: list[str] | None = None, tags: dict[str, str] | None = None) -> str:
        """Put a run in the queue and return its id.

        Raises
        ------
        InputError
            If the job or an asset does not exist.
        UnavailableError
            If Dagster does not answer.
        """
        selector: dict[str, Any] = {**_SELECTOR, "jobName": job}
        if assets is not None:
            selector["assetSelection"] = [{"path": name.split("/")} for name in assets]
            selector["assetCheckSelection"] = None
        parameters = {
            "selector": selector,
            "runConfigData": {},
            "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in (tags or {}).items()]},
        }
        answer = self._call(_LAUNCH, {"params": parameters})["launchRun"]
        if answer["__typename"] != "LaunchRunSuccess":
            raise InputError(
                f"Dagster refused job {job}: {answer.get('message') or answer['__typename']}", code="not_launched"
            )
        return answer["run"]["runId"]

    def watch(self, run_id: str) -> Iterator[RunProgress]:
        """Yield looks at a run until it is over; the caller decides how long to wait between two looks."""
        cursor: str | None = None
        while True:
            run = self._call(_WATCH, {"run": run_id, "after": cursor})["runOrError"]
            events = run["eventConnection"]
            cursor = events["cursor"]
            steps = [
                (event["stepKey"], _STEP_STATES[event["__typename"]])
                for event in events["events"]
                if event["__typename"] in _STEP_STATES
            ]
            # A run's status turns final before its last events can be read: read on until none is left.
            is_over = run["status"] in _FINAL and not events["hasMore"]
            yield RunProgress(run["status"] if is_over else "STARTED", steps)
            if is_over:
                return

    def _call(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = self._http.post("/graphql", json={"query": query, "variables": variables})
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise UnavailableError(
                f"Dagster at {self._http.base_url} does not answer ({type(error).__name__}); run `medisync up` first",
                code="dagster_away",
            ) from error
        body = answer.json()
        if body.get("errors"):
            raise InputError(f"Dagster refused the question: {body['errors'][0]['message']}", code="dagster_refused")
        return body["data"]
