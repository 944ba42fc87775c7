"""`medisync import`: one object on standard output, progress on standard error, an exit code that can be relied on."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner
from made_files import canonical_csv, everything_in, write

from medisync.main import cli


@pytest.fixture
def run(home, monkeypatch):
    """Call the command line in this process, in the test's home."""
    monkeypatch.setenv("MEDISYNC_HOME", str(home.home))
    monkeypatch.setenv("MEDISYNC_DATABASE_URL", home.database_url)
    return lambda *arguments: CliRunner().invoke(cli, ["import", *map(str, arguments)])


def test_json_is_exactly_the_object_of_the_contract(run, tmp_path):
    result = run(write(tmp_path / "a.csv", canonical_csv({}, {"acuity": "7"})), "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "read": 2,
        "accepted": 1,
        "quarantined": 1,
        "duplicates": 0,
        "reasons": {"acuity_out_of_range": 1},
    }
    assert result.stdout.count("\n") == 1


def test_a_person_gets_a_table_and_a_dry_run_says_so(run, home, tmp_path):
    result = run(write(tmp_path / "a.csv", canonical_csv({}, {"acuity": "7"})), "--dry-run")
    assert result.exit_code == 0
    for word in ("nothing was written", "accepted", "acuity_out_of_range"):
        assert word in result.stdout
    assert everything_in(home.root) == []


def test_a_refused_file_ends_with_1_and_one_sentence_on_standard_error(tmp_path):
    path = write(tmp_path / "a.csv", "a,b\n1,2\n")
    script = "from medisync.main import run; run()"
    done = subprocess.run(
        [sys.executable, "-c", script, "import", str(path), "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("medisync: a.csv, line 1: the columns registration_id")
    assert done.stderr.rstrip().endswith("[columns_missing]")


def test_a_missing_argument_is_a_usage_error(run):
    assert run().exit_code == 2


def test_a_dry_run_without_a_database_says_that_it_did_not_compare(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDISYNC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MEDISYNC_DATABASE_URL", "postgresql+psycopg2://x@127.0.0.1:1/x")
    path = write(tmp_path / "a.csv", canonical_csv({}))
    result = CliRunner().invoke(cli, ["import", str(path), "--dry-run", "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["accepted"] == 1
    assert "comparison" in result.stderr
    assert "skipped" in result.stderr


def test_a_broken_contract_ends_with_1_and_names_the_column(run, tmp_path):
    rows = [{} for _ in range(6)]
    assert run(write(tmp_path / "ward.csv", canonical_csv(*rows))).exit_code == 0
    moved = canonical_csv(*[{"age_years": "50"} for _ in rows]).replace(",37.2,", ",99.0,")
    result = run(write(tmp_path / "ward.csv", moved))
    assert result.exit_code == 1
    assert "temperature_c was typically 37.2 and is 99" in str(result.exception)
