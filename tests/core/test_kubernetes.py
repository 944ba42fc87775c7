"""The Kubernetes file by parsing: its parts, settings and names are those of the code; no cluster is asked."""

from pathlib import Path

import pytest
import yaml

from core.embedded import foreground
from core.settings import Settings

FILE = Path(__file__).resolve().parents[2] / "docker" / "kubernetes" / "medisync.yaml"
OBJECTS = list(yaml.safe_load_all(FILE.read_text()))
WORKLOADS = {one["metadata"]["name"]: one for one in OBJECTS if one["kind"] in ("Deployment", "Job")}


def test_every_part_of_the_fleet_is_a_workload_that_runs_its_command():
    assert set(WORKLOADS) == set(foreground.PARTS)
    for part, workload in WORKLOADS.items():
        assert workload["kind"] == ("Job" if part in foreground.ONE_SHOT else "Deployment")
        (container,) = workload["spec"]["template"]["spec"]["containers"]
        assert container["args"] == ["serve", part]


def test_there_are_two_replicas_of_what_may_die_and_one_daemon():
    replicas = {name: one["spec"]["replicas"] for name, one in WORKLOADS.items() if one["kind"] == "Deployment"}
    assert (replicas["api"], replicas["worker"], replicas["dagster-daemon"]) == (2, 2, 1)
    assert WORKLOADS["dagster-daemon"]["spec"]["strategy"]["type"] == "Recreate"


def test_the_settings_that_it_gives_are_known_and_accepted(monkeypatch):
    (given,) = [one["data"] for one in OBJECTS if one["kind"] == "ConfigMap"]
    ours = {name.removeprefix("MEDISYNC_").lower() for name in given if name.startswith("MEDISYNC_")}
    assert ours <= set(Settings.model_fields)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert Settings().executor == "celery"


@pytest.mark.parametrize("part", sorted(set(foreground.PARTS)))
def test_no_pod_is_root_or_may_become_it_and_each_that_stays_is_probed(part):
    pod = WORKLOADS[part]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert ("readinessProbe" in container) is (part not in foreground.ONE_SHOT)


def test_each_service_leads_to_a_workload_at_the_port_of_the_settings():
    settings = Settings.model_fields
    ports = {"api": "api_port", "mlflow": "mlflow_port", "dagster-code": "code_server_port",
             "dagster-web": "dagster_port", "dagster-view": "dagster_viewer_port"}  # fmt: skip
    services = {one["metadata"]["name"]: one["spec"] for one in OBJECTS if one["kind"] == "Service"}
    assert set(services) == set(ports)
    for name, spec in services.items():
        assert spec["selector"] == {"part": name}
        assert spec["ports"] == [{"port": settings[ports[name]].default}]
