"""Rules of identity and registrations that need no database."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app_api.identity import policy
from app_api.identity.errors import WeakPasswordError
from app_api.identity.throttle import address_block
from app_api.registrations.policy import check_moment, id_from_key, is_same_request
from core.errors import InputError
from core.vocabulary import Role

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=12)


def is_live_after(rest: timedelta, role: Role) -> bool:
    return policy.is_live(role=role, last_seen_at=NOW, expires_at=LATER, now=NOW + rest)


def test_a_doctor_is_signed_out_after_a_quarter_of_an_hour_of_rest():
    assert is_live_after(timedelta(minutes=14, seconds=59), Role.DOCTOR)
    assert not is_live_after(timedelta(minutes=15), Role.DOCTOR)


def test_a_patient_may_rest_for_half_an_hour():
    assert is_live_after(timedelta(minutes=29, seconds=59), Role.PATIENT)
    assert not is_live_after(timedelta(minutes=30), Role.PATIENT)


def test_a_session_ends_after_twelve_hours_of_work():
    last = LATER - timedelta(seconds=1)
    assert policy.is_live(role=Role.NURSE, last_seen_at=last, expires_at=LATER, now=last)
    assert not policy.is_live(role=Role.NURSE, last_seen_at=LATER, expires_at=LATER, now=LATER)


@given(st.emails())
def test_folding_an_email_twice_changes_nothing(email):
    once = policy.fold_email(email)
    assert policy.fold_email(once) == once == once.lower()


@pytest.mark.parametrize(
    ("password", "role"),
    [("elevenchars", Role.DOCTOR), ("fourteen chars", Role.PATIENT), ("a" * 257, Role.DOCTOR)],
)
def test_a_password_of_the_wrong_length_is_refused(password, role):
    with pytest.raises(WeakPasswordError):
        policy.check_password(password, role=role)


@pytest.mark.parametrize("password", ["aaaaaaaaaaaaaaaa", "ada lovelace medisync", "abababababababab"])
def test_a_password_made_of_the_person_or_of_repetition_is_refused(password):
    with pytest.raises(WeakPasswordError) as refusal:
        policy.check_password(password, role=Role.DOCTOR, words=("ada", "lovelace"))
    assert password not in str(refusal.value)


def test_a_long_password_of_any_characters_is_taken():
    policy.check_password("кот, лошадь и скрепка", role=Role.PATIENT, words=("Ada",))


@pytest.mark.parametrize("password", ["password1234567", "iloveyouiloveyou", "qwertyuiopasdfgh", "Passw0rd!Passw0rd!"])
def test_a_common_password_is_refused_however_long(password):
    with pytest.raises(WeakPasswordError) as refusal:
        policy.check_password(password, role=Role.DOCTOR)
    assert "common" in str(refusal.value)
    assert password not in str(refusal.value)


def test_a_generated_password_meets_every_role():
    made = {policy.generated_password() for _ in range(50)}
    assert len(made) == 50
    for role in Role:
        for password in made:
            policy.check_password(password, role=role)


def test_waiting_grows_with_failures_up_to_a_quarter_of_an_hour():
    delays = [policy.delay_after(failures) for failures in range(1, 30)]
    assert delays[:5] == [0, 0, 0, 0, 60]
    assert delays == sorted(delays)
    assert delays[-1] == 900


def test_neighbours_in_one_ipv6_network_count_as_one_address():
    assert address_block("2001:db8:1:2:3::4") == address_block("2001:db8:1:2:ffff::1")
    assert address_block("192.0.2.1") != address_block("192.0.2.2")
    assert address_block("not an address") == "unknown"


def test_a_key_means_another_registration_for_another_person():
    ann, bob = uuid.uuid4(), uuid.uuid4()
    assert id_from_key(ann, "k") == id_from_key(ann, "k")
    assert len({id_from_key(ann, "k"), id_from_key(bob, "k"), id_from_key(ann, "l")}) == 3


@pytest.mark.parametrize("moment", [NOW + timedelta(minutes=6), datetime(1899, 12, 31, tzinfo=UTC)])
def test_a_registration_is_neither_from_the_future_nor_from_before_1900(moment):
    with pytest.raises(InputError):
        check_moment(moment, now=NOW)


def test_a_clock_may_be_a_little_ahead():
    check_moment(NOW + timedelta(minutes=4), now=NOW)


def test_a_request_is_the_same_when_all_it_gave_is_what_is_stored():
    stored = {"patient_id": "p", "acuity": 2, "recorded_at": NOW}
    assert is_same_request(stored, {"patient_id": "p", "acuity": 2})
    assert not is_same_request(stored, {"patient_id": "p", "acuity": 3})
