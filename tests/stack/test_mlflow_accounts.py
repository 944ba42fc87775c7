"""A real MLflow server: the pipeline's account may register versions, and only an admin moves an alias."""

import httpx
import pytest

from core.embedded import mlflow_accounts
from core.settings import Settings
from core.vocabulary import CHAMPION_ALIAS, RISK_MODEL_NAME

pytestmark = [pytest.mark.stack, pytest.mark.slow]

_ALIAS = "registered-models/alias"
_MOVE = {"name": RISK_MODEL_NAME, "alias": CHAMPION_ALIAS, "version": "1"}


@pytest.fixture(scope="module")
def settings(registry_home):
    return registry_home


@pytest.fixture(scope="module")
def pipeline(settings):
    password = settings.secrets["mlflow_service_password"]
    with _client(settings, (mlflow_accounts.SERVICE, password)) as client:
        yield client


@pytest.fixture(scope="module")
def admin(settings):
    with _client(settings, (mlflow_accounts.ADMIN, settings.secrets["mlflow_admin_password"])) as client:
        yield client


@pytest.fixture(scope="module")
def version(pipeline):
    """A version that the pipeline's account logged and registered itself."""
    experiment = _good(pipeline.post("experiments/create", json={"name": "of the pipeline"}))["experiment_id"]
    run = _good(pipeline.post("runs/create", json={"experiment_id": experiment, "start_time": 0}))["run"]["info"]
    _good(pipeline.post("runs/log-metric", json={"run_id": run["run_id"], "key": "f1", "value": 0.5, "timestamp": 0}))
    source = f"{run['artifact_uri']}/model"
    body = {"name": RISK_MODEL_NAME, "source": source, "run_id": run["run_id"]}
    made = _good(pipeline.post("model-versions/create", json=body))["model_version"]["version"]
    _good(
        pipeline.post(
            "model-versions/set-tag", json={"name": RISK_MODEL_NAME, "version": made, "key": "sha256", "value": "0"}
        )
    )
    return made


def _client(settings: Settings, auth: tuple[str, str] | None) -> httpx.Client:
    return httpx.Client(base_url=f"{settings.mlflow_address}/api/2.0/mlflow/", auth=auth, timeout=60, trust_env=False)


def _good(answer: httpx.Response) -> dict:
    assert answer.is_success, answer.text
    return answer.json()


def test_without_a_password_nothing_is_answered(settings):
    with _client(settings, None) as anonymous:
        assert anonymous.get(f"{_ALIAS}?name={RISK_MODEL_NAME}&alias={CHAMPION_ALIAS}").status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        f"/api/2.0/mlflow/{_ALIAS}",
        f"/ajax-api/2.0/mlflow/{_ALIAS}",
        f"/api/2.0/preview/mlflow/{_ALIAS}",
        f"/api/2.0/mlflow/{_ALIAS}/",
        f"/api//2.0/mlflow/{_ALIAS}",
        "/api/2.0/mlflow/registered-models/%61lias",
    ],
)
def test_the_pipeline_registers_versions_but_moves_no_alias_by_any_spelling(pipeline, version, path):
    origin = pipeline.base_url.copy_with(raw_path=b"/")
    answer = pipeline.post(f"{origin}{path.removeprefix('/')}", json=_MOVE | {"version": version})
    assert answer.status_code in {403, 404}, answer.text
    found = pipeline.get(_ALIAS, params={"name": RISK_MODEL_NAME, "alias": CHAMPION_ALIAS})
    assert found.status_code == 400
    assert "not found" in found.text


def test_the_pipeline_can_neither_rename_nor_delete_the_model_nor_help_itself_to_rights(pipeline, version):
    refused = [
        pipeline.post("registered-models/rename", json={"name": RISK_MODEL_NAME, "new_name": "x"}),
        pipeline.request("DELETE", "registered-models/delete", json={"name": RISK_MODEL_NAME}),
        pipeline.request("DELETE", "model-versions/delete", json={"name": RISK_MODEL_NAME, "version": version}),
        pipeline.patch("users/update-admin", json={"username": mlflow_accounts.SERVICE, "is_admin": True}),
    ]
    assert [answer.status_code for answer in refused] == [403] * 4


def test_an_admin_moves_the_alias_the_pipeline_reads_it_and_can_not_remove_it(admin, pipeline, version):
    _good(admin.post(_ALIAS, json=_MOVE | {"version": version}))
    alias = {"name": RISK_MODEL_NAME, "alias": CHAMPION_ALIAS}
    assert _good(pipeline.get(_ALIAS, params=alias))["model_version"]["version"] == version
    assert pipeline.request("DELETE", _ALIAS, json=alias).status_code == 403
    # The server is shared: the next test finds it without a champion again.
    assert admin.request("DELETE", _ALIAS, json=alias).is_success


def test_accounts_can_be_ensured_again_and_a_changed_password_is_taken_over(settings, monkeypatch):
    mlflow_accounts.ensure(settings)
    monkeypatch.setenv("MEDISYNC_MLFLOW_SERVICE_PASSWORD", "a-new-and-long-password")
    mlflow_accounts.ensure(settings)
    with _client(settings, (mlflow_accounts.SERVICE, "a-new-and-long-password")) as client:
        assert client.get("users/current").is_success
    monkeypatch.undo()
    mlflow_accounts.ensure(settings)  # the server is shared: the password is that of the home again
    with _client(settings, (mlflow_accounts.SERVICE, settings.secrets["mlflow_service_password"])) as client:
        assert client.get("users/current").is_success


def test_the_viewer_reads_as_the_pages_do_and_changes_nothing(settings, version):
    password = settings.secrets["mlflow_viewer_password"]
    with _client(settings, (mlflow_accounts.VIEWER, password)) as viewer:
        _good(viewer.get("experiments/search", params={"max_results": 5}))
        _good(viewer.post("experiments/search", json={"max_results": 5}))
        _good(viewer.get("registered-models/get", params={"name": RISK_MODEL_NAME}))
        for path, body in (
            ("registered-models/create", {"name": "mine"}),
            ("experiments/create", {"name": "mine"}),
            ("model-versions/set-tag", {"name": RISK_MODEL_NAME, "version": version, "key": "sha256", "value": "1"}),
            (_ALIAS, _MOVE | {"version": version}),
        ):
            assert viewer.post(path, json=body).status_code == 403, path
