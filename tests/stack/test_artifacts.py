"""MLflow's files in a store of the operator's choice, behind MLflow's own server and accounts."""

import httpx
import pytest
from pydantic import ValidationError

from core.embedded import mlflow, mlflow_accounts, ports, service
from core.embedded.home import make_home, room_of
from core.settings import Settings


@pytest.mark.parametrize("wrong", ["bucket/mlflow", "s3:bucket", "s3://", "S3 ://x"])
def test_an_address_without_a_scheme_is_refused_by_name(wrong, tmp_path):
    with pytest.raises(ValidationError, match=r"artifacts_url[\s\S]*://"):
        Settings(home=tmp_path, artifacts_url=wrong)


@pytest.mark.stack
@pytest.mark.slow
def test_a_file_logged_through_mlflow_lies_at_the_address_that_was_set_and_comes_back(registry_home, tmp_path):
    store = tmp_path / "store"
    settings = registry_home.model_copy(
        update={
            "home": tmp_path / "home",
            "mlflow_port": ports.find_free(),
            "artifacts_url": store.as_uri(),
            "database_url": registry_home.database_dsn,
            "mlflow_database_url": registry_home.mlflow_dsn,
            "mlflow_auth_database_url": registry_home.mlflow_auth_dsn,
        }
    )
    make_home(settings)
    (settings.root / "secrets.json").write_bytes((registry_home.root / "secrets.json").read_bytes())
    place = f"{settings.mlflow_address}/api/2.0/mlflow-artifacts/artifacts/1/run/artifacts/model.onnx"
    known = {"auth": (mlflow_accounts.ADMIN, settings.secrets["mlflow_admin_password"]), "trust_env": False}
    with service.started(mlflow.service(settings), room=room_of(settings)):
        assert httpx.put(place, content=b"bytes of a model", timeout=60, **known).is_success
        assert httpx.get(place, timeout=60, **known).content == b"bytes of a model"
        assert httpx.get(place, timeout=60, trust_env=False).status_code == 401
    assert [one.read_bytes() for one in store.rglob("model.onnx")] == [b"bytes of a model"]
    assert not any(settings.mlflow_artifacts.rglob("*")), "nothing of it in the home"
