"""Model folders that run code under plain MLflow run none here: neither signed, nor by another key, nor unsigned."""

import subprocess
import sys
from pathlib import Path

import evil_models
import pytest
from releases import put_event, put_release

from core import sealing

OTHER_KEY = "66" * 32


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("evil")
    evil_models.write(root)
    return root


def markers(root: Path) -> list[str]:
    return [kind for kind in evil_models.KINDS if (root / kind / evil_models.MARKER).exists()]


@pytest.mark.parametrize("signed_by", ["nobody", "another key", "our key"])
async def test_no_malicious_model_is_ever_run_by_serving(
    app_with_registry, alias_server, pg_engine, seed, folders, signed_by
):
    holder = app_with_registry.state.models
    put_release(pg_engine, 1, seed_hex=seed)
    put_event(pg_engine, 1)
    alias_server.version = 1
    await holder.poll()
    for version, kind in enumerate(evil_models.KINDS, start=2):
        payload = (folders / kind / evil_models.LIVE_FILES[kind]).read_bytes()
        keys = {"another key": OTHER_KEY, "our key": seed}
        signature = sealing.sign(payload, seed_hex=keys[signed_by]) if signed_by in keys else b""
        put_release(pg_engine, version, seed_hex=seed, payload=payload, signature=signature,
                    payload_sha256=evil_models.sha256(payload))  # fmt: skip
        put_event(pg_engine, version, previous=1)
        alias_server.version = version
        await holder.poll()
        assert holder.version == 1
        assert any("version 1 stays" in trouble for trouble in holder.troubles())
    assert markers(folders) == []


def test_the_same_folders_do_run_under_plain_pyfunc(folders):
    assert markers(folders) == []
    script = Path(evil_models.__file__)
    done = subprocess.run([sys.executable, str(script), str(folders)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert markers(folders) == list(evil_models.KINDS), done.stdout
