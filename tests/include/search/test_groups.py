"""Hits by session: the order of the sessions, their first hits, and how many came when."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cca.follow.state import follower_state
from cca.search.asked import Page, Where
from cca.search.searcher import Searcher
from cca.search.snippet import of_terms, snippet_of
from cca.search.typed import understand
from cca.settings import Settings
from tests.include.follow.scribe import START

Group = Callable[..., Any]


@pytest.fixture
def group(settings: Settings, mongo_uri: str, caught_up: Any) -> Group:
    """Searches by session what the archive holds now."""
    searcher = Searcher(settings, mongo_uri)

    def grouped(
        text: str, order: Any = "best", offset: int = 0, limit: int = 9, **where: Any
    ) -> Any:
        caught_up()
        return searcher.by_session(text, Where(**where), Page(limit, offset, order))

    return grouped


def told(found: Any) -> list[tuple[str, int, int]]:
    return [(one.session_id, one.count, len(one.rows)) for one in found.groups]


def test_sessions_come_by_their_best_or_their_newest_hit(scribe: Any, group: Group) -> None:
    scribe.prompt("otter otter otter", session="best")
    for number in range(5):
        scribe.answer(f"an otter {number} among {'very ' * 30} many words", session="many")
    scribe.answer("nothing", session="none")
    found = group("otter")
    assert told(found) == [("best", 1, 1), ("many", 5, 3)]
    assert (found.total, found.sessions) == (6, 2)
    assert found.kinds == {"answer": 5, "prompt": 1}
    assert told(group("otter", "newest")) == [("many", 5, 3), ("best", 1, 1)]
    newest = group("otter", "newest").groups[0].rows
    assert [row.snippet[:10] for row in newest] == ["an otter 4", "an otter 3", "an otter 2"]
    assert told(group("otter", offset=1, limit=1)) == [("many", 5, 3)]
    assert told(group("otter", kind="prompt")) == [("best", 1, 1)]


def test_sessions_whose_hits_rank_far_down_follow_the_newest_first(
    scribe: Any, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cca.search.groups._RANKED_HITS", 2)
    for number in range(3):
        scribe.prompt("otter", session=f"s{number}", uuid=f"short{number}")
        scribe.prompt(f"an otter {'very ' * number} far away", session=f"s{number}")
    found = group("otter")
    assert {one for one, _, _ in told(found)} == {"s0", "s1", "s2"}
    assert all(one.count == 2 and one.rows for one in found.groups)
    assert {row.session_id for one in found.groups for row in one.rows} == {"s0", "s1", "s2"}


@pytest.mark.parametrize("text", ["otter", "a/otter", r"/ott\w+/"])
def test_hits_are_counted_between_any_times(scribe: Any, group: Group, text: str) -> None:
    for hours in (0, 1, 1, 5):
        scribe.prompt(f"a/otter at {hours}", at=START + timedelta(hours=hours))
    found = group(text)
    assert (found.first, found.last) == (START, START + timedelta(hours=5))
    bounds = [START + timedelta(hours=hours) for hours in (0, 1, 2, 6)]
    assert found.counts_between(bounds) == [1, 2, 1]


def test_what_cannot_be_searched_is_said(group: Group, scribe: Any) -> None:
    assert "cannot be searched" in group("=>").message
    assert (group("absent").total, group("absent").groups) == (0, [])


def test_a_snippet_of_markdown_has_its_words_without_its_signs() -> None:
    finder = of_terms(understand("otter").terms)
    text = "# Rivers\n> see `the` **otter** in [the docs](https://x.example/y) __init__"
    shown = snippet_of(text, finder, is_markdown=True)
    assert shown.text == "Rivers see the otter in the docs __init__"
    assert [shown.text[start:end] for start, end in shown.marks] == ["otter"]
    assert "**otter**" in snippet_of(text, finder).text


def test_letters_that_are_found_by_their_plain_form_are_marked() -> None:
    shown = snippet_of(
        "the \u0262\u029f\u028f\u1d18\u029c of \u0130zmir", of_terms(understand("glyph").terms)
    )
    assert [shown.text[start:end] for start, end in shown.marks] == [
        "\u0262\u029f\u028f\u1d18\u029c"
    ]


def test_a_follower_that_stopped_leaves_entries_waiting(
    scribe: Any, caught_up: Any, settings: Settings, collection: Any
) -> None:
    scribe.prompt("one")
    assert follower_state(settings, collection) is None
    caught_up()
    state = follower_state(settings, collection)
    assert state is not None
    assert (state.is_running, state.waiting, state.is_behind) == (False, 0, False)
    scribe.prompt("two")
    state = follower_state(settings, collection)
    assert state is not None
    assert (state.waiting, state.is_behind) == (1, True)
