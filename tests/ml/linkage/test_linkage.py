"""The match score: its arithmetic, its words, and how well it finds planted doubles beside the exact finder."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.linkage import (
    DEFAULT_WEIGHTS,
    FIELDS,
    LinkageWeights,
    MatchState,
    agreement,
    blocking_texts,
    estimate_weights,
    match_score,
)
from ml.linkage.scoring import LEAST_SIZE, M, U
from ml.synthetic.doubles import draw_register

ANN = {"family_name": "Canarywood", "given_name": "Ann", "birth_date": "1980-05-04", "sex": "female",
       "phone": "+49 30 5550139"}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field", "level"),
    [
        ({"family_name": " canarywood"}, "family_name", "exact"),
        ({"family_name": "Cannarywood"}, "family_name", "near"),
        ({"given_name": "Philipp"}, "given_name", "differs"),
        ({"given_name": "Mary Ann"}, "given_name", "near"),
        ({"birth_date": "1980-04-05"}, "birth_date", "day_month_swapped"),
        ({"birth_date": "1980-05-14"}, "birth_date", "one_digit"),
        ({"birth_date": "1908-05-04"}, "birth_date", "one_digit"),
        ({"birth_date": "1980-11-30"}, "birth_date", "same_year"),
        ({"birth_date": "1953-11-30"}, "birth_date", "differs"),
        ({"phone": "030/555 0139"}, "phone", "exact"),
        ({"phone": "030/555 0138"}, "phone", "one_digit"),
        ({"sex": "male"}, "sex", "differs"),
    ],
)
def test_each_field_agrees_on_the_level_that_it_should(change, field, level):
    assert agreement(ANN, ANN | change)[field] == level


def test_what_is_not_known_is_not_compared():
    assert set(agreement(ANN, {"family_name": "Canarywood", "given_name": "Ann", "sex": "unknown"})) == {
        "family_name",
        "given_name",
    }


def test_names_in_each_others_place_are_seen_and_found():
    other = ANN | {"family_name": "Ann", "given_name": "Canarywood"}
    assert agreement(ANN, other)["family_name"] == agreement(ANN, other)["given_name"] == "swapped"
    assert blocking_texts(ANN)["name_sounds"] == blocking_texts(other)["name_sounds"]


@pytest.mark.parametrize("levels", [*M.items(), *U.items()])
def test_the_probabilities_of_a_field_add_up_to_one(levels):
    assert math.fsum(levels[1].values()) == pytest.approx(1.0, abs=1e-9)


def test_the_score_is_the_sum_of_log2_of_m_over_u_and_the_probability_follows_from_the_prior():
    beth = ANN | {"given_name": "Beth"}
    found = match_score(ANN, beth)
    by_hand = {name: math.log2(M[name][level] / U[name][level]) for name, level in agreement(ANN, beth).items()}
    assert {part.field: part.bits for part in found.contributions} == pytest.approx(by_hand, abs=0.005)
    odds = 2**found.bits * 0.05 / LEAST_SIZE / (1 - 0.05 / LEAST_SIZE)
    assert found.probability == pytest.approx(odds / (1 + odds))
    assert [abs(part.bits) for part in found.contributions] == sorted(
        (abs(part.bits) for part in found.contributions), reverse=True
    )


def test_a_larger_hospital_asks_for_more_evidence():
    other = ANN | {"family_name": "Miller", "phone": None}
    assert match_score(ANN, other).probability > match_score(ANN, other, LinkageWeights(U, 10**6)).probability


@pytest.mark.parametrize("differs", [{"given_name": "Beth"}, {"sex": "male"}])
def test_twins_are_never_called_a_match_however_much_agrees(differs):
    found = match_score(ANN | {"email": "family@example.org"}, ANN | {"email": "family@example.org"} | differs)
    assert found.probability > 0.99
    assert found.state is MatchState.POSSIBLE


_ENTRIES = st.fixed_dictionaries(
    {"family_name": st.text(min_size=1, max_size=12), "given_name": st.text(min_size=1, max_size=12)},
    optional={
        "birth_date": st.dates().map(str), "sex": st.sampled_from(["female", "male", "other", "unknown"]),
        "phone": st.from_regex(r"\+?[0-9 ()/-]{4,32}", fullmatch=True), "identifier": st.text("ABC-123", min_size=1),
    },
)  # fmt: skip


@given(_ENTRIES, _ENTRIES)
def test_whatever_is_compared_the_score_is_the_same_both_ways(one, other):
    there, back = match_score(one, other), match_score(other, one)
    assert (there.bits, there.state) == (back.bits, back.state)
    assert 0.0 <= there.probability <= 1.0
    assert blocking_texts(one).keys() <= {"name_sounds", "family_sound_birth_year", "given_sound_birth_date"}


def test_chance_agreement_is_counted_among_the_hospitals_own_entries():
    register = draw_register(400, doubles=0, lookalikes=0, rng=np.random.default_rng(3))
    one_name = [entry | {"family_name": "Miller"} for entry in register.entries]
    mixed = estimate_weights(register.entries, size=400, rng=np.random.default_rng(4))
    alike = estimate_weights(one_name, size=400, rng=np.random.default_rng(4))
    assert mixed.bits("family_name", "exact") > 5
    assert alike.bits("family_name", "exact") < 1, "where all have one name, the name says nothing"
    for levels in mixed.u.values():
        assert math.fsum(levels.values()) == pytest.approx(1.0)
    assert set(mixed.u) == set(FIELDS)


def test_planted_doubles_are_found_that_the_exact_finder_misses():
    """1,500 people, 300 of them twice with a fault, 300 beside somebody who looks alike; all pairs that share a key."""
    register = draw_register(1500, doubles=300, lookalikes=300, rng=np.random.default_rng(5))
    entries, truth = register.entries, set(register.doubles)
    blocks: dict[tuple[str, str], list[int]] = {}
    for place, entry in enumerate(entries):
        for item in blocking_texts(entry).items():
            blocks.setdefault(item, []).append(place)
    candidates = {pair for block in blocks.values() for pair in combinations(block, 2)}
    states = {(i, j): match_score(entries[i], entries[j], DEFAULT_WEIGHTS).state for i, j in candidates}
    sure = {pair for pair, state in states.items() if state is MatchState.MATCH}
    seen = {pair for pair, state in states.items() if state is not MatchState.NONE}
    exact = {
        (i, j)
        for i, j in candidates
        if (entries[i]["family_name"], entries[i]["birth_date"])
        == (entries[j]["family_name"], entries[j]["birth_date"])
    }
    recall = {
        name: len(found & truth) / len(truth) for name, found in (("sure", sure), ("seen", seen), ("exact", exact))
    }
    assert recall["seen"] > 0.93
    assert recall["exact"] < 0.5
    assert recall["sure"] > 0.6
    assert len(sure & truth) / len(sure) > 0.97
    twins = {pair for pair, kind in register.lookalikes.items() if kind == "twins"}
    assert twins <= exact, "the exact finder takes every twin for a double"
    assert len(twins & sure) / len(twins) < 0.05
    namesakes = {pair for pair, kind in register.lookalikes.items() if kind == "namesakes"}
    assert len(namesakes & seen) / len(namesakes) < 0.1


@pytest.mark.parametrize(
    ("field", "text"), [("phone", "unknown"), ("phone", "-"), ("email", " "), ("identifier", " "), ("family_name", "-")]
)
def test_a_field_that_holds_nothing_to_compare_agrees_with_nothing(field, text):
    assert field not in agreement(ANN | {field: text}, ANN | {field: text})
