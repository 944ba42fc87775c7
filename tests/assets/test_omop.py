"""The OMOP export, loaded into a real PostgreSQL under the model's own types and keys."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from assets.omop import export_omop, load_script
from assets.registrations import Pseudonyms
from assets.storage import Warehouse, write_atomically
from core import clock
from core.errors import InputError, NotFoundError
from core.settings import Settings
from medisync.main import cli
from ml.omop import TABLES
from ml.synthetic import generate_hospital

#: What the Data Quality Dashboard asks of these tables, as queries that count what fails.
PLAUSIBLE = {
    "a visit ends before it begins": "SELECT count(*) FROM visit_occurrence WHERE visit_end_date < visit_start_date",
    "an event outside of its visit": "SELECT count(*) FROM condition_occurrence JOIN visit_occurrence v USING "
    "(visit_occurrence_id) WHERE condition_start_date NOT BETWEEN visit_start_date AND visit_end_date",
    "a visit outside of the observation": "SELECT count(*) FROM visit_occurrence JOIN observation_period USING "
    "(person_id) WHERE visit_start_date NOT BETWEEN observation_period_start_date AND observation_period_end_date",
    "a visit before birth": "SELECT count(*) FROM visit_occurrence JOIN person USING (person_id) "
    "WHERE extract(year FROM visit_start_date) < year_of_birth",
    "a person without observation": "SELECT count(*) FROM person LEFT JOIN observation_period USING (person_id) "
    "WHERE observation_period_id IS NULL",
    "a visit without condition": "SELECT count(*) FROM visit_occurrence LEFT JOIN condition_occurrence USING "
    "(visit_occurrence_id) WHERE condition_occurrence_id IS NULL",
}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    made = generate_hospital(patients=300, years=2, seed=5, end=clock.today()).registrations
    return Pseudonyms(key="k").replace(made.assign(patient_id="MRN-" + made["patient_id"].astype("str")))


@pytest.fixture
def settings(tmp_path, rows) -> Settings:
    """A home whose validated layer holds a small hospital."""
    made = Settings(home=tmp_path / "home", database_url=None, redis_url=None)
    made.ensure_secrets()
    warehouse = Warehouse(base=str(made.warehouse))
    for month, part in rows.groupby(rows["registered_at"].dt.strftime("%Y-%m")):
        write_atomically(part, warehouse.path("validated_registrations", str(month)), run_id="test")
    return made


def load(engine: Engine, folder: Path) -> None:
    """Do what `psql -f load.sql` does, with the driver's own copy."""
    connection = engine.raw_connection()
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA omop; SET search_path = omop")
        for lines in re.split(r"^(\\copy .*)\n", (folder / "load.sql").read_text(), flags=re.MULTILINE):
            if lines.startswith("\\copy"):
                name = lines.split()[1]
                with (folder / f"{name}.csv").open() as file:
                    cursor.copy_expert(f"COPY {name} FROM STDIN WITH (FORMAT csv, HEADER true)", file)
            elif lines.strip():
                cursor.execute(lines)
    connection.commit()
    connection.close()


def test_the_export_loads_under_the_models_keys_and_is_plausible(settings, rows, pg_engine, tmp_path, monkeypatch):
    monkeypatch.setenv("MEDISYNC_HOME", str(settings.home))
    folder = tmp_path / "new" / "cdm"
    done = CliRunner().invoke(cli, ["omop", str(folder), "--holder", "North", "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    report = json.loads(done.stdout)
    assert report["rows"]["visit_occurrence"] + report["left_out_visits"] == len(rows)
    try:
        load(pg_engine, folder)
        with pg_engine.connect() as connection:
            connection.execute(text("SET search_path = omop"))
            found = {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in TABLES}
            failed = {name: connection.execute(text(query)).scalar_one() for name, query in PLAUSIBLE.items()}
    finally:
        with pg_engine.begin() as connection:
            connection.execute(text("DROP SCHEMA IF EXISTS omop CASCADE"))
    assert found == report["rows"]
    assert failed == dict.fromkeys(PLAUSIBLE, 0)
    assert found["person"] == rows["patient_id"].nunique()
    written = "".join(path.read_text() for path in folder.iterdir())
    assert "MRN-" not in written, "patients are there by pseudonym"


def test_a_vocabulary_of_athena_gives_conditions_their_standard_concepts(settings, rows, tmp_path):
    code = rows["condition_code"].dropna().iloc[0]
    athena = tmp_path / "athena"
    athena.mkdir()
    (athena / "CONCEPT.csv").write_text(
        "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tstandard_concept\tconcept_code\n"
        f'11\tA "name\tCondition\tICD10\t\t{code}\n21\tName\tCondition\tSNOMED\tS\t1\n31\tOther\tDrug\tRxNorm\tS\t2\n'
    )
    (athena / "CONCEPT_RELATIONSHIP.csv").write_text("concept_id_1\tconcept_id_2\trelationship_id\n11\t21\tMaps to\n")
    (athena / "VOCABULARY.csv").write_text(
        "vocabulary_id\tvocabulary_name\tvocabulary_version\nICD10\tICD10\t2021\nNone\tOMOP\tv5.0 27-AUG-25\n"
    )
    warehouse = Warehouse(base=str(settings.warehouse))
    report = export_omop(
        warehouse, tmp_path / "cdm", made_on=clock.today(), holder="North", vocabulary=athena, setting="outpatient"
    )
    assert report.mapped_conditions == (rows["condition_code"] == code).sum() > 0
    assert report.vocabulary_version == "v5.0 27-AUG-25"
    (athena / "CONCEPT_RELATIONSHIP.csv").unlink()
    with pytest.raises(InputError, match=r"athena holds no CONCEPT_RELATIONSHIP\.csv"):
        export_omop(warehouse, tmp_path / "other", made_on=clock.today(), holder="North", vocabulary=athena)
    assert not (tmp_path / "other").exists()


def test_a_folder_with_something_in_it_is_left_alone(settings, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        export_omop(Warehouse(base=str(settings.warehouse)), tmp_path / "full", made_on=clock.today(), holder="North")
    assert (tmp_path / "full" / "mine.txt").read_text() == "mine"


def test_nothing_validated_is_nothing_exported(tmp_path):
    with pytest.raises(NotFoundError, match="no registration is validated yet"):
        export_omop(Warehouse(base=str(tmp_path / "w")), tmp_path / "cdm", made_on=clock.today(), holder="North")


def test_the_script_makes_tables_then_rows_then_keys():
    script = load_script()
    assert script.index("CREATE TABLE person") < script.index("\\copy person") < script.index("ALTER TABLE person")
