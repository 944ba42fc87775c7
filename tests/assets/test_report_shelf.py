"""The nightly reports: made from what was published, one a role, kept for a while."""

import hashlib
import io
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from assets import reports
from assets.database import Database
from assets.reports import ROLES, ReportShelf
from core.db.tables import StoredReport
from core.vocabulary import Role

sys.path.append(str(Path(__file__).parents[1] / "serving"))
import published


@pytest.fixture
def shelf(pg_engine, pg_dsn):
    return ReportShelf(database=Database(dsn=pg_dsn), is_synthetic=True)


def words_of(content):
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def test_without_a_publication_no_report_is_made(shelf, pg_engine):
    assert shelf.make(Role.DOCTOR, run_id="run") is None


def test_a_report_is_kept_with_its_receipts_and_its_hash(shelf, pg_engine):
    published.publish(pg_engine, published.everything())
    shelf.make(Role.DOCTOR, run_id="run-1")
    with pg_engine.connect() as connection:
        row = connection.execute(select(StoredReport)).one()
    assert row.sha256 == hashlib.sha256(row.content).hexdigest()
    assert len(row.receipts) == 5
    assert row.dagster_run_id == "run-1"
    assert row.as_of == published.AS_OF
    assert "Clinical report" in words_of(row.content)


def test_only_the_administrators_copy_hides_small_counts(shelf, pg_engine):
    published.publish(pg_engine, {"illness_surge": published.illness_surge(observed=7)})
    for role, is_suppressed in ROLES.items():
        report = shelf.make(role, run_id="run")
        assert ("7 registrations in 2026-W47" in words_of(report["content"])) is not is_suppressed


def test_old_nights_make_room_for_new_ones(shelf, pg_engine, monkeypatch):
    monkeypatch.setattr(reports, "KEPT", 2)
    published.publish(pg_engine, {"demographics": published.demographics()})
    made = [shelf.make(Role.NURSE, run_id=str(night))["report_id"] for night in range(4)]
    with pg_engine.connect() as connection:
        kept = set(connection.execute(select(StoredReport.report_id)).scalars())
    assert kept == set(made[-2:])
