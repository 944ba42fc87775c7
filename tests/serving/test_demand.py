"""Expected registrations of the next hours: the month's forecast, spread as the past weeks were."""

from datetime import timedelta

import pytest
from published import AS_OF
from sqlalchemy import insert

from core import clock
from core.db.tables import AnalyticsResult, ForecastPromise, Receipt
from core.vocabulary import Role


def _publish(engine, month: str, mean: float, profile: list[float]) -> None:
    common = {"forecast_id": "f", "kind": "live", "role": "served", "made_at": clock.now(), "series_id": "all",
              "as_of_month": month, "lo80": mean, "hi80": mean, "lo95": mean, "hi95": mean, "naive_mean": mean,
              "scale": 1.0, "model": "structural", "dagster_run_id": "r", "code_commit": "c",
              "data_sha256": "d"}  # fmt: skip
    after = (clock.now().replace(day=28) + timedelta(days=6)).strftime("%Y-%m")
    with engine.begin() as connection:
        rows = [{"month": month, "step": 1}, {"month": after, "step": 2}]
        connection.execute(insert(ForecastPromise), [{**common, **row, "mean": mean} for row in rows])
        connection.execute(
            insert(Receipt).values(receipt_id="rcp_v", kind="analytics", provenance={}, created_at=AS_OF)
        )
        connection.execute(
            insert(AnalyticsResult).values(
                section="volume_forecast",
                as_of=AS_OF,
                receipt_id="rcp_v",
                payload={"series": [], "week_profile": profile},
                published_at=AS_OF,
            )
        )


async def test_without_a_forecast_there_is_no_figure_and_it_says_why(signed_in):
    nurse = await signed_in(Role.NURSE)
    answer = (await nurse.get("/api/demand/hours")).json()
    assert (answer["items"], answer["receipt"]) == ([], None)
    assert "no forecast of this month" in answer["refused"]


async def test_hours_share_the_months_forecast_as_the_past_weeks_were_and_carry_the_receipt(
    signed_in, pg_engine, monkeypatch
):
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)  # an hour may begin before the answer
    hour = now.replace(minute=0, second=0, microsecond=0)
    busy = hour + timedelta(hours=1)
    profile = [0.0] * 168
    profile[busy.weekday() * 24 + busy.hour] = 1.0
    _publish(pg_engine, hour.strftime("%Y-%m"), 3000.0, profile)
    nurse = await signed_in(Role.NURSE)
    answer = (await nurse.get("/api/demand/hours?hours=4")).json()
    days = ((busy.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
    assert [one["mean"] for one in answer["items"]] == [0, pytest.approx(3000 / (days / 7), rel=1e-3), 0, 0]
    loaded = answer["items"][1]
    assert loaded["lo80"] < loaded["mean"] < loaded["hi80"]
    assert answer["receipt"] == "rcp_v"
