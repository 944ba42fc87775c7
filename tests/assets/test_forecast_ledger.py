"""Promises in the database: frozen once, never rewritten, replays apart from live ones."""

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from assets.ledger import freeze, observe, read_ledger, replay
from core.db.tables import ForecastPromise
from ml.forecasting.board import known_by, post, rows_of
from ml.forecasting.ledger import score_ledger

STAMP = {"dagster_run_id": "run", "code_commit": "abc"}


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(1)
    days = pd.date_range("2022-01-01", "2026-10-31", freq="D", tz="UTC")
    moments = days.repeat(rng.poisson(2.0, len(days)))
    return pd.DataFrame(
        {
            "registered_at": moments + pd.Timedelta(hours=9),
            "recorded_at": moments + pd.Timedelta(hours=10),
            "condition": rng.choice(["Influenza", "Fracture"], len(moments)),
        }
    )


@pytest.fixture(scope="module")
def posted_rows(rows):
    return rows_of(post(known_by(rows, pd.Period("2026-09", freq="M")), horizon=2, with_split=False)[0])


def test_the_same_forecast_is_frozen_once(pg_engine, posted_rows):
    assert freeze(pg_engine, posted_rows, kind="live", stamp=STAMP) == len(posted_rows)
    assert freeze(pg_engine, posted_rows, kind="live", stamp=STAMP) == 0
    with pg_engine.connect() as connection:
        as_of = connection.execute(select(ForecastPromise.as_of_month).distinct()).scalars().all()
    assert as_of == ["2026-09"]


@pytest.mark.parametrize(
    "statement", ["UPDATE forecast_promise SET mean = 0", "DELETE FROM forecast_promise"], ids=["update", "delete"]
)
def test_the_database_refuses_to_rewrite_a_promise(pg_engine, posted_rows, statement):
    freeze(pg_engine, posted_rows, kind="live", stamp=STAMP)
    with pytest.raises(DatabaseError, match="only ever added"), pg_engine.begin() as connection:
        connection.execute(text(statement))


def test_months_are_replayed_once_and_scored_apart_from_live_ones(pg_engine, rows, posted_rows):
    last = pd.Period("2026-10", freq="M")
    assert replay(pg_engine, rows, last=last, stamp=STAMP) > 0
    assert replay(pg_engine, rows, last=last, stamp=STAMP) == 0
    freeze(pg_engine, posted_rows, kind="live", stamp=STAMP)
    assert observe(pg_engine, known_by(rows, last), run_id="run") > 0
    ledger = score_ledger(*read_ledger(pg_engine))
    assert ledger.live.served.scored == 3, "three series, one month of two has come"
    assert ledger.replayed.first_as_of == "2024-12", "thirty-six months must lie before"
    assert ledger.replayed.last_as_of == "2026-09"
    assert 0.6 < ledger.replayed.served.coverage80 <= 1.0


def test_a_late_entry_is_a_new_actual_and_the_old_one_stays(pg_engine):
    index = pd.PeriodIndex(["2026-09"], freq="M")
    assert observe(pg_engine, {"all": pd.Series([10.0], index=index)}, run_id="one") == 1
    assert observe(pg_engine, {"all": pd.Series([10.0], index=index)}, run_id="two") == 0
    assert observe(pg_engine, {"all": pd.Series([11.0], index=index)}, run_id="three") == 1
    assert read_ledger(pg_engine)[1]["count"].tolist() == [11]
    with pg_engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(text("forecast_actual"))).scalar_one() == 2
