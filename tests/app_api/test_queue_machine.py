"""A state machine: whatever staff do in whatever order, the queue in PostgreSQL equals a sorted list.

Belongs here: the list, the acts, the comparison after each of them. Does not belong here: clients at the same moment
(`tests/serving/test_queue_races.py`), HTTP. A longer run with other histories:

    uv run pytest tests/app_api/test_queue_machine.py --queue-acts 100000
"""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.queue import closing, repository, service
from app_api.queue.errors import AlreadyInQueueError, MoveNotAllowedError, NothingToUndoError
from app_api.queue.policy import State
from app_api.queue.schemas import NewEntry, NewQueue
from core import clock
from core.db.engine import async_engine
from core.db.tables import QueueEntry
from core.errors import MediSyncError
from core.ids import new_uuid

STEPS_A_HISTORY = 50
#: Written down again on purpose: the list must not sort by the code that it is compared with.
HEAD_START = {1: 40, 2: 40, 3: 20, 4: 5, 5: 0}
BOUND = 8
#: Where a move may lead from each state; a call is made by call-next alone.
LEADS_TO = {
    "waiting": {"left"},
    "called": {"in_service", "completed", "left", "waiting"},
    "in_service": {"completed", "waiting"},
}
ACTOR = new_uuid()


@dataclass(frozen=True)
class Place:
    """What a move may change and undo brings back."""

    queue: int
    state: str
    virtual_at: datetime
    is_immediate: bool


@dataclass
class Stay:
    """One patient's stay, as the list knows it."""

    seq: int
    entry_id: object
    patient: str
    acuity: int
    arrived_at: datetime
    place: Place
    overtakes: int = 0
    before: Place | None = None
    moved_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.place.state in LEADS_TO

    def moves(self, now: datetime, **changes) -> None:
        self.before, self.moved_at, self.place = self.place, now, replace(self.place, **changes)

    def rank(self) -> tuple:
        is_owed = self.overtakes >= BOUND
        key = self.arrived_at if is_owed else self.place.virtual_at
        return not self.place.is_immediate, not is_owed, key, self.seq


class Lines:
    """Two lines as plain lists that are sorted anew whenever somebody looks: one by level, one by arrival."""

    def __init__(self) -> None:
        self.stays: list[Stay] = []

    def placed(self, queue: int, arrived_at: datetime, acuity: int) -> Place:
        if queue == 1:
            return Place(queue, "waiting", arrived_at, is_immediate=False)
        return Place(queue, "waiting", arrived_at - timedelta(minutes=HEAD_START[acuity]), is_immediate=acuity == 1)

    def in_line(self, queue: int) -> list[Stay]:
        waiting = [one for one in self.stays if (one.place.queue, one.place.state) == (queue, "waiting")]
        return sorted(waiting, key=Stay.rank)

    def is_in(self, queue: int, patient: str) -> bool:
        return any(one.is_open and one.place.queue == queue and one.patient == patient for one in self.stays)

    def call(self, queue: int, now: datetime) -> Stay | None:
        line = self.in_line(queue)
        if not line:
            return None
        called = line[0]
        called.moves(now, state="called")
        for other in line[1:]:
            came_before = (other.arrived_at, other.seq) < (called.arrived_at, called.seq)
            if came_before and not called.place.is_immediate and not other.place.is_immediate:
                other.overtakes += 1
        return called


async def _awaited(what):
    return await what


queues = st.sampled_from((0, 1))
picks = st.integers(0, 10**6)


