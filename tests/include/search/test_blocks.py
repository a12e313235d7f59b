"""What of an entry can be searched, and as whose words."""

from typing import Any

import pytest

from cca.search.blocks import searchable

REMINDER = "<system-reminder>\nMonday\n</system-reminder>\n"


def user(content: Any, **values: Any) -> dict[str, Any]:
    return {"type": "user", "message": {"role": "user", "content": content}} | values


def result(content: Any) -> dict[str, Any]:
    return user([{"type": "tool_result", "tool_use_id": "t", "content": content}])


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        (user("Fix it"), [("prompt", "Fix it")]),
        (user(f"{REMINDER}Fix it"), [("system", "Monday"), ("prompt", "Fix it")]),
        (
            user("why <command-name>/clear</command-name> here?"),
            [("prompt", "why <command-name>/clear</command-name> here?")],
        ),
        (user("do it", isSidechain=True), [("prompt", "do it")]),
        (user("check", turnOrigin="scheduled"), [("system", "check")]),
        (
            user('<teammate-message teammate_id="a">hi</teammate-message>'),
            [("system", '<teammate-message teammate_id="a">hi</teammate-message>')],
        ),
        (result("\x1b[31mFAILED\x1b[0m test"), [("tool_result", "FAILED test")]),
        (result([{"type": "resource_link", "name": "dunlin"}]), [("tool_result", "dunlin")]),
        (
            user([{"type": "document", "title": "n", "source": {"type": "text", "data": "emu"}}]),
            [("prompt", "n\nemu")],
        ),
        (
            {"type": "system", "subtype": "stop_hook_summary", "hookErrors": ["lapwing broke"]},
            [("system", "lapwing broke")],
        ),
        (
            {"type": "system", "subtype": "stop_hook_summary", "stopReason": "avocet waits"},
            [("system", "avocet waits")],
        ),
        (
            {"type": "user", "mcpMeta": {"structuredContent": {"a": "said", "b": "dotterel"}},
             "message": {"role": "user", "content": [{"type": "tool_result", "content": "said"}]}},
            [("tool_result", "said"), ("tool_result", "dotterel")],
        ),
        (
            {"type": "assistant", "message": {"role": "assistant", "content": [
                {"type": "web_fetch_tool_result", "content": {"type": "web_fetch_result", "content":
                    {"type": "document", "source": {"type": "text", "data": "whimbrel"}}}},
                {"type": "tool_result", "content": [
                    {"type": "x", "source": {"type": "base64", "data": "d2hpbWJyZWw"}}]}]}},
            [("tool_result", "whimbrel")],
        ),
        (
            {"type": "pr-link", "prRepository": "a/b", "prUrl": "https://e.org/1"},
            [("system", "a/b\nhttps://e.org/1")],
        ),
        (
            {"type": "attachment", "attachment": {"type": "queued_command", "prompt": "also this"}},
            [("prompt", "also this")],
        ),
        (
            {
                "type": "attachment",
                "attachment": {"type": "queued_command", "commandMode": "task-notification",
                               "prompt": "done"},
            },
            [("system", "done")],
        ),
        (
            {"type": "attachment", "attachment": {"type": "goal_status", "condition": "green"}},
            [("system", "green")],
        ),
        ({"type": "attachment", "attachment": "only text"}, [("system", "only text")]),
        ({"type": "attachment", "attachment": {"type": "session_context", "mail": "a@b.c"}}, []),
        ({"type": "custom-title", "customTitle": "Mine"}, [("title", "Mine")]),
        ({"type": "queue-operation", "content": "Fix it"}, []),
    ],
)  # fmt: skip
def test_words_are_found_as_theirs_who_said_them(
    entry: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert [(block.kind, block.text) for block in searchable(entry)] == found
