"""A small published hospital, in the shapes of the five analyses.

Belongs here: test data. Does not belong here: computing an analysis.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, insert

from core.db.tables import AnalyticsResult, Receipt

AS_OF = datetime(2026, 11, 22, tzinfo=UTC)
_RATE = {"share": 0.25, "share_low": 0.2, "share_high": 0.3}
_BOUNDS = {"lo80": 290.0, "hi80": 330.0, "lo95": 280.0, "hi95": 340.0}


def health_trends(count: int = 40) -> dict[str, Any]:
    ranked = {"rank": 1, "condition": "Influenza", "count": count, **_RATE, "previous_rank": None}
    return {
        "period_start_date": "2026-08-31",
        "period_end_date": "2026-11-22",
        "weeks": [{"week": "2026-W47", "week_start_date": "2026-11-16", "total": 160, "conditions": [ranked]}],
        "trending": [
            {
                "condition": "Influenza",
                "recent_count": count,
                "previous_count": 20,
                "ratio": 2.0,
                "ratio_low": 1.2,
                "ratio_high": 3.3,
                "direction": "rising",
            }
        ],
        "seasonality": [{"condition": "Influenza", "peak_month": 1, "strength": 0.8, "monthly_index": [1.0] * 12}],
    }


def demographics(small: int = 4) -> dict[str, Any]:
    def band(name: str, count: int, split: tuple[int, int, int]) -> dict[str, Any]:
        names = ("female_count", "male_count", "other_count")
        return {"band": name, "count": count, **_RATE, **dict(zip(names, split, strict=True))}

    return {
        "period_start_date": "2026-01-01",
        "period_end_date": "2026-11-22",
        "total": 300 + small,
        "age_bands": [
            band("0-19", 200, (120, 80, 0)),
            band("20-39", 100, (60, 40, 0)),
            band("80+", small, (small, 0, 0)),
        ],
        "sexes": [{"sex": "female", "count": 180 + small, **_RATE}, {"sex": "male", "count": 120, **_RATE}],
    }


def associations() -> dict[str, Any]:
    test = {
        "factor": "age_band",
        "condition": "Influenza",
        "chi2": 12.5,
        "dof": 5,
        "p_value": 0.02,
        "p_adjusted": 0.04,
        "cramers_v": 0.2,
        "v_low": 0.1,
        "v_high": 0.3,
        "strength": "moderate",
        "n": 304,
        "is_valid": True,
        "note": None,
    }
    return {"alpha": 0.05, "adjustment": "holm", "n": 304, "tests": [test]}


def patient_volume(count: int = 300) -> dict[str, Any]:
    return {
        "series_id": "all",
        "model": "sarima",
        "refused": None,
        "notes": [],
        "history": [{"month": "2026-10", "count": count}],
        "forecast": [{"step": 1, "month": "2026-11", "mean": 310.0, **_BOUNDS}],
        "evaluation": None,
        "competitors": [{"model": "naive", "mae": 10.0, "mase": None}],
    }


def illness_surge(observed: int = 50) -> dict[str, Any]:
    week = {"week": "2026-W47", "week_start_date": "2026-11-16"}
    return {
        "as_of_week": "2026-W47",
        "conditions": [
            {
                "condition": "=cmd()",
                "level": "high",
                "p_exceed": 0.001,
                "observed": observed,
                "complete_share": 0.9,
                "estimate": observed / 0.9,
                "estimate_low": float(observed),
                "estimate_high": observed * 1.3,
                "expected": 20.0,
                "upper": 35.0,
                "excess": observed - 35.0,
                **week,
                "weeks": [{**week, "count": observed, "expected": 20.0, "upper": 35.0, "level": "high"}],
                "forecast": [{"step": 1, "month": "2026-12", "mean": 310.0, **_BOUNDS}],
            }
        ],
    }


def everything() -> dict[str, dict[str, Any]]:
    return {
        "health_trends": health_trends(),
        "demographics": demographics(),
        "associations": associations(),
        "patient_volume": patient_volume(),
        "illness_surge": illness_surge(),
    }


def publish(engine: Engine, sections: dict[str, dict[str, Any]], *, published_at: datetime = AS_OF) -> None:
    """Insert results with their receipts, as the pipeline does."""
    with engine.begin() as connection:
        for section, payload in sections.items():
            receipt = f"rcp_{section}_{published_at.timestamp():.0f}"
            connection.execute(
                insert(Receipt).values(
                    receipt_id=receipt,
                    kind="analytics",
                    provenance={"asset": f"analytics_{section}", "row_count": 304},
                    created_at=published_at,
                )
            )
            connection.execute(
                insert(AnalyticsResult).values(
                    section=section, as_of=AS_OF, receipt_id=receipt, payload=payload, published_at=published_at
                )
            )
