"""Questions that nobody foresaw, on ten million registrations: `python -m bench.adhoc`.

Belongs here: DuckDB over Parquet against the plain pandas way, and the weekly rollup. Does not belong here: the
analyses themselves. The rows are made up; the question is one a clinician would ask.
"""

import argparse
import io
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median

import duckdb
import numpy as np
import pandas as pd
import psycopg2
from sqlalchemy.engine import make_url

from bench.table import BenchRow, show
from core.embedded import ports, postgres, service
from core.embedded.home import room_of
from core.settings import Settings

ROWS = 10_000_000
REPEATS = 5
ROLLUP_REPEATS = 200
#: Influenza and pneumonia among those over sixty, by week, over two winters, with the share that was admitted.
QUESTION = """
    SELECT date_trunc('week', registered_at) AS week, condition, count(*) AS visits, avg(is_admitted::INT) AS admitted
    FROM visits
    WHERE condition IN (3, 7) AND age >= 60 AND registered_at >= TIMESTAMP '2024-10-01'
    GROUP BY ALL ORDER BY ALL
"""
WEEK = "SELECT condition, visits FROM rollup WHERE week = ? ORDER BY visits DESC LIMIT 5"

WEEK_IN_POSTGRES = """
    SELECT condition, sum(visits) FROM rollup WHERE week = %s GROUP BY condition ORDER BY 2 DESC LIMIT 5
"""


def rows(count: int = ROWS) -> list[BenchRow]:
    """Measure; about a minute with the default number of rows."""
    with tempfile.TemporaryDirectory(prefix="medisync-bench-") as folder:
        file = Path(folder, "visits.parquet")
        make(count).to_parquet(file, index=False, compression="zstd")
        with duckdb.connect(config={"threads": 2}) as database:
            database.execute(f"CREATE VIEW visits AS SELECT * FROM read_parquet('{file}')")
            over_parquet = timed(lambda: database.execute(QUESTION).fetchall(), REPEATS)
            database.execute("CREATE TABLE loaded AS SELECT * FROM visits")
            loaded_question = QUESTION.replace("FROM visits", "FROM loaded")
            loaded = timed(lambda: database.execute(loaded_question).fetchall(), REPEATS)
            database.execute(
                "CREATE TABLE rollup AS SELECT date_trunc('week', registered_at) AS week, condition, "
                "count(*) AS visits FROM loaded GROUP BY ALL ORDER BY ALL"
            )
            monday = database.execute("SELECT max(week) FROM rollup").fetchone()
            week = timed(lambda: database.execute(WEEK, monday).fetchall(), ROLLUP_REPEATS)
        frame = pd.read_parquet(file)
        plain = timed(lambda: in_pandas(frame), 3)
        newest = pd.Timestamp(monday[0]) if monday else frame["registered_at"].max()
        plain_week = timed(lambda: top_five(frame, newest), 3)
        in_postgres = weekly_in_postgres(frame)
    millions = f"{count / 1e6:.0f} M rows"
    return [
        BenchRow(
            f"unforeseen question, {millions}, past load, DuckDB (naive: pandas)", "< 250 ms", loaded, "ms", plain
        ),
        BenchRow(f"the same straight from Parquet, {millions} (naive: pandas, loaded)", "", over_parquet, "ms", plain),
        BenchRow("top five of a week, rollup in DuckDB (naive: pandas over the rows)", "", week, "ms", plain_week),
        BenchRow("the same, rollup in PostgreSQL, round trip included", "< 1 ms", in_postgres, "ms", plain_week),
    ]


def weekly_in_postgres(frame: pd.DataFrame) -> float:
    """Median milliseconds of a week's top five from a rollup by week, condition, age band and outcome."""
    days = frame["registered_at"].dt.normalize()
    grouped = frame.assign(week=days - pd.to_timedelta(days.dt.day_of_week, unit="D"), band=frame["age"] // 20)
    rollup = grouped.groupby(["week", "condition", "band", "is_admitted"]).size().rename("visits").reset_index()
    with tempfile.TemporaryDirectory(prefix="medisync-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)  # started as root, PostgreSQL runs under another account that must pass through
        settings = Settings(home=home, pg_port=ports.find_free(), database_url=None, redis_url=None)
        settings.ensure_secrets()
        address = make_url(settings.database_dsn).set(drivername="postgresql").render_as_string(hide_password=False)
        with (
            service.started(postgres.service(settings), room=room_of(settings)),
            closing(psycopg2.connect(address)) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("CREATE TABLE rollup (week date, condition int, band int, is_admitted bool, visits int)")
            cursor.copy_expert("COPY rollup FROM STDIN CSV", io.StringIO(rollup.to_csv(index=False, header=False)))
            cursor.execute("CREATE INDEX ON rollup (week) INCLUDE (condition, visits)")
            cursor.execute("ANALYZE rollup")
            connection.commit()

            def ask() -> object:
                cursor.execute(WEEK_IN_POSTGRES, (rollup["week"].max(),))
                return cursor.fetchall()

            return timed(ask, ROLLUP_REPEATS)


def make(count: int) -> pd.DataFrame:
    """Visits of six years, forty conditions."""
    rng = np.random.default_rng(0)
    seconds = np.sort(rng.integers(0, 6 * 365 * 86_400, count))
    return pd.DataFrame(
        {
            "registered_at": pd.Timestamp("2020-11-02") + pd.to_timedelta(seconds, unit="s"),
            "condition": rng.integers(0, 40, count).astype("int16"),
            "age": rng.integers(0, 100, count).astype("int8"),
            "is_admitted": rng.random(count) < 0.2,
        }
    )


def in_pandas(frame: pd.DataFrame) -> pd.DataFrame:
    """The question in plain pandas."""
    chosen = frame[
        frame["condition"].isin([3, 7]) & (frame["age"] >= 60) & (frame["registered_at"] >= pd.Timestamp("2024-10-01"))
    ]
    week = chosen["registered_at"].dt.to_period("W-SUN")
    return chosen.groupby([week, "condition"])["is_admitted"].agg(["size", "mean"])


def top_five(frame: pd.DataFrame, monday: pd.Timestamp) -> pd.Series:
    """The week's top five in plain pandas."""
    in_week = frame["registered_at"].between(monday, monday + pd.Timedelta(days=7), inclusive="left")
    return frame.loc[in_week, "condition"].value_counts().head(5)


def timed(act: Callable[[], object], repeats: int) -> float:
    """Median milliseconds of the wall, the first (cold) run left out."""
    act()
    found: list[float] = []
    for _ in range(repeats):
        began = time.perf_counter()
        act()
        found.append(1000.0 * (time.perf_counter() - began))
    return median(found)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    show(rows(parser.parse_args().rows))


if __name__ == "__main__":
    main()
