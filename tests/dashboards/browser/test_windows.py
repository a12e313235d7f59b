"""Windows of a conversation that are kept, and what makes them new; a real MongoDB."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cca.annotations import Annotation, amend, changed
from cca.conversation.excerpt import EXCERPT_ENTRIES, Anchor
from cca.dashboards.browser.archive import open_archive
from cca.dashboards.browser.desk import Desk
from cca.dashboards.browser.hits import SearchRoom
from cca.dashboards.browser.live import Pulse
from cca.dashboards.browser.windows import Asked, window
from cca.mongo import erasures
from cca.search.within import Conversations
from cca.selection import Selection
from cca.settings import Settings

FIRST = Asked("long", "", Anchor())
LAST = Asked("long", "", Anchor(side="end"))


@pytest.fixture
def desk(keep: Callable[..., Settings], new_story: Any) -> Iterator[Desk]:
    story = new_story("long")
    for number in range(EXCERPT_ENTRIES + 20):
        story.prompt(f"Message {number} of many.")
    settings = keep(story)
    archive = open_archive(settings, settings.mongo_uri)
    pulse = Pulse(archive.entries)
    pulse._noted()
    search = SearchRoom(settings, settings.mongo_uri)
    yield Desk(archive, search, settings, pulse, Conversations(archive.entries))
    archive.entries.database.client.close()


def _rewrite(desk: Desk, old: str, new: str) -> None:
    """Changes a message in MongoDB without a word to anybody."""
    changed = desk.archive.entries.update_one(
        {"message.content": old}, {"$set": {"message.content": new}}
    )
    assert changed.modified_count == 1


def test_a_window_is_made_once_until_its_session_changes(desk: Desk) -> None:
    assert "Message 3 of many." in window(desk, FIRST)
    _rewrite(desk, "Message 3 of many.", "Another text.")
    desk.pulse._noted("another session")
    assert "Message 3 of many." in window(desk, FIRST)
    assert "Another text." in window(desk, FIRST._replace(is_revealed=True))
    desk.pulse._noted("long")
    assert "Another text." in window(desk, FIRST)


def test_the_end_of_a_conversation_is_read_each_time(desk: Desk) -> None:
    last = f"Message {EXCERPT_ENTRIES + 19} of many."
    assert last in window(desk, LAST)
    _rewrite(desk, last, "Another text.")
    assert "Another text." in window(desk, LAST)


def test_a_mark_is_seen_at_once(desk: Desk) -> None:
    first = desk.archive.entries.find_one({"message.content": "Message 3 of many."})
    assert first is not None
    assert "seen-twice" not in window(desk, FIRST)
    amend(
        desk.archive.annotations,
        Annotation("long", first["_id"]),
        lambda mark: changed(mark, {"tags": ["seen-twice"]}),
        first,
    )
    assert "seen-twice" in window(desk, FIRST)


def test_what_is_erased_is_not_shown_again_though_no_follower_says_so(desk: Desk) -> None:
    assert "Message 3 of many." in window(desk, FIRST)
    database = desk.archive.entries.database
    request = erasures.open_request(database, Selection(session="long"))
    desk.archive.entries.delete_many({"sessionKey": "long"})
    erasures.note_archive_erased(database, request)
    assert "Message 3 of many." not in window(desk, FIRST)
