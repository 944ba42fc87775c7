"""The rules of a clinic, each judged alone, and the checks of a queue's settings that need no database."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from app_api.appointments.rules import Booked, Rule, broken
from app_api.queue.policy import due_at, last_day_end
from app_api.queue.scales import SCALES, targets_of
from core.errors import InputError
from core.ids import new_uuid

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
ME, ANOTHER = new_uuid(), new_uuid()


def said(rule: dict, *wishes: datetime, booked=(), is_patient=True) -> str | None:
    return broken([Rule(**rule)], wishes, booked, provider_id=ME, tz=BERLIN, now=NOW, is_patient=is_patient)


def at(days: float, status="booked", provider=ME) -> Booked:
    return Booked(provider, NOW + timedelta(days=days), status)


def test_one_a_day_counts_the_days_of_the_wall_clock_and_not_what_was_given_back():
    one = {"kind": "per_day", "limit": 1}
    late = datetime(2026, 6, 3, 21, 30, tzinfo=UTC)  # 23:30 in Berlin
    assert said(one, late, booked=[Booked(ME, late.replace(hour=8), "booked")]) == (
        "rule per_day (limit 1, facility): the patient has 1 on 2026-06-03"
    )
    assert said(one, late + timedelta(hours=1), booked=[Booked(ME, late, "booked")]) is None
    for status in ("cancelled", "expired", "no_show"):
        assert said(one, late, booked=[Booked(ME, late, status)]) is None
    assert said(one, late, late + timedelta(minutes=20)) is not None, "a series counts as a whole"


@pytest.mark.parametrize(
    ("rule", "wish", "booked", "is_broken"),
    [
        ({"kind": "per_week", "limit": 2}, 2, [at(1), at(3)], True),
        ({"kind": "per_week", "limit": 2}, 7, [at(1), at(3)], False),
        ({"kind": "open", "limit": 1}, 20, [at(2, "requested")], True),
        ({"kind": "open", "limit": 1}, 20, [at(-2, "completed")], False),
        ({"kind": "no_shows", "limit": 1}, 2, [at(-5, "no_show"), at(-9, "no_show")], True),
        ({"kind": "no_shows", "limit": 1}, 2, [at(-5, "no_show"), at(-99, "no_show")], False),
        ({"kind": "notice_hours", "limit": 24}, 0.9, [], True),
        ({"kind": "notice_hours", "limit": 24}, 1.1, [], False),
        ({"kind": "days_ahead", "limit": 30}, 31, [], True),
        ({"kind": "days_ahead", "limit": 30}, 29, [], False),
        ({"kind": "open", "limit": 1, "scope": "provider"}, 20, [at(2, provider=ANOTHER)], False),
    ],
)
def test_each_rule_refuses_past_its_limit_only(rule, wish, booked, is_broken):
    fault = said(rule, NOW + timedelta(days=wish), booked=booked)
    assert (fault is not None) is is_broken
    if fault is not None:
        assert fault.startswith(f"rule {rule['kind']} (limit {rule['limit']}")


def test_staff_are_bound_by_rules_for_everyone_only():
    wish, booked = NOW + timedelta(days=2), [at(2)]
    assert said({"kind": "per_day", "limit": 1}, wish, booked=booked, is_patient=False) is None
    assert said({"kind": "per_day", "limit": 1, "binds": "everyone"}, wish, booked=booked, is_patient=False)


def test_each_scale_has_five_names_and_target_times_that_rise():
    for scale in SCALES.values():
        assert len(set(scale.level_names)) == 5
        assert list(scale.target_minutes) == sorted(scale.target_minutes)
    assert due_at(NOW, 2, SCALES["KTAS"].target_minutes) == NOW + timedelta(minutes=15)
    with pytest.raises(InputError, match="target_minutes"):
        targets_of("MTS", [0, 30, 10, 60, 120])


def test_the_end_of_a_day_follows_the_wall_clock_across_its_changes():
    spring = datetime(2026, 3, 29, 19, tzinfo=UTC)  # summer time began that morning
    assert last_day_end(spring, time(20), BERLIN) == datetime(2026, 3, 29, 18, tzinfo=UTC)
    assert last_day_end(spring - timedelta(days=1), time(20), BERLIN) == datetime(2026, 3, 28, 19, tzinfo=UTC)
