"""The order of a queue: ageing, and the bound on being overtaken, for every history that hypothesis can think of."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.waiting import order

EIGHT = datetime(2026, 11, 24, 8, tzinfo=UTC)


@dataclass
class Someone:
    entry_seq: int
    arrived_at: datetime
    virtual_at: datetime
    is_immediate: bool
    acuity: int
    overtakes: int = 0


def arrive(seq: int, minute: float, acuity: int, strategy: str = "priority") -> Someone:
    moment = EIGHT + timedelta(minutes=minute)
    placing = order.STRATEGIES[strategy](moment, acuity)
    return Someone(seq, moment, placing.virtual_at, placing.is_immediate, acuity)


def call(waiting: list[Someone]) -> Someone:
    """Call the next one as the application does: pick, then count who was overtaken."""
    called = order.in_order(waiting)[0]
    waiting.remove(called)
    for other in waiting:
        other.overtakes += order.is_overtaken(other, called)
    return called


#: (minutes until the next arrival or, with acuity 0, a call)
events = st.lists(st.tuples(st.floats(0, 3), st.integers(0, 5)), max_size=120)


@given(events)
@settings(max_examples=300, deadline=None)
def test_nobody_is_overtaken_more_often_than_the_bound(history):
    waiting: list[Someone] = []
    passed: dict[int, int] = {}
    minute = 0.0
    for seq, (gap, acuity) in enumerate(history):
        minute += gap
        if acuity:
            waiting.append(arrive(seq, minute, acuity))
        elif waiting:
            called = call(waiting)
            for other in waiting:
                # Counted here by arrival alone, not by the code under test.
                if not called.is_immediate and not other.is_immediate and called.entry_seq > other.entry_seq:
                    passed[other.entry_seq] = passed.get(other.entry_seq, 0) + 1
    assert max(passed.values(), default=0) <= order.MAX_OVERTAKES


@given(events)
@settings(max_examples=200, deadline=None)
def test_nobody_who_comes_later_than_the_window_overtakes(history):
    waiting: list[Someone] = []
    minute = 0.0
    for seq, (gap, acuity) in enumerate(history):
        minute += gap * 10
        if acuity:
            waiting.append(arrive(seq, minute, acuity))
        elif waiting:
            called = call(waiting)
            for other in waiting:
                if not called.is_immediate:
                    lead = called.arrived_at - other.arrived_at
                    assert lead <= timedelta(minutes=order.OVERTAKE_WINDOW_MINUTES)


def test_without_the_bound_a_minor_case_would_be_overtaken_again_and_again(monkeypatch):
    def most_overtakes() -> int:
        waiting = [arrive(0, 0, 5), *(arrive(seq, seq, 2) for seq in range(1, 31))]
        minor = waiting[0]
        while minor in waiting:
            call(waiting)
        return minor.overtakes

    assert most_overtakes() == order.MAX_OVERTAKES
    monkeypatch.setattr(order, "MAX_OVERTAKES", 10_000)
    assert most_overtakes() == 30


def test_level_one_goes_first_even_before_those_who_are_owed():
    owed = arrive(0, 0, 5)
    owed.overtakes = order.MAX_OVERTAKES
    assert [one.acuity for one in order.in_order([owed, arrive(1, 30, 2), arrive(2, 59, 1)])] == [1, 5, 2]


def test_fifo_ignores_the_level():
    line = [arrive(0, 0, 5, "fifo"), arrive(1, 1, 1, "fifo"), arrive(2, 2, 2, "fifo")]
    assert [one.entry_seq for one in order.in_order(line)] == [0, 1, 2]


@pytest.mark.parametrize("acuity", [0, 6])
def test_a_level_that_does_not_exist_is_named(acuity):
    with pytest.raises(ValueError, match=str(acuity)):
        order.priority(EIGHT, acuity)
