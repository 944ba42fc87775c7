"""A thousand marked identifiers go through import and pipeline, errors included; none is found where it must not be."""

import csv
import itertools
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import dagster as dg
import orjson
import pandas as pd
import pyarrow.parquet as pq
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from upath import UPath

from assets.partitions import range_tags
from assets.registrations import Pseudonyms
from assets.safe_harbor import export_safe_harbor
from assets.storage import Warehouse
from core import clock
from core.db import deid
from core.db.engine import sync_engine
from core.embedded import dagster as embedded_dagster
from core.embedded.environment import of_pipeline
from core.settings import Settings
from core.vocabulary import REGISTRATION_COLUMNS
from ml.synthetic import generate_hospital
from orchestration.definitions import build_defs

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(900)]

MARK = "CANARY"
ROWS = 250
_EXTRAS = ("name", "mrn", "phone", "notes")
#: Columns of the contract that get a mark in turn: identifiers, free text, numbers, times and vocabularies.
_MARKED = [name for name in REGISTRATION_COLUMNS if name not in ("registered_at", "recorded_at")]


@pytest.fixture(scope="module")
def home(registry_home, tmp_path_factory):
    """Settings of a home of its own on the running servers: its own database, the registry's secrets."""
    folder = tmp_path_factory.mktemp("canaries")
    shutil.copy(registry_home.root / "secrets.json", folder)
    admin = make_url(registry_home.database_dsn).set(database="postgres").render_as_string(hide_password=False)
    engine = create_engine(admin, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE canaries"))
        connection.execute(text("CREATE DATABASE canaries_dagster"))
    engine.dispose()
    url = make_url(registry_home.database_dsn)
    settings = registry_home.model_copy(
        update={
            "home": folder,
            "database_url": url.set(database="canaries").render_as_string(hide_password=False),
            "dagster_database_url": url.set(database="canaries_dagster").render_as_string(hide_password=False),
        }
    )
    engine = sync_engine(settings.database_dsn)
    deid.bring_up(engine, settings.secrets["pipeline_password"])
    engine.dispose()
    return settings


@pytest.fixture(scope="module")
def canaries(home) -> Path:
    """Good rows of a small hospital, and 250 rows with four marked identifiers each and a mark in a column in turn."""
    rows = generate_hospital(patients=250, years=2, seed=3, end=clock.today()).registrations
    rows = rows.astype(object).where(rows.notna(), "")
    good = rows[list(REGISTRATION_COLUMNS)].map(
        lambda value: value.isoformat() if hasattr(value, "isoformat") else value
    )
    number = itertools.count()
    path = home.root / "registrations.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow([*REGISTRATION_COLUMNS, *_EXTRAS])
        out.writerows([[*row, "", "", "", ""] for row in good.to_numpy().tolist()])
        for place, row in enumerate(good.tail(ROWS).to_dict("records")):
            marks = [f"{MARK}{next(number):04d} Ada Lovelace" for _ in _EXTRAS]
            column = _MARKED[place % len(_MARKED)]
            row = {**row, "registration_id": f"C{place}", column: f"{marks[3]} 555-0100"}
            # Each tenth has a field too many: it becomes a row that cannot be read.
            out.writerow([*row.values(), *marks, *(["one too many"] if place % 10 == 9 else [])])
    assert next(number) == 1_000
    return path


@pytest.fixture(scope="module")
def instance(home):
    """The real instance: Dagster's tables in PostgreSQL, our dagster.yaml."""
    embedded_dagster.write_home(home)
    wanted = of_pipeline(home, {})
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DAGSTER_HOME", "DAGSTER_PG_URL", "DAGSTER_ARTIFACTS"):
            patch.setenv(name, wanted[name])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with dg.DagsterInstance.get() as found:
                yield found


class Leaking(Pseudonyms):
    """Fails with the whole frame in its text."""

    def replace(self, rows: pd.DataFrame) -> pd.DataFrame:
        raise ValueError(f"no pseudonym for {rows.to_string()}")


class LeakingStore(dg.IOManager):
    """Fails with a row in its text, as pyarrow does."""

    def handle_output(self, context: dg.OutputContext, obj: object) -> None:
        frame = pd.concat(obj.values()) if isinstance(obj, dict) else obj
        raise TypeError(f"could not convert {frame.tail(300).to_dict('records')}")

    def load_input(self, context: dg.InputContext) -> object:
        raise NotImplementedError


@pytest.fixture(scope="module")
def printed(home, canaries, instance, capfd_module) -> str:
    """Import, pipeline and its failures, once; everything that was printed or logged meanwhile."""
    done = _import(canaries, home)
    assert done.returncode == 0, done.stderr
    assert orjson.loads(done.stdout)["quarantined"] > 100
    again = _import(_cut(canaries), home)
    assert again.returncode == 1
    months = sorted(path.name for path in home.inbox.glob("????-??"))
    tags = range_tags(months[0], months[-1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for job, overrides, is_good in (
            ("intake", {}, True),
            ("insights", {}, True),
            ("intake", {"pseudonyms": Leaking(key="k")}, False),
            ("intake", {"io_manager": LeakingStore()}, False),
        ):
            definitions = build_defs(home, overrides=overrides)
            whole = definitions.resolve_job_def(job)
            # The detector's examination of itself takes minutes and reads no registration.
            wanted = [key for key in whole.asset_layer.executable_asset_keys if key != dg.AssetKey("surge_self_grade")]
            result = whole.execute_in_process(
                instance=instance,
                tags=tags if job == "intake" else {},
                asset_selection=wanted if job == "insights" else None,
                raise_on_error=False,
            )
            failed = [event.step_key for event in result.get_step_failure_events()]
            assert result.success == is_good, (job, failed)
    return done.stdout + done.stderr + again.stdout + again.stderr + "".join(capfd_module())


@pytest.fixture(scope="module")
def capfd_module(request):
    """What the process printed, on both streams, for a fixture of a module."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    yield lambda: capture.read_global_capture()


def _import(path: Path, home: Settings) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-c", "from medisync.main import run; run()", "import", str(path), "--json"]
    return subprocess.run(argv, env=of_pipeline(home, {}), text=True, capture_output=True, check=False)


def _cut(path: Path) -> Path:
    """A file whose header is there twice: refused as a whole."""
    other = path.with_name("twice.csv")
    header, _, rest = path.read_text().partition("\n")
    other.write_text(f"{header},registration_id\n{rest}")
    return other


def _everything(dsn: str) -> str:
    """Every row of every table of a database, as text."""
    engine = sync_engine(dsn)
    found = []
    with engine.connect() as connection:
        tables = connection.execute(
            text("SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information_)'")
        ).all()
        assert tables
        for schema, table in tables:
            found += connection.execute(text(f'SELECT t::text FROM "{schema}"."{table}" t')).scalars().all()
    engine.dispose()
    return "\n".join(found)


def _files(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_no_mark_is_printed_or_logged(printed):
    assert MARK not in printed


def test_no_mark_is_in_a_row_of_dagsters_database_or_a_file_of_its_home(printed, home):
    stored = _everything(home.dagster_dsn)
    assert "STEP_FAILURE" in stored and "ValueError" in stored, "the failures are there, without their texts"
    assert MARK not in stored
    assert MARK.encode() not in _files(home.dagster_home)


def test_no_mark_is_in_mlflow(printed, home, registry_home):
    assert MARK not in _everything(registry_home.mlflow_dsn)
    assert MARK.encode() not in _files(registry_home.mlflow_artifacts)


def test_no_mark_is_in_a_validation_run_or_its_report(printed, home):
    engine = sync_engine(home.database_dsn)
    with engine.connect() as connection:
        runs = connection.execute(text("SELECT v::text FROM validation_run v")).scalars().all()
        batches = connection.execute(text("SELECT b::text FROM import_batch b")).scalars().all()
        rules = (
            connection.execute(text("SELECT rules FROM validation_run WHERE NOT is_success OR failed_row_count > 0"))
            .scalars()
            .all()
        )
        parked = connection.execute(
            text("SELECT count(*) FROM quarantined_registration WHERE raw::text LIKE '%CANARY%'")
        ).scalar_one()
    engine.dispose()
    assert parked > 100, "the marks are where they belong"
    assert MARK not in "\n".join([*runs, *batches])
    assert rules


def test_no_mark_is_in_an_extract_for_training(printed, home, tmp_path):
    warehouse = Warehouse(base=str(home.warehouse))
    stored = pd.concat(warehouse.read("validated_registrations").values())
    assert stored["condition"].str.contains(MARK).any(), "marks went as far as the layers that are read"
    report = export_safe_harbor(warehouse, UPath(tmp_path / "extract"), version="0")
    assert report.rows > 100
    assert MARK not in (tmp_path / "extract" / "manifest.json").read_text()
    known = {str(value) for name in ("registration_id", "patient_id", "facility") for value in stored[name]}
    for path in (tmp_path / "extract" / "rows").iterdir():
        file = pq.ParquetFile(path)
        assert MARK not in str(file.metadata.metadata)
        cells = {str(cell) for cell in file.read().to_pandas().to_numpy().ravel()}
        assert not [cell for cell in cells if MARK in cell or "Lovelace" in cell or "555-0100" in cell]
        assert not cells & known


def test_great_expectations_leaves_no_file(printed, home):
    assert not [path for path in home.root.rglob("*") if "great_expectations" in path.name or path.name == "gx"]
