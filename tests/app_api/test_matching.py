"""The score by which a doctor is suggested: what speaks for whom, and that it never piles patients up."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from app_api.queue.matching import MOST_AHEAD, Candidate, Need, ranked, suggested
from app_api.queue.presence import Presence, presence_of
from core.ids import new_uuid

EIGHT = datetime(2026, 11, 24, 8, tzinfo=UTC)


def doctor(name="A", *, specialty="Cardiology", load=0, team=False, seen=0, duty=True, last=None) -> Candidate:
    return Candidate(new_uuid(), name, specialty, duty, load, team, seen, last)


def best(need: Need, *candidates: Candidate) -> str | None:
    match = suggested(ranked(need, candidates))
    return None if match is None else match.candidate.name


def test_every_factor_decides_when_the_others_are_equal_and_says_so():
    need = Need(3, "Cardiology")
    assert best(need, doctor("gp", specialty="General medicine"), doctor("heart")) == "heart"
    assert best(need, doctor("skin", specialty="Dermatology"), doctor("gp", specialty="General medicine")) == "gp"
    assert best(need, doctor("stranger"), doctor("team", team=True)) == "team"
    assert best(need, doctor("stranger"), doctor("seen", seen=2)) == "seen"
    assert best(need, doctor("busy", load=3), doctor("free", load=2)) == "free"
    early, late = EIGHT, EIGHT + timedelta(minutes=5)
    assert best(need, doctor("just now", last=late), doctor("longer ago", last=early)) == "longer ago"
    [first, second] = ranked(need, [doctor("busy", load=2), doctor("team", team=True, load=1)])
    assert [(one.factor, one.points) for one in first.reasons] == [("specialty", 40), ("continuity", 25), ("load", 0)]
    assert second.reasons[2].words == "has 2 patients now, 1 more than the least busy"
    assert first.points == 65


def test_for_an_urgent_patient_a_free_doctor_counts_more_than_one_who_knows_the_patient():
    knows, free = doctor("knows", team=True, load=2), doctor("free")
    assert best(Need(4, "Cardiology"), knows, free) == "knows"
    assert best(Need(2, "Cardiology"), knows, free) == "free"


def test_who_is_not_on_duty_is_shown_last_and_never_suggested():
    off, on = doctor("off", team=True, duty=False), doctor("on", specialty="Dermatology", load=5)
    matches = ranked(Need(3, "Cardiology"), [off, on])
    assert [match.candidate.name for match in matches] == ["on", "off"]
    assert suggested(matches) is matches[0]
    assert best(Need(3, None), off) is None


_PATIENTS = st.lists(
    st.tuples(st.integers(1, 5), st.sampled_from([None, "Cardiology", "Neurology"]), st.integers(0, 4)), max_size=40
)


@given(_PATIENTS, st.lists(st.sampled_from(["Cardiology", "Neurology", "General medicine"]), min_size=2, max_size=5))
def test_whoever_follows_the_suggestions_never_loads_one_doctor_past_the_bound(patients, specialties):
    loads = [0] * len(specialties)
    ids = [new_uuid() for _ in specialties]
    for acuity, specialty, known_by in patients:
        candidates = [
            Candidate(ids[i], str(i), specialties[i], True, loads[i], i == known_by, 0, None) for i in range(len(ids))
        ]
        match = suggested(ranked(Need(acuity, specialty), candidates))
        chosen = ids.index(match.candidate.provider_id)
        assert loads[chosen] - min(loads) <= MOST_AHEAD[acuity <= 2]
        loads[chosen] += 1


def test_equal_doctors_share_patients_to_within_one():
    loads, last = [0, 0, 0], [None, None, None]
    ids = [new_uuid() for _ in loads]
    for number in range(50):
        candidates = [Candidate(ids[i], "same", "General", True, loads[i], False, 0, last[i]) for i in range(3)]
        chosen = ids.index(suggested(ranked(Need(3, None), candidates)).candidate.provider_id)
        loads[chosen] += 1
        last[chosen] = EIGHT + timedelta(minutes=number)
        assert max(loads) - min(loads) <= 1


def span(kind, start_minutes, end_minutes=None):
    end = None if end_minutes is None else EIGHT - timedelta(minutes=end_minutes)
    return SimpleNamespace(kind=kind, started_at=EIGHT - timedelta(minutes=start_minutes), ended_at=end)


def test_a_pause_halves_the_flow_of_two_and_a_shift_that_just_began_changes_nothing():
    two = [span("work", 240), span("work", 240, 1), span("pause", 1)]
    seen = presence_of(two, now=EIGHT)
    assert seen.working_count == 1
    assert (seen.scaled(12, seen.mean_60), seen.scaled(40, seen.mean_240)) == (6, 20)
    fresh = presence_of([span("work", 5)], now=EIGHT)
    assert fresh.scaled(12, fresh.mean_60) == 12
    assert Presence(0, 1.0, 1.0).scaled(7, 1.0) == 0
