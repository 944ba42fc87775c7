"""docker-compose.yml and docker/: read and held against what must be true; no Docker daemon is needed.

What these tests cannot show: that the images can be pulled and built. The same programs with the same configuration run
in tests/stack/test_fleet.py.
"""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from core.embedded import foreground
from core.embedded.foreground import ONE_SHOT, PARTS
from core.errors import InputError
from core.settings import SECRET_NAMES, Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
ENDING = {"certs", *ONE_SHOT}
_VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(:\?|:-)?([^}]*)\}")


def _mounts(service: dict) -> list[tuple[str, str]]:
    return [(mount.split(":")[0], mount.split(":")[1]) for mount in service.get("volumes", [])]


def test_every_part_of_the_fleet_has_a_service_and_every_command_is_a_part():
    commands = [one["command"][1] for one in SERVICES.values() if (one.get("command") or [""])[0] == "serve"]
    assert set(commands) == set(PARTS)
    assert commands.count("api") == 2
    assert commands.count("worker") == 2


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_that_stays_has_a_health_check_restarts_and_waits_for_what_it_needs(name):
    one = SERVICES[name]
    if name in ENDING:
        assert one.get("restart") != "unless-stopped"
        assert "healthcheck" not in one
    else:
        assert one["restart"] == "unless-stopped"
        assert one["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    for needed, how in one.get("depends_on", {}).items():
        wanted = "service_completed_successfully" if needed in ENDING else "service_healthy"
        assert how["condition"] == wanted, f"{name} needs {needed}"
        assert needed in SERVICES


def test_an_image_is_built_with_every_room_that_the_package_holds():
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"][
        "packages"
    ]
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(packages) <= kept


