"""The same hand-made documents as the follower's tests, and a searcher."""

from collections.abc import Callable
from typing import Any

import pytest

from cca.search.searcher import Searcher
from tests.include.follow.scribe import caught_up, scribe

__all__ = ["caught_up", "scribe"]


@pytest.fixture
def find(settings, mongo_uri, caught_up) -> Callable[..., Any]:
    """Searches what the archive holds now."""
    searcher = Searcher(settings, mongo_uri)

    def search(text: str, **filters: Any) -> Any:
        caught_up()
        return searcher.search(text, **filters)

    return search
