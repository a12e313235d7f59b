"""Colours of terminal output: the same words as without them, in the style they were printed in."""

import random

import pytest

from cca.transcript.colours import PLAIN, Style, styled
from cca.transcript.terminal import plain

PARTS = (
    "\x1b[31m", "\x1b[0m", "\x1b[1;38;5;196m", "\x1b[48;2;1;2;3m", "\x1b[m", "\x1b]0;title\x07",
    "\r", "\b", "\x1b[2K", "\x1b[K", "\x9b1m", "word", " ", "é", "\x1b", "\x1b[", "\x07", "\r\n",
    "\n", "\x1b[38;5", "100%",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("plain", [(PLAIN, "plain")]),
        ("\x1b[31mFAILED\x1b[0m x", [(Style(colour=1), "FAILED"), (PLAIN, " x")]),
        ("\x1b[1;92mok\x1b[22m!", [(Style(colour=10, is_bold=True), "ok"), (Style(10), "!")]),
        ("\x1b[38;5;9ma\x1b[39mb", [(Style(9), "a"), (PLAIN, "b")]),
        ("\x1b[38;2;250;250;250ma", [(Style(15), "a")]),
        ("\x1b[41;3ma", [(Style(ground=1, is_italic=True), "a")]),
        ("\x1b[7ma\x1b[27mb", [(Style(is_inverse=True), "a"), (PLAIN, "b")]),
        ("\x1b[32m10%\r\x1b[31m100% done", [(Style(1), "100% done")]),
    ],
)
def test_text_comes_in_runs_of_one_style(text: str, runs: list[tuple[Style, str]]) -> None:
    assert [run for run in styled(text) if run[1]] == runs


def test_a_colour_continues_over_lines_until_it_is_reset() -> None:
    for text in ("\x1b[33ma\nb\x1b[0m\nc", "\x1b[33ma\nx\rb\x1b[0m\nc"):
        lit = {char: style.colour for style, run in styled(text) for char in run if char != "\n"}
        assert lit == {"a": 3, "b": 3, "c": None}


def test_the_words_are_those_of_plain_text_whatever_the_escapes() -> None:
    chance = random.Random(7)
    for _ in range(3000):
        text = "".join(chance.choices(PARTS, k=chance.randrange(1, 14)))
        assert "".join(run for _, run in styled(text)) == plain(text), repr(text)