def test_nothing_waits_for_itself():
    def reaches(name: str, seen: frozenset[str]) -> None:
        assert name not in seen, f"a circle through {name}"
        for needed in SERVICES[name].get("depends_on", {}):
            reaches(needed, seen | {name})

    for name in SERVICES:
        reaches(name, frozenset())


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "certs"])
def test_no_server_runs_as_root_or_may_become_it(name):
    one = SERVICES[name]
    assert one["user"].split(":")[0] not in ("0", "root")
    assert one["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in one["security_opt"]
    assert not one.get("privileged")
    assert "cap_add" not in one


def test_only_the_proxy_is_reachable_from_outside_and_the_inner_network_has_no_way_out():
    assert [name for name, one in SERVICES.items() if "ports" in one] == ["proxy"]
    assert COMPOSE["networks"]["inner"]["internal"] is True
    for name in ("postgres", "valkey", "dagster-code", "dagster-daemon", "worker-a", "worker-b", "prepare"):
        assert SERVICES[name]["networks"] == ["inner"], name


def test_every_image_is_pinned_to_a_version():
    for name, one in SERVICES.items():
        _, _, tag = one["image"].rpartition(":")
        assert re.search(r"\d+\.\d+", tag), f"{name} uses {one['image']}"
    for line in (ROOT / "docker/Dockerfile").read_text().splitlines():
        if match := re.match(r"FROM (\S+:\S+) AS", line):
            assert re.search(r":\d+\.\d+\.\d+", match[1]), line


def test_every_file_that_is_mounted_or_built_from_exists():
    for name, one in SERVICES.items():
        for source, _ in _mounts(one):
            if source.startswith("."):
                assert (ROOT / source).is_file(), f"{name} mounts {source}"
            else:
                assert source in COMPOSE["volumes"], f"{name} mounts the volume {source}"
        if build := one.get("build"):
            recipe = (ROOT / build["dockerfile"]).read_text()
            assert re.search(rf"FROM \S+ AS {build['target']}$", recipe, re.MULTILINE)
    copied = {
        name
        for line in (ROOT / "docker/Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
    }
    for name in copied:
        assert (ROOT / name).exists(), name


def test_a_secret_that_is_not_set_stops_the_start_and_none_has_a_default():
    for name, operator, _ in _VARIABLE.findall(TEXT):
        is_secret = name.removeprefix("MEDISYNC_").lower() in SECRET_NAMES
        assert operator == (":?" if is_secret else ":-"), name


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_part_without_one_of_its_secrets_refuses_to_run_and_names_it(name, monkeypatch, tmp_path):
    for known in SECRET_NAMES:
        monkeypatch.setenv(f"MEDISYNC_{known.upper()}", "ab12")
    monkeypatch.setenv(f"MEDISYNC_{name.upper()}", "")
    settings = Settings(home=tmp_path / "home", database_url="postgresql+psycopg2://a@b/c", redis_url="rediss://b/0")
    with pytest.raises(InputError, match=f"MEDISYNC_{name.upper()}"):
        foreground.run(settings, "api")


def test_every_container_of_ours_is_given_every_secret():
    given = {name.removeprefix("MEDISYNC_").lower() for name in COMPOSE["x-settings"]}
    assert set(SECRET_NAMES) <= given, "add the new secret to x-settings in docker-compose.yml"


def test_every_variable_is_known_to_the_settings_and_written_down_for_the_operator():
    example = (ROOT / ".env.example").read_text()
    for name in {found[0] for found in _VARIABLE.findall(TEXT)}:
        assert name in example, name
    known = {f"MEDISYNC_{name.upper()}" for name in (*Settings.model_fields, *SECRET_NAMES)}
    assert {name for name in COMPOSE["x-settings"] if name.startswith("MEDISYNC_")} <= known


def test_the_settings_that_compose_gives_are_accepted(monkeypatch):
    for name, value in COMPOSE["x-settings"].items():
        monkeypatch.setenv(
            name, _VARIABLE.sub(lambda found: found[3].lstrip("-") if found[2] == ":-" else "ab12", value)
        )
    settings = Settings()
    assert settings.executor == "celery"
    assert settings.database_dsn.endswith("@postgres:5432/medisync")
    assert settings.redis_dsn.startswith("rediss://")
    assert settings.mlflow_address == "http://mlflow:5000"
    assert not settings.is_demo


def test_connections_to_data_are_encrypted_and_the_plain_ones_refused():
    assert "-cssl=on" in SERVICES["postgres"]["command"]
    rules = (ROOT / "docker/postgres/pg_hba.conf").read_text().split("\n")
    kinds = [rule.split()[0] for rule in rules if rule and not rule.startswith("#")]
    assert kinds == ["local", "hostnossl", "hostssl", "hostssl"]
    assert COMPOSE["x-settings"]["PGSSLMODE"] == "verify-full"
    assert "--port 0 --tls-port 6379" in SERVICES["valkey"]["command"][0]


def test_the_proxy_is_given_every_value_of_its_template_and_renders_no_other():
    template = (ROOT / "docker/proxy/medisync.conf.template").read_text()
    wanted = set(re.findall(r"\$\{(\w+)\}", template))
    environ = SERVICES["proxy"]["environment"]
    allowed = set(re.findall(r"[A-Z_]{4,}", environ["NGINX_ENVSUBST_FILTER"]))
    assert wanted == allowed
    assert wanted - {"MLFLOW_VIEWER_BASIC"} <= set(environ)
    assert "MLFLOW_VIEWER_BASIC" in (ROOT / "docker/proxy/10-viewer.envsh").read_text()
    for name in ("API_A", "API_B", "DAGSTER", "DAGSTER_VIEW", "MLFLOW"):
        host, _, port = environ[name].partition(":")
        assert host in SERVICES
        assert "edge" in SERVICES[host]["networks"], host
        ports = {Settings.model_fields[field].default for field in Settings.model_fields if field.endswith("_port")}
        assert int(port) in ports


def test_the_web_image_holds_no_pipeline():
    recipe = (ROOT / "docker/Dockerfile").read_text()
    stage = recipe.split("AS web-packages")[1].split("FROM")[0]
    assert "--no-default-groups" in stage
    assert "pipeline" not in stage
