"""Talking to the MLflow server: runs, versions, tags, the champion.

Belongs here: calls of the MLflow client. Does not belong here: credentials' whereabouts (`core.settings`).
"""

import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version as installed_version
from pathlib import Path

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.models.model import ModelInfo
from mlflow.tracking import MlflowClient
from mlflow.types import ColSpec, DataType, Schema, TensorSpec

from core import settings
from core.errors import UnavailableError
from core.vocabulary import CHAMPION_ALIAS, RISK_MODEL_NAME
from ml.features import CLINICAL_INPUTS

#: The release as it lies beside the code that loads it (see `served_model`).
RELEASE_FILE = "release.bin"
SIGNATURE_FILE = "release.sig"
PUBLIC_KEY_FILE = "release.pub"

#: What MLflow keeps of a tag's value.
LONGEST_TAG = 5000
_TEXT_INPUTS = frozenset({"sex", "condition", "registered_at"})
_PACKAGES = ("numpy", "onnxruntime", "pandas", "mlflow")


@dataclass(frozen=True)
class Candidate:
    """A trained ensemble on its way into the registry.

    Parameters
    ----------
    payload, signature, public : bytes
        The packed release, the Ed25519 signature over it, and the public key.
    files : mapping
        Artifacts for people and audits by file name: members in their own formats, scaler, encoders, card.
    params, metrics, tags : mapping
        As MLflow shows them; tags carry the Dagster run, the data hash and the code commit.
    """

    payload: bytes
    signature: bytes
    public: bytes
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    params: Mapping[str, str | int | float] = field(default_factory=dict[str, str | int | float])
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Registered:
    """Where a candidate went: its version number and its MLflow run."""

    version: int
    run_id: str


class Registry:
    """The registry at one address, as one user.

    Parameters
    ----------
    address : str
        `http://host:port` of the MLflow server.
    username, password : str
        Of the MLflow account; MLflow reads them from the process's environment, so they are put there.
    """

    def __init__(self, *, address: str, username: str, password: str, model: str = RISK_MODEL_NAME) -> None:
        settings.export({"MLFLOW_TRACKING_USERNAME": username, "MLFLOW_TRACKING_PASSWORD": password})
        mlflow.set_tracking_uri(address)
        mlflow.set_registry_uri(address)
        self._client = MlflowClient(tracking_uri=address, registry_uri=address)
        self._address = address
        self._model = model

    def register(self, candidate: Candidate) -> Registered:
        """Log the candidate as a run with a loadable model and register it as the next version.

        Raises
        ------
        UnavailableError
            If the server does not answer.
        """
        with self._reached("took no new version"):
            experiment = mlflow.set_experiment(self._model)
            with mlflow.start_run(experiment_id=experiment.experiment_id, tags=dict(candidate.tags)) as run:
                mlflow.log_params(dict(candidate.params))
                mlflow.log_metrics(dict(candidate.metrics))
                logged = self._log_model(candidate)
            version = self._client.create_model_version(
                self._model,
                logged.model_uri,
                run_id=run.info.run_id,
                tags=dict(candidate.tags),
                model_id=logged.model_id,
            )
        return Registered(version=int(version.version), run_id=run.info.run_id)

    def tag(self, version: int, tags: Mapping[str, str]) -> None:
        """Write tags on a version (the gate's verdict and reasons); raises as `register` does."""
        with self._reached(f"took no tags of version {version}"):
            for key, value in tags.items():
                self._client.set_model_version_tag(self._model, str(version), key, value[:LONGEST_TAG])

    def describe(self, version: int, text: str) -> None:
        """Write the description of a version, which MLflow shows as Markdown; raises as `register` does."""
        with self._reached(f"took no description of version {version}"):
            self._client.update_model_version(self._model, str(version), description=text)

    def champion(self) -> int | None:
        """Return the version that the champion alias names; None when it names none."""
        try:
            return int(self._client.get_model_version_by_alias(self._model, CHAMPION_ALIAS).version)
        except MlflowException as error:
            if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                return None
            raise UnavailableError(f"MLflow at {self._address} does not answer", code="registry_away") from error

    @contextmanager
    def _reached(self, failing: str) -> Generator[None]:
        """Turn MLflow's own errors, and those of the way to it, into ours."""
        try:
            yield
        except (MlflowException, OSError) as error:
            raise UnavailableError(
                f"MLflow at {self._address} {failing} ({type(error).__name__}: {_first_line(error)})",
                code="registry_away",
            ) from error

    def _log_model(self, candidate: Candidate) -> ModelInfo:
        with tempfile.TemporaryDirectory() as folder:
            release = {
                RELEASE_FILE: candidate.payload,
                SIGNATURE_FILE: candidate.signature,
                PUBLIC_KEY_FILE: candidate.public,
            }
            for name, content in {**release, **candidate.files}.items():
                Path(folder, name).write_bytes(content)
            for name in candidate.files:
                mlflow.log_artifact(str(Path(folder, name)), artifact_path="members")
            return mlflow.pyfunc.log_model(
                name="model",
                python_model=str(Path(__file__).with_name("served_model.py")),
                artifacts={name.replace(".", "_"): str(Path(folder, name)) for name in release},
                signature=_signature(),
                pip_requirements=[f"{name}=={installed_version(name)}" for name in _PACKAGES],
            )


def _signature() -> ModelSignature:
    """Inputs are all optional: a missing one makes the ensemble abstain, it is no error of the caller."""
    inputs: list[ColSpec | TensorSpec] = [
        ColSpec(DataType.string if name in _TEXT_INPUTS else DataType.double, name=name, required=False)
        for name in CLINICAL_INPUTS
    ]
    texts = ("level", "network_vote", "forest_vote", "reasons")
    numbers = ("score", "probability_low", "probability_moderate", "probability_high")
    outputs: list[ColSpec | TensorSpec] = [ColSpec(DataType.string, name=name) for name in texts]
    outputs += [ColSpec(DataType.double, name=name) for name in numbers]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema(outputs))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else ""
