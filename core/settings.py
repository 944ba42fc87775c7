"""Settings: the only place that reads the environment.

Belongs here: what an operator may set, its default and its meaning, and the generated secrets of this home.
Does not belong here: decisions of clinicians (those live in configuration tables with an owner).

Every setting is `MEDISYNC_<NAME>`. A service given by address (`MEDISYNC_DATABASE_URL`, `MEDISYNC_REDIS_URL`,
`MEDISYNC_MLFLOW_URL`) is used as it is; otherwise the embedded one of this home is addressed.
"""

import json
import os
import secrets
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import InputError

SECRET_NAMES = (
    "postgres_password",
    "valkey_password",
    "mlflow_admin_password",
    "mlflow_service_password",
    "mlflow_viewer_password",
    "mlflow_flask_key",
    "pseudonym_key",
    "release_signing_key",
    "phi_master_key",
    "blind_index_key",
    "audit_signing_key",
    "pipeline_password",
)


class Settings(BaseSettings):
    """What this installation is told from outside, with the defaults of one machine."""

    model_config = SettingsConfigDict(env_prefix="MEDISYNC_", extra="ignore", frozen=True)

    home: Path = Path(".medisync")
    bind_host: str = "127.0.0.1"
    api_port: int = Field(8000, ge=1, le=65535)
    dagster_port: int = Field(3000, ge=1, le=65535)
    mlflow_port: int = Field(5000, ge=1, le=65535)
    pg_port: int = Field(5433, ge=1, le=65535)
    valkey_port: int = Field(6380, ge=1, le=65535)
    code_server_port: int = Field(4266, ge=1, le=65535)
    #: Dagster's web interface that can only be looked at; started by `medisync serve`, not by `medisync up`.
    dagster_viewer_port: int = Field(3001, ge=1, le=65535)
    #: What everything but the API listens on; in a container of its own: 0.0.0.0, on an inner network.
    inner_host: str = "127.0.0.1"
    #: Where Dagster's code server answers, for its web interface and daemon.
    code_server_host: str = "127.0.0.1"
    dagster_url: str | None = None
    #: Where people reach the dashboard; Dagster and MLflow link there. Left out: the API on this machine.
    dashboard_url: str | None = Field(None, pattern=r"^https?://[^\s]+$")
    #: Names (with ports) under which MLflow may be asked, comma-separated; empty: its own default (this machine).
    mlflow_allowed_hosts: str = ""
    #: Where the steps of a run are worked on: in the run's own process, or by Celery workers on any machine.
    executor: Literal["in_process", "celery"] = "in_process"
    #: Steps that one worker works on at a time.
    worker_concurrency: int = Field(1, ge=1, le=64)
    #: After how many seconds without a sign of life from its worker a step is given to another one.
    worker_lease_seconds: int = Field(60, ge=10, le=3600)
    #: Web workers; 0 means two where there are two cores and 4 GB free, else one. Two can be restarted one by one.
    api_workers: int = Field(0, ge=0, le=64)
    database_url: str | None = None
    dagster_database_url: str | None = None
    mlflow_database_url: str | None = None
    mlflow_auth_database_url: str | None = None
    #: The application's database as the pipeline's own role; left out: `medisync_pipeline` on the same server.
    pipeline_database_url: str | None = None
    redis_url: str | None = None
    mlflow_url: str | None = None
    #: Where failed checks and runs are told by POST (names and counts, never a value); left out: in the app only.
    alert_webhook_url: str | None = Field(None, pattern=r"^https?://[^\s]+$")
    #: Key of the HMAC-SHA256 that signs each message.
    alert_webhook_secret: str | None = Field(None, min_length=16)
    #: Folder or URL of the layers' Parquet, any that fsspec reaches; left out: in the home.
    warehouse_url: str | None = Field(None, min_length=2)
    #: Where MLflow keeps the versions' files, any scheme that MLflow has a store for (`s3://`, `gs://`, `wasbs://`,
    #: `file://`, …); left out: in the home.
    artifacts_url: str | None = Field(None, pattern=r"^[a-z][a-z0-9+.-]*://[^\s]+$")
    #: `host:port` of a clamd that every upload is shown to first; left out: uploads are judged by content alone.
    #: Where one is set and does not answer, no file is taken.
    clamd: str | None = Field(None, pattern=r"^[A-Za-z0-9.-]+:\d{1,5}$")
    #: Where traces of requests go by OTLP over HTTP (`…/v1/traces`); left out: nowhere.
    otlp_endpoint: str | None = Field(None, pattern=r"^https?://[^\s]+$")
    #: First month of the monthly partitions, YYYY-MM.
    history_start: str = "2015-01"
    #: Whether the seeded hospital is synthetic; shown on every page.
    is_demo: bool = True
    demo_patients: int = Field(12_000, ge=100)
    demo_years: int = Field(6, ge=3, le=20)
    demo_seed: int = 20261124
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    #: Whether a second administrator must confirm a promotion; a rollback never waits.
    needs_four_eyes: bool = False
    #: Address under which browsers reach the dashboard (`https://host`); left out: localhost at the API's port.
    #: Passkeys hold for its host name alone; where it is a number, browsers have none.
    public_url: str | None = Field(None, pattern=r"^https?://[A-Za-z0-9.-]+(:\d{1,5})?$")
    #: False only where no TLS ends in front of the API and the browser is on this machine.
    cookie_secure: bool = True
    #: Whether staff must have a second factor; without one the first sign-in sets it up.
    is_mfa_required: bool = True
    #: Opens this installation's backups; kept away from this machine, else a stolen disk holds lock and key.
    backup_passphrase: SecretStr | None = None
    #: How many backups stay in a folder that `medisync backup` writes to.
    backup_keep: int = Field(14, ge=1)

    @field_validator(
        "database_url",
        "dagster_database_url",
        "mlflow_database_url",
        "mlflow_auth_database_url",
        "pipeline_database_url",
    )
    @classmethod
    def _driver_is_named(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith("postgresql+psycopg2://"):
            raise ValueError(
                "a database address must begin with postgresql+psycopg2:// (SQLAlchemy 2.1, decision 0002)"
            )
        return url

    @field_validator("history_start")
    @classmethod
    def _is_month(cls, text: str) -> str:
        year, dash, month = text.partition("-")
        if dash != "-" or not (year.isdigit() and len(year) == 4 and month.isdigit() and 1 <= int(month) <= 12):
            raise ValueError(f"{text!r} is not a month; write it as YYYY-MM")
        return text

    # -- places -----------------------------------------------------------------------------------------------------
    @property
    def root(self) -> Path:
        """Home as an absolute path."""
        return self.home.expanduser().absolute()

    @property
    def passkey_origin(self) -> str:
        """Where a browser must be for a passkey to be asked for."""
        return self.public_url or f"http://localhost:{self.api_port}"

    @property
    def passkey_rp_id(self) -> str:
        """The host name that passkeys hold for."""
        return urlsplit(self.passkey_origin).hostname or "localhost"

    @property
    def audit_anchor_file(self) -> Path:
        """Numbers and hashes of the audit's seals, outside the database; copy it away from this machine."""
        return self.root / "audit-anchor.log"

    @property
    def warehouse(self) -> Path:
        """Parquet of the assets."""
        return self.root / "warehouse"

    @property
    def inbox(self) -> Path:
        """Landed files, canonical columns as text, one folder a month."""
        return self.root / "inbox"

    @property
    def log_dir(self) -> Path:
        return self.root / "logs"

    @property
    def dagster_home(self) -> Path:
        return self.root / "dagster"

    @property
    def mlflow_artifacts(self) -> Path:
        return self.root / "mlflow"

    # -- secrets ----------------------------------------------------------------------------------------------------
    @property
    def secrets(self) -> dict[str, str]:
        """The generated secrets of this home (`secrets.json`, mode 0600); an environment variable wins.

        Raises
        ------
        InputError
            If a secret is neither in the environment nor in the home: nothing was started here yet.
        """
        path = self.root / "secrets.json"
        stored: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        found = {name: os.environ.get(f"MEDISYNC_{name.upper()}", stored.get(name, "")) for name in SECRET_NAMES}
        missing = [name for name, value in found.items() if not value]
        if missing:
            raise InputError(
                f"no {missing[0]} in {path} or MEDISYNC_{missing[0].upper()}; run `medisync up` first, "
                "or name the home with MEDISYNC_HOME",
                code="home_not_initialised",
            )
        return found

    def ensure_secrets(self) -> None:
        """Make the home and whatever secret it lacks. Existing secrets stay; the file is readable by its owner only."""
        self.root.mkdir(parents=True, exist_ok=True)
        path = self.root / "secrets.json"
        stored: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        if all(name in stored for name in SECRET_NAMES):
            return
        for name in SECRET_NAMES:
            stored.setdefault(name, secrets.token_hex(32))
        temporary = path.with_suffix(".tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(stored, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)

    # -- addresses --------------------------------------------------------------------------------------------------
    def _database(self, given: str | None, name: str) -> str:
        if given is not None:
            return given
        if self.database_url is not None:
            return urlsplit(self.database_url)._replace(path=f"/{name}").geturl()
        password = quote(self.secrets["postgres_password"])
        return f"postgresql+psycopg2://medisync:{password}@127.0.0.1:{self.pg_port}/{name}"

    @property
    def database_dsn(self) -> str:
        """Database of the application and of published results (psycopg2 driver)."""
        return self._database(self.database_url, "medisync")

    @property
    def pipeline_dsn(self) -> str:
        """The same database as the role that assets run under: it reads views without identities (`core.db.deid`)."""
        if self.pipeline_database_url is not None:
            return self.pipeline_database_url
        url = urlsplit(self.database_dsn)
        place = url.netloc.rpartition("@")[2]
        return url._replace(netloc=f"medisync_pipeline:{quote(self.secrets['pipeline_password'])}@{place}").geturl()

    @property
    def async_database_dsn(self) -> str:
        """The same database for the web workers (asyncpg driver)."""
        return self.database_dsn.replace("postgresql+psycopg2://", "postgresql+asyncpg://", 1)

    @property
    def dagster_dsn(self) -> str:
        return self._database(self.dagster_database_url, "dagster")

    @property
    def mlflow_dsn(self) -> str:
        return self._database(self.mlflow_database_url, "mlflow")

    @property
    def mlflow_auth_dsn(self) -> str:
        return self._database(self.mlflow_auth_database_url, "mlflow_auth")

    @property
    def redis_dsn(self) -> str:
        if self.redis_url is not None:
            return self.redis_url
        return f"redis://:{quote(self.secrets['valkey_password'])}@127.0.0.1:{self.valkey_port}/0"

    @property
    def mlflow_address(self) -> str:
        return (self.mlflow_url or f"http://127.0.0.1:{self.mlflow_port}").rstrip("/")

    @property
    def dagster_address(self) -> str:
        return (self.dagster_url or f"http://127.0.0.1:{self.dagster_port}").rstrip("/")

    @property
    def api_address(self) -> str:
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def dashboard_address(self) -> str:
        return (self.dashboard_url or self.api_address).rstrip("/")


def load() -> Settings:
    """Read the settings from the environment.

    Raises
    ------
    InputError
        Naming the variable, its value's fault and what is allowed.
    """
    try:
        return Settings()  # pyright: ignore[reportCallIssue]
    except ValueError as error:
        raise InputError(f"a setting is wrong: {error}", code="bad_setting") from error


def metrics_folder() -> str | None:
    """Return the folder in which the web workers keep their metrics together, as prometheus_client reads it."""
    return os.environ.get("PROMETHEUS_MULTIPROC_DIR") or None


def child_environment(extra: dict[str, str]) -> dict[str, str]:
    """Return this process's environment with `extra` laid over it, for a process that we start."""
    return {**os.environ, **extra}


def export(values: dict[str, str]) -> None:
    """Put values into this process's environment, for a library that can be told in no other way."""
    os.environ.update(values)
