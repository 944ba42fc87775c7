"""Whatever is in a file: read = accepted + quarantined + duplicates, and no value leaks."""

import logging
import secrets
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_files import canonical_csv, write

from assets.intake import import_file, read_inbox
from core import clock
from core.errors import MediSyncError
from core.settings import Settings
from core.vocabulary import REGISTRATION_COLUMNS
from expectations import part_rows
from expectations.report import ValidationEntry, render

CELLS = st.sampled_from(["", "44", "-1", "1e9", "female", "2024-03-01", "2024-13-45", "J10.1", "x", '"', "ü", "1\n2"])
CHANGES = st.dictionaries(st.sampled_from(REGISTRATION_COLUMNS), CELLS, max_size=4)
JUNK = st.text(alphabet='ab,;"\n\r\t 1é', max_size=30)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(CHANGES, max_size=5), junk=st.lists(JUNK, max_size=3))
def test_every_record_of_any_file_is_accounted_for(tmp_path, rows, junk):
    home = Settings(home=tmp_path / "home", database_url="postgresql+psycopg2://x@127.0.0.1:1/x")
    path = write(tmp_path / "junk.csv", canonical_csv(*rows) + "\n".join(junk))
    report = import_file(path, settings=home, dry_run=True)
    assert report.read == report.accepted + report.quarantined + report.duplicates
    assert report.read >= (1 if rows else 0)
    assert sum(report.reasons.values()) >= report.quarantined


@pytest.fixture
def canaries():
    """200 values that no report, log or message may hold, one in every fourth cell of fifty rows."""
    marks = [f"canary{secrets.token_hex(6)}" for _ in range(200)]
    columns = ["patient_id", "condition", "age_years", "sex", "outcome", "registered_at", "condition_code", "acuity"]
    rows = [
        {columns[(number + offset) % len(columns)]: marks[4 * number + offset] for offset in range(4)}
        for number in range(50)
    ]
    return marks, canonical_csv(*rows)


def test_planted_values_appear_in_no_report_log_or_batch(home, pg_engine, tmp_path, canaries, caplog, capfd):
    marks, text = canaries
    caplog.set_level(logging.DEBUG)
    report = import_file(write(tmp_path / "a.csv", text), settings=home)
    assert report.read == 50
    spoken = [repr(asdict(report)), caplog.text, *capfd.readouterr()]
    with pg_engine.connect() as connection:
        spoken.append(repr(connection.exec_driver_sql("SELECT * FROM import_batch").all()))
    for month in sorted(path.name for path in home.inbox.glob("????-??")):
        parted = part_rows(read_inbox(home.inbox, month))
        suite = parted.report
        entry = ValidationEntry(
            suite.suite,
            suite.version,
            month,
            clock.now(),
            suite.row_count,
            suite.failed_row_count,
            suite.is_success,
            suite.rules,
        )
        spoken += [repr(suite), render([entry, entry])]
    spoken += [caplog.text, *capfd.readouterr()]
    assert [mark for mark in marks if any(mark in words for words in spoken)] == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text + '"' + "x\n" * 200_000,
        lambda text: text + "R9,\0",
        lambda text: text.replace("registration_id", "sex", 1),
        lambda text: text.replace("facility", "place", 1),
    ],
)
def test_planted_values_appear_in_no_error(home, tmp_path, canaries, damage, caplog):
    marks, text = canaries
    with pytest.raises(MediSyncError) as caught:
        import_file(write(tmp_path / "a.csv", damage(text)), settings=home)
    chain = repr(caught.value) + str(caught.value.__cause__) + caught.value.message + caplog.text
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert [mark for mark in marks if mark in chain] == []
