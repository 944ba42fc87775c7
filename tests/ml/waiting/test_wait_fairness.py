"""The gap between groups: found where it was planted, not found where there is none, not hidden by those who left."""

import numpy as np

from ml.waiting.fairness import MIN_GROUP, Wait, group_gaps, median


def made(rng, group: str, factor: float, *, size=400, patience=1e9) -> list[Wait]:
    levels = rng.integers(2, 6, size)
    waits = factor * rng.exponential(15.0 * levels)
    return [
        Wait(int(level), group, float(min(wait, patience)), bool(wait <= patience))
        for level, wait in zip(levels, waits, strict=True)
    ]


def test_a_planted_gap_is_found_and_groups_that_wait_alike_are_not_apart():
    rng = np.random.default_rng(5)
    gaps = {one.group: one for one in group_gaps(made(rng, "a", 1.0) + made(rng, "b", 1.0) + made(rng, "c", 1.6))}
    assert gaps["c"].is_apart
    assert gaps["c"].low > 1
    alike = (made(np.random.default_rng(seed), "a", 1.0) for seed in range(80))
    pairs = [
        [*one, *(Wait(w.acuity, "b", w.minutes, True) for w in other)] for one, other in zip(alike, alike, strict=True)
    ]
    apart = [one.is_apart for waits in pairs for one in group_gaps(waits)]
    assert sum(apart) <= 4, "at 99 % about one in a hundred is apart by chance"


def test_a_group_with_urgent_levels_only_does_not_seem_favoured():
    rng = np.random.default_rng(7)
    everyone = made(rng, "mixed", 1.0)
    urgent = [Wait(2, "urgent", float(wait), True) for wait in rng.exponential(30.0, 300)]
    gap = next(one for one in group_gaps(everyone + urgent) if one.group == "urgent")
    assert not gap.is_apart


def test_who_gives_up_does_not_make_a_group_seem_to_wait_less():
    rng = np.random.default_rng(3)
    leavers = made(rng, "leaves", 1.0, size=2000, patience=20.0)
    gap = next(one for one in group_gaps(leavers + made(rng, "stays", 1.0, size=2000)) if one.group == "leaves")
    naive = float(np.median([wait.minutes for wait in leavers]))
    assert naive <= 20.0
    assert not (gap.is_apart and gap.ratio < 1)


def test_small_groups_say_nothing_and_medians_are_those_of_the_textbook():
    rng = np.random.default_rng(1)
    small = next(one for one in group_gaps(made(rng, "few", 9.0, size=MIN_GROUP - 1) + made(rng, "many", 1.0)))
    assert (small.group, small.ratio, small.is_apart) == ("few", None, False)
    # Freireich's 6-MP arm (Cox and Oakes 1984): median 23 weeks with 12 of 21 censored.
    observed = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    assert median([(week, True) for week in observed] + [(week, False) for week in censored])[0] == 23
