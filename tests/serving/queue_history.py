"""Judging a queue from what its clients saw: lost, doubled, or out of order.

Belongs here: the checker, which knows nothing of how the queue works. Does not belong here: making the history.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """One acknowledged act as a client saw it: `join` or `call`, between two readings of one clock.

    `rank` orders arrivals as the rule does when nobody is overtaken too often: level 1 first, then virtual time.
    """

    kind: str
    patient_id: str
    rank: tuple
    began: float
    ended: float


def violations(seen: Sequence[Seen], stored: Sequence[tuple[str, str]]) -> list[str]:
    """Return what is wrong: acknowledged joins that are lost, patients called twice, calls out of turn.

    Parameters
    ----------
    seen : sequence of Seen
    stored : sequence of (patient_id, state)
        Every row of the queue afterwards.

    Notes
    -----
    A call is out of turn if somebody stood before the called patient for certain: their join had been acknowledged
    before the call began, and they were called, by a call that began after this one had ended, or never.
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
            if waits_for_certain and name != call.patient_id and join.rank < call.rank:
                found.append(f"{call.patient_id} was called before {name}")
    return found
