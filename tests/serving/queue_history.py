"""Judging a queue from what its clients saw: lost, doubled, or out of order.

Belongs here: the checker, which knows nothing of how the queue works. Does not belong here: making the history.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

#: How often somebody may be overtaken before they are owed their turn; written down again, not imported, on purpose.
BOUND = 8


@dataclass(frozen=True)
class Seen:
    """One acknowledged act as a client saw it: `join` or `call`, between two readings of one clock.

    `rank` orders arrivals as the rule does while nobody is owed: level 1 first, then virtual time. `came` orders them
    by arrival; left out, it is the rank.
    """

    kind: str
    patient_id: str
    rank: tuple
    began: float
    ended: float
    came: tuple = ()
    is_immediate: bool = False

    @property
    def arrival(self) -> tuple:
        return self.came or self.rank


def violations(seen: Sequence[Seen], stored: Sequence[tuple[str, str]]) -> list[str]:
    """Return what is wrong: acknowledged joins that are lost, patients called twice, calls out of turn.

    Parameters
    ----------
    seen : sequence of Seen
    stored : sequence of (patient_id, state)
        Every row of the queue afterwards.

    Notes
    -----
    A call is out of turn if somebody waited for certain (their join had been acknowledged before the call began, and
    they were called, by a call that began after this one had ended, or never) and had to go first for certain: by
    rank, unless the called patient may have been owed their turn, having been overtaken `BOUND` times; or because they
    were owed it themselves and the called patient, who came later, was neither owed nor of level 1. How often somebody
    was overtaken is known within bounds: calls that may have come before, and calls that did.
    """
    found = []
    rows = Counter(patient for patient, _ in stored)
    state = dict(stored)
    joins = {one.patient_id: one for one in seen if one.kind == "join"}
    calls = [one for one in seen if one.kind == "call"]
    found += [f"lost join of {name}" for name in joins if rows[name] == 0]
    found += [f"{name} stands {count} times" for name, count in rows.items() if count > 1]
    found += [
        f"{name} called {count} times" for name, count in Counter(c.patient_id for c in calls).items() if count > 1
    ]
    found += [f"lost call of {one.patient_id}" for one in calls if state.get(one.patient_id) != "called"]
    called_at = {one.patient_id: one for one in calls}
    for call in calls:
        for name, join in joins.items():
            later = called_at.get(name)
            waits_for_certain = join.ended < call.began and (later is None or later.began > call.ended)
            if waits_for_certain and name != call.patient_id and _goes_first(join, call, joins, calls):
                found.append(f"{call.patient_id} was called before {name}")
    return found


def _goes_first(join: Seen, call: Seen, joins: dict[str, Seen], calls: Sequence[Seen]) -> bool:
    """Say whether the one who joined had to be called before the called one, for certain."""
    if join.is_immediate or call.is_immediate:
        return join.rank < call.rank
    own_join = joins.get(call.patient_id)
    may_be_owed = own_join is not None and _most_overtakes(own_join, call, calls) >= BOUND
    if join.rank < call.rank:
        return not may_be_owed
    return join.arrival < call.arrival and _fewest_overtakes(join, call, calls) >= BOUND


def _most_overtakes(join: Seen, until: Seen, calls: Sequence[Seen]) -> int:
    """Return how often somebody was overtaken at most before a call: by calls that may have come in between."""
    return sum(
        one.ended > join.began and one.began < until.ended and _overtakes(one, join) and one is not until
        for one in calls
    )


def _fewest_overtakes(join: Seen, until: Seen, calls: Sequence[Seen]) -> int:
    """Return how often somebody was overtaken at least before a call: by calls that did come in between."""
    return sum(one.began > join.ended and one.ended < until.began and _overtakes(one, join) for one in calls)


def _overtakes(call: Seen, join: Seen) -> bool:
    return not call.is_immediate and call.arrival > join.arrival
