"""How well the beds of the next eight hours are foreseen: `python -m bench.beds [--seeds 16]`.

Belongs here: the protocol of decision 0060. Does not belong here: the model (`ml.beds`), the department
(`ml.synthetic.flow`). Nothing is fitted to what is measured; the seeds that the code was tried on are 101 to 104.
"""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from ml.beds.evaluation import Evaluation, evaluate
from ml.beds.visits import LEFT, Person, Visit
from ml.synthetic.dispositions import draw_dispositions
from ml.synthetic.flow import simulate_flow

DAYS: Final = 56
#: A Monday.
START: Final = datetime(2026, 1, 5, tzinfo=UTC)


def department(seed: int, *, days: int = DAYS) -> list[Visit]:
    """Simulate a department with where its patients went."""
    flow = simulate_flow(days=days, start=START, rng=np.random.default_rng(seed))
    goings = draw_dispositions(flow, rng=np.random.default_rng([seed, 60]))
    visits = []
    for visit, going in zip(flow, goings, strict=True):
        person = Person(visit.acuity, going.age_band, going.news2_score)
        if visit.end == "called":
            end = None if going.disposition is None else going.disposition.value
            visits.append(Visit(person, visit.arrived_at, visit.ended_at, visit.finished_at, end))
        elif visit.end == "left":
            visits.append(Visit(person, visit.arrived_at, None, visit.ended_at, LEFT))
        else:
            visits.append(Visit(person, visit.arrived_at))
    return visits


def show(found: Sequence[Evaluation]) -> None:
    """Print the figures of all seeds."""
    best = sum(one.mae_model < min(one.mae_hour_of_week, one.mae_occupancy) for one in found)
    first = found[0]
    print(f"{len(found)} departments, {first.moments_count} held-out hours of {first.days_count} days each; ", end="")
    print(f"{np.mean([one.mean_beds for one in found]):.1f} beds in eight hours on average")
    print(f"{'':<44}{'smallest':>10}{'median':>10}{'largest':>10}")
    for name, label in (
        ("mae_model", "MAE, model"),
        ("mae_hour_of_week", "MAE, mean of the hour of the week"),
        ("mae_occupancy", "MAE, a share of those who are there"),
        ("covered_80", "80 % interval held, eight-hour total"),
        ("covered_80_all_hours", "80 % interval held, hours 1 to 8"),
        ("covered_95", "95 % interval held, eight-hour total"),
    ):
        values = [getattr(one, name) for one in found]
        print(f"{label:<44}{min(values):>10.3f}{float(np.median(values)):>10.3f}{max(values):>10.3f}")
    print(f"best of the three: {best} of {len(found)}; would be served: {sum(one.is_better for one in found)}")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=16)
    parser.add_argument("--first", type=int, default=1)
    given = parser.parse_args()
    until = START + timedelta(days=DAYS)
    show([evaluate(department(seed), until=until) for seed in range(given.first, given.first + given.seeds)])


if __name__ == "__main__":
    main()
