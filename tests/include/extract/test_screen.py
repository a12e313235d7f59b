"""An entry that holds what a terminal would obey is found by its bytes."""

import bson
import pytest

from cca.extract.screen import holds_escapes


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[31m",
        "\0\x1b\0\0\0[31m",
        "\x1b\0\0\0[31m",
        "\x02a\0\x1b\0\0\0" + "x" * 25 + "\0",
        "\x9b2J",
    ],
)
def test_an_escape_is_found_whatever_stands_around_it(text: str) -> None:
    entry = {"type": "user", "content": text}
    assert holds_escapes(entry, bson.encode(entry))


@pytest.mark.parametrize("text", ["x" * 25, "plain", "\0\0\0", "\xc2\xa0"])
def test_the_length_of_a_text_is_no_escape(text: str) -> None:
    entry = {"type": "user", "content": text, "number": 27}
    assert not holds_escapes(entry, bson.encode(entry))
