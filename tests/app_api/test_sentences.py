"""Finding the language of a reader, and a sentence in it."""

import pytest

from app_api.languages import SCOPE_KEY, language_of, preferred
from app_api.sentences import PhraseBook
from core.vocabulary import Language


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "en"),
        ("es", "es"),
        ("ES-419, fr;q=0.9", "es"),
        ("fr-CH, fr;q=0.9, es;q=0.5, en;q=0.4", "es"),
        ("en;q=0.1, es;q=0.1", "en"),
        ("es;q=0, en;q=0.3", "en"),
        ("es;q=nonsense", "en"),
        ("*", "en"),
        (";;,,=;q=", "en"),
    ],
)
def test_the_heaviest_language_that_there_is_wins(header, expected):
    assert preferred(header).value == expected


def test_the_account_goes_before_the_header_and_no_choice_leaves_it_to_the_header():
    scope = {"headers": [(b"accept-language", b"es")]}
    assert language_of(scope) is Language.SPANISH
    assert language_of({**scope, SCOPE_KEY: Language.ENGLISH}) is Language.ENGLISH
    assert language_of({**scope, SCOPE_KEY: None}) is Language.SPANISH
    assert language_of({}) is Language.ENGLISH


def test_the_most_particular_sentence_is_meant_and_values_are_kept_as_they_are():
    book = PhraseBook({"no {}": "ningún {}", "no {} in {}": "ningún {} en {}", "bed": "cama", "a.b": "x"})
    assert book.say("no bed in W{}3") == "ningún cama en W{}3"
    assert book.say("no (x") == "ningún (x"
    assert book.say("aXb") is None
    assert book.say("no\nbed") is None
