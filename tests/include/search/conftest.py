"""The same hand-made documents as the follower's tests, and a searcher."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cca.search.searcher import Searcher

_PATH = Path(__file__).parent.parent / "follow" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("follow_conftest", _PATH)
_SHARED = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_SHARED)
scribe, caught_up = _SHARED.scribe, _SHARED.caught_up


@pytest.fixture
def find(settings, mongo_uri, caught_up) -> Callable[..., Any]:
    """Searches what the archive holds now."""
    searcher = Searcher(settings, mongo_uri)

    def search(text: str, **filters: Any) -> Any:
        caught_up()
        return searcher.search(text, **filters)

    return search
