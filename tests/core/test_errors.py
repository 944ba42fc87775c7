"""The error tree: stable codes, one root."""

import inspect

from hypothesis import given
from hypothesis import strategies as st

from core import errors
from core.errors import InputError, MediSyncError


def _classes():
    return [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, MediSyncError)]


def test_every_error_has_a_code_of_its_own_that_a_program_can_match():
    codes = [one.code for one in _classes()]
    assert len(set(codes)) == len(codes) >= 7
    assert all(code == code.lower() and code.replace("_", "").isalpha() for code in codes)


@given(st.text())
def test_an_error_keeps_its_sentence_word_for_word(sentence):
    error = InputError(sentence)
    assert error.message == sentence == str(error)


def test_a_code_given_for_one_error_leaves_its_class_alone():
    assert InputError("x", code="bad_month").code == "bad_month"
    assert InputError("x").code == "invalid_input"
