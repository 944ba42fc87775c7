"""What a worker may remember of sessions."""

import uuid
from datetime import timedelta

from app_api.identity import session_book
from app_api.identity.session_book import OpenSession, Principal, SessionBook
from core import clock
from core.vocabulary import Role


def a_session(token_hash: bytes = b"a", user_id: uuid.UUID | None = None) -> OpenSession:
    person = Principal(user_id or uuid.uuid4(), "a@b.example", "A", Role.DOCTOR, None)
    return OpenSession(token_hash, person, clock.now(), clock.now() + timedelta(hours=1))


def test_nothing_is_remembered_while_revocations_are_not_heard():
    book = SessionBook()
    book.remember(a_session(), generation=book.generation)
    assert book.find(b"a") is None


def test_a_session_is_remembered_while_revocations_are_heard():
    book = SessionBook()
    book.listening(True)
    session = a_session()
    book.remember(session, generation=book.generation)
    assert book.find(b"a") == session


def test_everything_is_forgotten_when_the_subscription_breaks():
    book = SessionBook()
    book.listening(True)
    book.remember(a_session(), generation=book.generation)
    book.listening(False)
    book.listening(True)
    assert book.find(b"a") is None


def test_what_was_read_before_a_revocation_is_not_remembered_after_it():
    book = SessionBook()
    book.listening(True)
    generation = book.generation
    book.forget(b"a")
    book.remember(a_session(), generation=generation)
    assert book.find(b"a") is None


def test_all_sessions_of_a_person_are_forgotten_and_the_watchers_told():
    book, person, told = SessionBook(), uuid.uuid4(), []
    book.watch(session_ended=told.append, user_ended=told.append)
    book.listening(True)
    for token in (b"a", b"b"):
        book.remember(a_session(token, person), generation=book.generation)
    book.remember(a_session(b"c"), generation=book.generation)
    book.forget_user(person)
    book.forget(b"d")
    assert [book.find(token) is None for token in (b"a", b"b", b"c")] == [True, True, False]
    assert told == [person, b"d"]


def test_a_memory_grows_old(monkeypatch):
    book = SessionBook()
    book.listening(True)
    book.remember(a_session(), generation=book.generation)
    monkeypatch.setattr(session_book, "MEMORY_SECONDS", -1.0)
    assert book.find(b"a") is None
