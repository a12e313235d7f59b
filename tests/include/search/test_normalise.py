"""Texts become words in one way, whatever they are written with."""

import sys
import unicodedata

import pytest

from cca.search.normalise import LEADS, UNDERSCORE, analyser, normalise


def _words(text: str) -> list[str]:
    return list(analyser().analyze(normalise(text)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Snake_Case isn't 2 words", ["snakeXcase", "isn", "t", "2", "words"]),
        ("XXL x_x", ["xxl", "xXx"]),
        ("ÑANDÚ Straße ﬁnal ⅷ", ["nandu", "strasse", "final", "viii"]),
        ("İstanbul ɢʟʏᴘʜ", ["istanbul", "glyph"]),
        ("Ελλάδας ΣΊΣΥΦΟΣ σίσυφος", ["ελλάδασ", "σίσυφοσ", "σίσυφοσ"]),
        ("cafe\u0301 e\u0301te\u0301", ["cafe", "ete"]),
        ("東京 no", ["東", "京", "no"]),
        ("broken \ud800 text", ["broken", "text"]),
    ],
)
def test_words_are_in_lower_case_and_without_accents(text, words):
    assert _words(text) == words


def test_no_letter_becomes_what_stands_for_an_underscore():
    letters = [chr(at) for at in range(sys.maxunicode) if unicodedata.category(chr(at))[0] == "L"]
    assert UNDERSCORE not in normalise(" ".join(letters))


def test_characters_that_a_word_may_begin_with_are_remembered():
    normalise("Жизнь")
    assert {UNDERSCORE, "ж"} <= LEADS
