"""Excerpts of a conversation: file order, both directions, pairs across their edges, no copies."""

from typing import Any

import pytest

from cca.conversation.excerpt import Anchor, Excerpt, read_excerpt
from cca.conversation.reader import read_entries
from cca.conversation.stored import find_entry
from cca.dashboards.browser.reading import articles
from tests.dashboards.browser.story import Story

SESSION = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
def story() -> Story:
    return Story(SESSION)


def read(
    collection: Any, anchor: Anchor | None = None, limit: int = 200, agent: str = ""
) -> Excerpt:
    return read_excerpt(collection, SESSION, agent, anchor or Anchor(), limit)


def texts(window: Excerpt) -> list[str]:
    return [part.text for article in articles(window) for part in article.parts]


def test_windows_in_both_directions_cover_all_entries_once(collection: Any, story: Story) -> None:
    ids = [story.says(str(number)) for number in range(25)]
    collection.insert_many(reversed(story.documents))
    forward, window = [], read(collection, limit=10)
    while True:
        forward += [entry.id for entry in window.entries]
        if not window.has_after:
            break
        window = read(collection, Anchor(forward[-1], "after"), limit=10)
    assert forward == ids
    assert not read(collection, limit=10).has_before
    before = read(collection, Anchor(ids[12], "before"), limit=10)
    assert [entry.id for entry in before.entries] == ids[2:12]
    assert before.has_before
    assert before.has_after


def test_order_is_the_files_not_the_clocks(collection: Any, story: Story) -> None:
    story.says("first", after=100)
    story.says("second", after=-500)
    collection.insert_many(story.documents)
    assert texts(read(collection)) == ["first", "second"]


def test_a_call_finds_its_result_beyond_the_window(collection: Any, story: Story) -> None:
    asked, _ = story.calls("Bash", {"command": "ls"}, "out", use="toolu_1")
    collection.insert_many(story.documents)
    window = read(collection, limit=1)
    assert [entry.id for entry in window.entries] == [asked]
    assert articles(window)[0].parts[0].call.status == "ok"
    assert articles(read(collection, Anchor(asked, "after"))) == [], "the result stands at its call"


def test_a_result_without_a_call_is_not_lost(collection: Any, story: Story) -> None:
    story.prompt([{"type": "tool_result", "tool_use_id": "toolu_gone", "content": "an orphan"}])
    collection.insert_many(story.documents)
    assert "an orphan" in texts(read(collection))


def test_an_entry_written_again_is_shown_once_as_it_was_last(collection: Any, story: Story) -> None:
    story.says("as it was")
    story.says("what followed")
    story.says("as it is now", generation=1)
    story.documents[2]["uuid"] = story.documents[0]["uuid"]
    story.says("new since then", generation=1)
    collection.insert_many(story.documents)
    assert texts(read(collection)) == ["as it is now", "what followed", "new since then"]


def test_uuids_that_are_none_stop_no_reading_of_a_file_that_was_written_again(
    collection: Any, story: Story
) -> None:
    for odd in ({"uuid": ["a", "b"]}, {"rawLine": '{"type": "user", "uuid": "\\ud800"}'}):
        story.says("as it was")
        story.documents[-1].update(odd)
    story.says("as it is now", generation=1)
    collection.insert_many(story.documents)
    assert texts(read(collection)) == ["as it was", "as it is now"]
    entries = read_entries(collection, SESSION, is_read_once=True)
    assert len(list(entries)) == 3


def test_the_same_uuid_twice_in_one_file_is_two_entries(collection: Any, story: Story) -> None:
    story.says("one")
    story.says("two")
    story.documents[1]["uuid"] = story.documents[0]["uuid"]
    collection.insert_many(story.documents)
    assert texts(read(collection)) == ["one", "two"]


def test_a_subagents_stream_is_read_apart(collection: Any, story: Story) -> None:
    story.says("in the main conversation")
    story.says("in the subagent", agent="abc")
    collection.insert_many(story.documents)
    assert texts(read(collection)) == ["in the main conversation"]
    assert texts(read(collection, agent="abc")) == ["in the subagent"]


def test_an_entry_is_found_by_id_or_uuid_and_only_in_its_session(
    collection: Any, story: Story
) -> None:
    entry_id = story.says("here")
    collection.insert_many(story.documents)
    assert find_entry(collection, SESSION, entry_id).id == entry_id
    assert find_entry(collection, SESSION, story.documents[0]["uuid"]).id == entry_id
    assert find_entry(collection, "another", entry_id) is None


def test_an_entry_kept_as_its_raw_line_is_read_from_it(collection: Any, story: Story) -> None:
    story.says("kept aside")
    document = story.documents[0]
    document["rawLine"] = '{"type":"user","message":{"role":"user","content":"from the line"}}'
    collection.insert_one(document)
    assert texts(read(collection)) == ["from the line"]


def test_older_messages_and_unknown_types_are_shown(collection: Any, story: Story) -> None:
    story.add({"type": "message", "message": {"role": "assistant", "content": "an old answer"}})
    story.add({"type": "message", "message": {"role": "user", "content": "an old question"}})
    story.add({"type": "from-the-future", "payload": "kept"})
    story.add({"type": "ai-title", "aiTitle": "hidden"})
    collection.insert_many(story.documents)
    shown = articles(read(collection))
    assert [article.role for article in shown] == ["claude", "you", "system"]
    assert "kept" in shown[2].parts[0].text


def test_blocks_of_one_api_message_stand_together(collection: Any, story: Story) -> None:
    story.says({"type": "thinking", "thinking": "hm"}, message="msg_1")
    story.says("text", message="msg_1")
    story.says("another", message="msg_2")
    collection.insert_many(story.documents)
    shown = articles(read(collection))
    assert [[part.kind for part in article.parts] for article in shown] == [
        ["thinking", "text"],
        ["text"],
    ]
    assert [article.is_continued for article in shown] == [False, True]
