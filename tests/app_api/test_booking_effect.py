"""A simulated month: waits where patients take what is suggested, against those where they take the first free slot."""

import numpy as np

from bench.booking import DAYS, SEATS, SLOT, START, book_month, first_free, first_suggested, p90_wait

MONTHS = 10


def test_in_simulated_months_of_suggested_slots_the_p90_wait_is_lower_than_with_first_free_ones():
    first, quiet = ([p90_wait(rule, seed) for seed in range(MONTHS)] for rule in (first_free, first_suggested))
    assert np.mean(quiet) < np.mean(first), (first, quiet)
    assert sum(one < other for one, other in zip(quiet, first, strict=True)) > MONTHS / 2, (first, quiet)


def test_no_slot_takes_more_than_its_seats_and_both_rules_book_alike():
    counts = []
    for rule in (first_free, first_suggested):
        booked = book_month(rule, days=DAYS, start=START, rng=np.random.default_rng(1))
        slots: dict[int, int] = {}
        for at, _ in booked:
            # Nobody comes more than eight minutes early or four late.
            slot = int((at.timestamp() + 8 * 60) // SLOT.total_seconds())
            slots[slot] = slots.get(slot, 0) + 1
        assert max(slots.values()) <= SEATS
        counts.append(len(booked))
    assert abs(counts[0] - counts[1]) <= 0.1 * counts[0]