class QueueMachine(RuleBasedStateMachine):
    """Each history runs in one transaction that is rolled back."""

    acts = 0
    most_overtakes = 0
    runner: asyncio.Runner
    connection: AsyncConnection

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.now = datetime(2026, 11, 24, 8, tzinfo=UTC)
        self.patch.setattr(clock, "now", lambda: self.now)
        self.transaction = self.run(_awaited(self.connection.begin()))
        wishes = [NewQueue(name=f"Machine {letter}", facility="Main", ticket_prefix=letter, strategy=strategy)
                  for letter, strategy in (("M", "priority"), ("N", "fifo"))]  # fmt: skip
        self.queue_ids = [self.run(service.create_queue(self.connection, wish)).queue_id for wish in wishes]
        self.lines = Lines()
        self.numbers = itertools.count()
        self.has_acted = False

    def run(self, act):
        return self.runner.run(act)

    def agree(self, act, *refusals: tuple[type[MediSyncError], bool]):
        """Do it; return what it returned, or None where the first refusal whose condition holds was given."""
        type(self).acts += 1
        self.has_acted = True
        expected = next((kind for kind, holds in refusals if holds), None)
        if expected is None:
            return self.run(act)
        with pytest.raises(expected):
            self.run(act)
        return None

    def picked(self, pick: int) -> Stay | None:
        return self.lines.stays[pick % len(self.lines.stays)] if self.lines.stays else None

    @rule(minutes=st.integers(0, 20))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule(queue=queues, patient=st.integers(0, 25).map("p-{}".format), acuity=st.integers(1, 5), gap=st.integers(0, 90))
    def join(self, queue, patient, acuity, gap):
        self.now += timedelta(seconds=gap)
        act = service.join(self.connection, self.queue_ids[queue], NewEntry(patient_id=patient, acuity=acuity),
                           actor_id=ACTOR)  # fmt: skip
        entry = self.agree(act, (AlreadyInQueueError, self.lines.is_in(queue, patient)))
        if entry is not None:
            place = self.lines.placed(queue, self.now, acuity)
            self.lines.stays.append(Stay(next(self.numbers), entry.entry_id, patient, acuity, self.now, place))

    @rule(queue=queues)
    def call_next(self, queue):
        expected = self.lines.call(queue, self.now)
        called = self.agree(service.call_next(self.connection, self.queue_ids[queue], desk=None, actor_id=ACTOR))
        assert (called and called.patient_id) == (expected and expected.patient)

    @rule(queue=queues, count=st.integers(2, 12))
    def rush(self, queue, count):
        """Urgent ones come and are called at once, one after the other: who waits is overtaken until it is enough."""
        for _ in range(count):
            self.join(queue=queue, patient=f"r-{len(self.lines.stays)}", acuity=2, gap=10)
            self.call_next(queue=queue)

    @rule(pick=picks, to=st.sampled_from(State))
    def move_on(self, pick, to):
        if (stay := self.picked(pick)) is None:
            return
        act = service.transition(self.connection, stay.entry_id, to, queue_id=None, actor_id=ACTOR)
        if self.agree(act, (MoveNotAllowedError, to not in LEADS_TO.get(stay.place.state, ()))) is not None:
            stay.moves(self.now, state=str(to))

    @rule(pick=picks, queue=queues)
    def transfer(self, pick, queue):
        stay = self.picked(pick)
        if stay is None or stay.place.queue == queue:
            return
        act = service.transition(
            self.connection, stay.entry_id, State.WAITING, queue_id=self.queue_ids[queue], actor_id=ACTOR
        )
        refusals = (
            (MoveNotAllowedError, not stay.is_open),
            (AlreadyInQueueError, self.lines.is_in(queue, stay.patient)),
        )
        if self.agree(act, *refusals) is not None:
            place = self.lines.placed(queue, stay.arrived_at, stay.acuity)
            stay.moves(self.now, **vars(place))

    @rule(pick=picks)
    def undo(self, pick):
        if (stay := self.picked(pick)) is None:
            return
        before = stay.before
        is_late = stay.moved_at is not None and self.now - stay.moved_at > timedelta(minutes=15)
        comes_back = before is not None and (not stay.is_open or before.queue != stay.place.queue)
        refusals = (
            (NothingToUndoError, before is None or is_late),
            (AlreadyInQueueError, comes_back and self.lines.is_in(before.queue, stay.patient)),
        )
        if self.agree(service.undo(self.connection, stay.entry_id, actor_id=ACTOR), *refusals) is not None:
            stay.place, stay.before = before, None

    @rule(queue=queues)
    def close_day(self, queue):
        there = [one for one in self.lines.stays if one.is_open and one.place.queue == queue]
        assert self.agree(closing.close_day(self.connection, self.queue_ids[queue], actor_id=ACTOR)) == len(there)
        for one in there:
            one.moves(self.now, state="closed")

    @invariant()
    def both_lines_are_the_sorted_lists(self):
        if not self.has_acted:
            return
        self.has_acted = False
        for queue, queue_id in enumerate(self.queue_ids):
            rows = self.run(repository.open_entries(self.connection, queue_id))
            shown = [(row.patient_id, row.overtakes) for row in rows if row.state == "waiting"]
            assert shown == [(one.patient, one.overtakes) for one in self.lines.in_line(queue)]
            staffed = {(one.patient, one.place.state) for one in self.lines.stays
                       if one.place.queue == queue and one.place.state in ("called", "in_service")}  # fmt: skip
            assert {(row.patient_id, row.state) for row in rows if row.state != "waiting"} == staffed

    @invariant()
    def nobody_is_overtaken_more_often_than_the_bound(self):
        most = max((one.overtakes for one in self.lines.stays), default=0)
        assert most <= BOUND
        type(self).most_overtakes = max(self.most_overtakes, most)

    def teardown(self):
        self.run(self.transaction.rollback())
        self.patch.undo()


