"""The outline of a conversation, and a text found in it."""

from collections.abc import Callable
from typing import Any

import pytest
from pymongo.collection import Collection

from cca.conversation.outline import read_outline
from cca.mongo.archive import Document
from cca.search.within import Conversations, count_of_search, count_of_text
from cca.transcript.titles import TITLE_FIELDS

TALK = "77777777-7777-4777-8777-777777777777"
ERROR = {"type": "tool_result", "is_error": True, "content": "No such file"}
REJECTED = "The user doesn't want to proceed with this tool use. The tool use was rejected"


@pytest.fixture
def tell(collection: Collection[Document]) -> Callable[..., str]:
    """Stores the next line of a session, or of a subagent of it; its id."""

    def told(role: str, content: Any, agent: str = "", **more: Any) -> str:
        number = collection.estimated_document_count()
        collection.insert_one({
            "_id": f"d{number}", "uuid": f"u{number}", "type": role, "generation": 0,
            "message": {"role": role, "content": content}, "sourceOffset": number,
            "sessionKey": TALK, "stream": f"{TALK}/agent-{agent}" if agent else TALK, **more,
        })  # fmt: skip
        return f"d{number}"

    return told


def test_an_outline_has_every_entry_the_prompts_and_the_failed_calls(
    collection: Collection[Document], tell: Callable[..., str]
) -> None:
    first = tell("user", "Build it")
    tell("assistant", [{"type": "tool_use", "id": "t1", "name": "Bash", "input": {}}])
    failed = tell("user", [{**ERROR, "tool_use_id": "t1"}])
    tell("user", [{**ERROR, "tool_use_id": "t2", "content": REJECTED}])
    tell("user", [{**ERROR, "tool_use_id": "t3"}], agent="dig")
    again = tell("user", [{"type": "text", "text": "Again"}])
    outline = read_outline(collection, TALK)
    assert outline.entries == ["d0", "d1", "d2", "d3", "d5"], "those of a subagent are its own"
    assert [(stop.place, stop.entry) for stop in outline.prompts] == [(0, first), (4, again)]
    assert [(stop.place, stop.entry, stop.call) for stop in outline.failures] == [(2, failed, "t1")]
    assert [stop.call for stop in read_outline(collection, TALK, "dig").failures] == ["t3"]


def test_a_text_is_found_wherever_it_was_said(
    collection: Collection[Document], tell: Callable[..., str]
) -> None:
    tell("user", "Where is the Needle?")
    tell("assistant", [
        {"type": "thinking", "thinking": "a needle\n in hay"},
        {"type": "tool_use", "id": "t1", "name": "Grep", "input": {"pattern": "needle"}},
    ])  # fmt: skip
    result = [{"type": "text", "text": "needle, NEEDLE"}]
    tell("user", [{"type": "tool_result", "tool_use_id": "t1", "content": result}])
    for kind, field in TITLE_FIELDS.items():
        tell("user", "", type=kind, **{field: "The needle"})
    tell("assistant", "needle", agent="dig")
    talks = Conversations(collection)

    def find(text: str, *, is_changed: bool = False) -> list[tuple[int, str, str, int]]:
        found = talks.find(TALK, "", count_of_text(text), 1, lambda _: is_changed)
        return [(o.passage.place, o.passage.kind, o.passage.call, o.count) for o in found]

    assert find("needle") == [
        (0, "prompt", "", 1), (1, "thinking", "", 1), (1, "tool_input", "t1", 1),
        (2, "tool_result", "t1", 2),
    ], "titles are no lines of the conversation"  # fmt: skip
    assert find("needle IN hay") == [(1, "thinking", "", 1)], "over the end of a line"
    assert find(".") == find("  ") == []
    tell("user", "needle")
    assert len(find("needle")) == 4, "read once while nothing changes"
    assert find("needle", is_changed=True)[-1] == (3 + len(TITLE_FIELDS), "prompt", "", 1)


def test_the_words_of_a_search_are_counted_each_for_itself() -> None:
    text = "a needle in the\nhay, needles, and a stack"
    for query, expected in {
        "needle": 2, "NEEDLE hay kind:prompt": 3, '"the hay"': 1, "needle -stack": 2, "need*": 2,
        "kind:prompt": 0, r"/need\w+/": 2, "a": 0,
    }.items():  # fmt: skip
        assert count_of_search(query)(text) == expected, query
