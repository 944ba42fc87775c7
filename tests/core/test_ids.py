"""Ids: sortable, random enough, and hashes that no two lists share."""

import time

from hypothesis import given
from hypothesis import strategies as st

from core import clock, ids


def test_a_uuid_is_version_7_and_carries_its_millisecond():
    before = int(clock.now().timestamp() * 1000)
    value = ids.new_uuid()
    after = int(clock.now().timestamp() * 1000)
    assert value.version == 7
    assert value.variant == "specified in RFC 4122"
    assert before <= value.int >> 80 <= after


def test_a_later_uuid_sorts_after_an_earlier_one():
    earlier = ids.new_uuid()
    time.sleep(0.002)
    assert ids.new_uuid() > earlier


def test_ten_thousand_uuids_of_one_moment_are_all_different():
    assert len({ids.new_uuid() for _ in range(10_000)}) == 10_000


def test_a_readable_id_has_its_prefix_and_128_random_bits():
    made = {ids.new_id("rcp") for _ in range(1_000)}
    assert len(made) == 1_000
    assert all(one.startswith("rcp_") and len(one) == len("rcp_") + 22 for one in made)


# The separator itself can't be told apart inside a part; no column of a registration may hold it.
_PARTS = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1f"), max_size=6), max_size=6)


@given(_PARTS, _PARTS)
def test_two_lists_have_one_hash_only_if_they_are_equal(one, other):
    assert (ids.content_hash(one) == ids.content_hash(other)) == (one == other)


def test_the_hash_of_known_parts_never_changes():
    assert ids.content_hash(["a", "b"]) == "023b8059a924f728a2155e4cc8b907389b6468b5ffba4905e3588ebe872d62d2"
