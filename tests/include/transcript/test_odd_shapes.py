"""No shape of a field stops a rule: every field of an entry takes every kind of JSON value."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from cca.extract.convert import convert
from cca.search.blocks import searchable
from cca.transcript.agents import meta_of
from cca.transcript.blocks import blocks_of
from cca.transcript.kinds import is_picture, subtype_of
from cca.transcript.previews import preview_text
from cca.transcript.prompts import said
from cca.transcript.titles import title_of
from cca.transcript.usage import usage_rows

ODD = ({"a": 1}, [], [1], 5, None, True, "", 1.5)
ENTRY = {
    "message": {
        "role": "assistant", "model": "m", "id": "i",
        "content": [
            {"type": "text", "text": "x"},
            {"type": "image", "source": {"media_type": "image/png", "data": "aGk="}},
        ],
        "usage": {"input_tokens": 1, "iterations": [{"type": "advisor_message"}]},
    },
    "attachment": {"type": "queued_command", "prompt": "x", "commandMode": "prompt"},
    "subtype": "x", "origin": {"kind": "human"}, "content": "x", "timestamp": "2026-11-01",
}  # fmt: skip
TYPES = ("assistant", "user", "attachment", "system", "progress", "summary", "ai-title", "message")
RULES: list[Callable[[dict[str, Any]], Any]] = [
    blocks_of, said, title_of, preview_text, usage_rows, subtype_of, meta_of,
    lambda entry: list(searchable(entry)),
    lambda entry: [is_picture(block) for block in blocks_of(entry)],
]  # fmt: skip


def _changed(value: Any) -> Iterator[Any]:
    """The value with one place in it changed to something odd, for each place and odd value."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from ({**value, key: other} for other in (*ODD, *_changed(item)))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from (
                [*value[:number], other, *value[number + 1 :]] for other in (*ODD, *_changed(item))
            )


@pytest.mark.parametrize("kind", TYPES)
def test_an_odd_value_in_any_place_stops_no_rule(kind: str) -> None:
    entries = list(_changed(ENTRY | {"type": kind}))
    assert len(entries) > 100
    for entry in entries:
        for rule in RULES:
            rule(entry)


@pytest.mark.parametrize("kind", TYPES)
def test_an_odd_value_in_any_place_becomes_a_row(kind: str) -> None:
    now = datetime.now(UTC)
    stored = {
        "_id": "x", "stream": "s", "generation": 0, "sourceOffset": 0, "projectId": "p",
        "sessionKey": "s", "sourceFile": "p/s.jsonl", "host": "h",
        "eventAt": now, "ingestedAt": now,
    }  # fmt: skip
    for entry in _changed(ENTRY | {"type": kind}):
        assert convert(entry | stored).reject is None, entry
