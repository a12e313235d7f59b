"""Documents as the sync agent stores them, with defaults for all that a test does not state."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

Document = dict[str, Any]

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def document() -> Callable[..., Document]:
    numbers = itertools.count()

    def make(entry: Document | None = None, **own: Any) -> Document:
        number = next(numbers)
        return {
            **(entry or {"type": "user", "message": {"role": "user", "content": "hi"}}),
            "_id": f"{number:032x}",
            "stream": "s1",
            "generation": 0,
            "sourceOffset": number * 100,
            "projectId": "-srv-app",
            "sessionKey": "s1",
            "sourceFile": "-srv-app/s1.jsonl",
            "host": "laptop",
            "eventAt": START,
            "ingestedAt": START,
            **own,
        }

    return make