@pytest.fixture
def machine(pg_dsn) -> Iterator[type[QueueMachine]]:
    """The machine on one connection of its own."""
    with asyncio.Runner() as runner:
        engine = async_engine(pg_dsn.replace("+psycopg2", "+asyncpg"), pool_size=1)
        connection = runner.run(_awaited(engine.connect()))
        # Between two acts Hypothesis thinks, for as long as it likes.
        runner.run(connection.execute(text("SET idle_in_transaction_session_timeout = 0")))
        runner.run(connection.commit())
        yield type("QueueMachine", (QueueMachine,), {"runner": runner, "connection": connection})
        runner.run(connection.close())
        runner.run(engine.dispose())


def play(machine: type[QueueMachine], acts: int) -> None:
    """Play histories of fifty steps, twenty at a time, until so many acts were done and somebody was at the bound.

    Few histories bring anybody there: without luck up to four times as many acts are played.
    """
    how = settings(
        max_examples=20,
        stateful_step_count=STEPS_A_HISTORY,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    while machine.acts < acts or (machine.most_overtakes < BOUND and machine.acts < 4 * acts):
        run_state_machine_as_test(machine, settings=how)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_five_thousand_acts_leave_the_queue_equal_to_a_sorted_list(machine, request):
    play(machine, request.config.getoption("--queue-acts"))
    assert machine.most_overtakes == BOUND, "no history brought anybody to the bound"


async def _nothing(*_):
    return None


BY_LEVEL_ALONE = (QueueEntry.is_immediate.desc(), QueueEntry.virtual_at, QueueEntry.entry_seq)


@pytest.mark.parametrize(("name", "fault"), [("count_overtakes", _nothing), ("RANK", BY_LEVEL_ALONE)])
def test_the_machine_catches_a_queue_that_owes_nobody_a_turn(machine, monkeypatch, name, fault):
    def play_a_rush() -> None:
        played = machine()
        try:
            played.join(queue=0, patient="p-0", acuity=5, gap=0)
            for _ in range(2):
                played.rush(queue=0, count=6)
                played.both_lines_are_the_sorted_lists()
        finally:
            played.teardown()

    play_a_rush()
    monkeypatch.setattr(repository, name, fault)
    with pytest.raises(AssertionError):
        play_a_rush()
