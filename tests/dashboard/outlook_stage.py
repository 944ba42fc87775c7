"""Forecasts, their ledger, alerts and the detector's grade for the browser's hospital, made by the pipeline's own code.

Belongs here: filling the outlook's tables. Does not belong here: the rest of the hospital (`stage`).
"""

from pathlib import Path
from typing import Any

import orjson
import pandas as pd
from sqlalchemy import Engine, insert

from core import clock
from core.db.tables import AnalyticsResult, Receipt

_STAMP = {"dagster_run_id": "4b0f1c2e-9a37-4a7c-8b2f-1d5e8d1f0a11", "code_commit": "4411f8a2c07f0a3f2b8a9d1e5c6b7a89"}


def fill_outlook(engine: Engine, rows_of_hospital: Any, *, kept: Path) -> None:
    """Insert the outlook; forecasts are read from `kept` when it is there."""
    from assets import alerts, ledger
    from assets.features import weekly_counts
    from assets.outlook import board_of
    from assets.publishing import as_json
    from assets.series import complete_span, weekly_series
    from ml.forecasting.board import known_by, last_whole_month, post, rows_of
    from ml.forecasting.grains import fine_grains
    from ml.forecasting.ledger import score_ledger

    now = clock.now()
    last = last_whole_month(pd.Timestamp(now))
    rows = rows_of_hospital()
    if not kept.is_file():
        series = known_by(rows, last)
        posted, errors = post(series, horizon=12)
        days = rows["registered_at"].dt.tz_localize(None).dt.normalize().value_counts().sort_index()
        days.index = pd.PeriodIndex(days.index, freq="D")
        days = days.reindex(pd.period_range(days.index.min() + 1, days.index.max() - 1, freq="D"), fill_value=0)
        replays = []
        for month in pd.period_range(last - 14, last - 1, freq="M"):
            then, _ = post(known_by(rows, month), horizon=12, baselines=frozenset({"all"}), with_split=False)
            replays += rows_of(then).to_dict("records")
        since, until = complete_span({"": rows}, now=now)
        weekly = weekly_series(weekly_counts(rows), since=since, until=until)
        made = {
            "board": as_json(board_of(posted, errors, fine_grains(days.astype("float64"), posted[0].served))),
            "live": rows_of(posted).to_dict("records"),
            "replayed": replays,
            "judged": _judged(weekly),
            "grade": as_json(_grade(weekly)),
        }
        kept.write_bytes(orjson.dumps(made, option=orjson.OPT_SERIALIZE_NUMPY))
    made = orjson.loads(kept.read_bytes())
    ledger.freeze(engine, pd.DataFrame(made["live"]), kind="live", stamp=_STAMP)
    ledger.freeze(engine, pd.DataFrame(made["replayed"]), kind="replayed", stamp=_STAMP)
    ledger.observe(engine, known_by(rows, last), run_id=_STAMP["dagster_run_id"])
    scored = as_json(score_ledger(*ledger.read_ledger(engine)))
    judged = pd.DataFrame(made["judged"])
    judged["p_exceed"] = judged["p_exceed"].astype("float64")
    recent = judged[judged["week"].isin(judged["week"].drop_duplicates().iloc[-104:])]
    alerts.publish_periods(
        engine, recent, grain="week", today=clock.today(), receipt="rcp_alerts", run_id=_STAMP["dagster_run_id"]
    )
    sections = {"volume_forecast": made["board"], "forecast_ledger": scored, "surge_grade": made["grade"]}
    with engine.begin() as connection:
        for receipt in ("rcp_alerts", *(f"rcp_{name}" for name in sections)):
            origin = {"asset": receipt.removeprefix("rcp_"), **_STAMP, "data_sha256": "a" * 64, "row_count": len(rows)}
            connection.execute(
                insert(Receipt).values(receipt_id=receipt, kind="analytics", provenance=origin, created_at=now)
            )
        for name, payload in sections.items():
            connection.execute(
                insert(AnalyticsResult).values(
                    section=name, as_of=now, receipt_id=f"rcp_{name}", payload=payload, published_at=now
                )
            )


def _judged(weekly: pd.DataFrame) -> list[dict[str, Any]]:
    from ml.surveillance import detect

    return detect(weekly).to_dict("records")


def _grade(weekly: pd.DataFrame) -> dict[str, Any]:
    import numpy as np

    from ml.surveillance import DEFAULT_ALPHA, DEFAULT_METHOD, grade_detector

    grades = grade_detector(weekly, rng=np.random.default_rng(7), injections=6)
    return {"alpha": DEFAULT_ALPHA, "method": DEFAULT_METHOD, "seed": 7, "injections": 6, "conditions": grades}
