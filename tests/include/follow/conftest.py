"""The archive of the tests, written by hand, and a follower that catches up with it."""

import pytest

from tests.include.follow.scribe import Scribe, caught_up, scribe

__all__ = ["caught_up", "scribe"]


@pytest.fixture
def new_scribe() -> type[Scribe]:
    return Scribe
