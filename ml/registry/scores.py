"""Scores of published forecasts as MLflow runs.

Belongs here: one run a scoring, in an experiment of its own. Does not belong here: models and their versions (client).
"""

from collections.abc import Mapping

from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from core import clock, settings
from core.errors import UnavailableError
from ml.registry.client import LONGEST_TAG


def log_scores(
    address: str,
    experiment: str,
    metrics: Mapping[str, float],
    *,
    tags: Mapping[str, str],
    username: str,
    password: str,
) -> str:
    """Log one scoring as a finished run; return the run's id.

    Raises
    ------
    UnavailableError
        If the server does not answer.
    """
    settings.export({"MLFLOW_TRACKING_USERNAME": username, "MLFLOW_TRACKING_PASSWORD": password})
    client = MlflowClient(tracking_uri=address, registry_uri=address)
    moment = int(clock.now().timestamp() * 1000)
    try:
        found = client.get_experiment_by_name(experiment)
        where = found.experiment_id if found is not None else client.create_experiment(experiment)
        run = client.create_run(where)
        client.log_batch(
            run.info.run_id,
            metrics=[Metric(name, value, moment, 0) for name, value in metrics.items()],
            params=list[Param](),
            tags=[RunTag(name, value[:LONGEST_TAG]) for name, value in tags.items()],
        )
        client.set_terminated(run.info.run_id)
    except (MlflowException, OSError) as error:
        raise UnavailableError(
            f"MLflow at {address} took no scores ({type(error).__name__})", code="registry_away"
        ) from error
    return run.info.run_id
