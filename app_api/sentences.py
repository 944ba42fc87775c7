"""One sentence in another language: the phrase book of a room, and how a sentence is found in it.

Belongs here: finding. Does not belong here: the sentences (`spanish.py` of the room that says them), and who reads them
(`app_api.languages`).

The English sentence of the code is the key, as with gettext, so nothing in the code changes for a translation; `{}` in
a key stands for what an f-string puts there. `tests/architecture/test_languages.py` finds every sentence of the code
that has no other.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property

#: What stands for a value.
GAP = "{}"


class PhraseBook:
    """The sentences of one room in one language.

    Parameters
    ----------
    sentences : mapping of str to str
        English sentence -> the other one, with as many gaps.
    name : str, optional
        The room's.
    """

    def __init__(self, sentences: Mapping[str, str], *, name: str = "") -> None:
        self.name = name
        self.sentences = sentences

    def say(self, sentence: str) -> str | None:
        """Return a sentence in the language of the book; None when it is not in it.

        Values are said too where the book knows them: the name of a state becomes a word.

        Examples
        --------
        >>> book = PhraseBook({"the visit is {}": "la visita está {}", "over": "terminada"})
        >>> book.say("the visit is over"), book.say("the visit is 7"), book.say("no such visit")
        ('la visita está terminada', 'la visita está 7', None)
        """
        found = self.look_up(sentence)
        return None if found is None else found[1]

    def look_up(self, sentence: str) -> tuple[int, str] | None:
        """Return what `say` does, and how many letters are the book's own: of two books the one with more is meant."""
        known = self.sentences.get(sentence)
        if known is not None:
            return len(sentence), known
        for fixed, pattern, other in self._patterns:
            found = pattern.fullmatch(sentence)
            if found:
                return fixed, _filled(other, [self.say(value) or value for value in found.groups()])
        return None

    @cached_property
    def _patterns(self) -> tuple[tuple[int, re.Pattern[str], str], ...]:
        """Sentences with gaps, those with the most fixed words first: the most particular one is meant."""
        gapped = sorted((key for key in self.sentences if GAP in key), key=_fixed, reverse=True)
        return tuple((_fixed(key), _pattern(key), self.sentences[key]) for key in gapped)


def _filled(sentence: str, values: Sequence[str]) -> str:
    parts = sentence.split(GAP)
    return "".join(part + value for part, value in zip(parts, [*values, ""], strict=True))


def _fixed(key: str) -> int:
    return len(key.replace(GAP, ""))


def _pattern(key: str) -> re.Pattern[str]:
    return re.compile("(.*?)".join(re.escape(part) for part in key.split(GAP)), re.DOTALL)
