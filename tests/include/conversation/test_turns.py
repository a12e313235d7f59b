"""What one entry shows: who speaks, which parts there are, and that nothing of it is lost."""

from typing import Any

import pytest

from cca.conversation.stored import StoredEntry
from cca.conversation.turns import Turn, turn_of

PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQK"}


def turn(entry: dict[str, Any], stream: str = "s") -> Turn | None:
    return turn_of(StoredEntry("id", entry, {"_id": "id", "stream": stream}))


def user(content: Any, **more: Any) -> dict[str, Any]:
    return {"type": "user", "message": {"role": "user", "content": content}, **more}


def shown(entry: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(kind, label, text) of each part."""
    found = turn(entry)
    return [(part.kind, part.label, part.text) for part in found.lines] if found else []


def test_what_an_editor_puts_around_a_prompt_folds_apart_from_it() -> None:
    entry = user("<system-reminder>\nMonday\n</system-reminder>\nFix it\n  please")
    assert shown(entry) == [("fold", "Reminder", "Monday"), ("prompt", "", "Fix it\n  please")]
    found = turn(entry)
    assert found is not None
    assert found.name == "You"


def test_a_person_may_write_about_any_tag() -> None:
    text = "<task-notification>x</task-notification> is what I see"
    assert shown(user(text, promptSource="typed")) == [("prompt", "", text)]
    [notice] = shown(user("<task-notification>all done</task-notification>"))
    assert notice == ("note", "", "Task finished: all done")


def test_words_behind_a_notice_are_kept() -> None:
    text = "<task-notification>\n<summary>built</summary>\n</task-notification>\nRead /tmp/out"
    assert [part[2] for part in shown(user(text))] == [
        "Task finished: summary: built",
        "Read /tmp/out",
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('<teammate-message teammate_id="ada">Hi</teammate-message>', "ada"),
        ('<agent-message from="tester">Hi</agent-message>', "tester"),
        ('<cross-session-message from="build">Hi</cross-session-message>', "build"),
        ("Another Claude session sent a message: Hi", "Teammate"),
    ],
)
def test_others_speak_under_their_own_names(text: str, name: str) -> None:
    found = turn(user(text))
    assert found is not None
    assert (found.speaker, found.name) == ("teammate", name)
    assert [part.text for part in found.parts] == ["Hi"]


def test_a_command_is_shown_as_it_was_typed() -> None:
    text = "<command-name>/review</command-name><command-args>all of it</command-args>"
    assert shown(user(text)) == [("command", "/review", "all of it")]
    local = {"type": "system", "subtype": "local_command", "content": text}
    assert shown(local) == [("command", "/review", "all of it")]
    for signs in ({}, {"promptSource": "typed"}):
        entry = user("<bash-input>ls -l</bash-input>", **signs)
        assert shown(entry) == [("command", "! ls -l", "")]


def test_a_subagent_s_file_has_no_person() -> None:
    found = turn(user("Look around"), "s/agent-a1")
    assert found is not None
    assert found.name == "Task"


def test_a_queued_prompt_keeps_its_picture() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": "aGk="}
    prompt = [{"type": "text", "text": "see"}, {"type": "image", "source": source}]
    given = {"type": "queued_command", "commandMode": "prompt", "prompt": prompt}
    found = turn({"type": "attachment", "attachment": given})
    assert found is not None
    assert (found.name, found.note) == ("You", "queued")
    assert [(part.kind, part.data) for part in found.parts] == [("prompt", ""), ("image", "aGk=")]


def test_documents_are_named_with_their_size_and_never_shown_as_base64() -> None:
    text = {"type": "text", "media_type": "text/plain", "data": "some notes"}
    entry = user([
        {"type": "document", "source": PDF, "title": "plan.pdf"},
        {"type": "document", "source": text, "title": "notes.txt"},
        {"type": "document", "source": {"type": "url", "url": "https://example.org/a"}},
    ])  # fmt: skip
    assert shown(entry) == [
        ("file", "plan.pdf (PDF, 9 B)", ""),
        ("file", "notes.txt", "some notes"),
        ("link", "Document", "https://example.org/a"),
    ]


def test_a_result_gives_its_text_and_apart_from_it_what_is_no_text() -> None:
    content = [
        {"type": "text", "text": "two rows"},
        {"type": "document", "source": PDF},
        {"type": "resource_link", "uri": "javascript:alert(1)", "name": "odd"},
        {"type": "tool_reference", "tool_name": "Grep"},
    ]
    result = {"type": "tool_result", "tool_use_id": "t1", "content": content}
    facts = {"file": {"filePath": "/srv/a.pdf"}}
    meta = {"structuredContent": {"rows": 2}}
    found = turn(user([result], toolUseResult=facts, mcpMeta=meta))
    assert found is not None
    assert [(part.kind, part.label, part.text) for part in found.parts] == [
        ("result", "", "two rows\nGrep"),
        ("file", "a.pdf (PDF, 9 B)", ""),
        ("link", "odd", "javascript:alert(1)"),
        ("fold", "Structured content", '{\n  "rows": 2\n}'),
    ]
    assert {part.call for part in found.parts} == {"t1"}
    assert not any(part.url for part in found.parts), "such a link leads nowhere"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"type": "hook_blocking_error", "hookName": "PreToolUse:Bash",
          "blockingError": {"blockingError": "rm is not allowed"}},
         "Blocked by PreToolUse:Bash: rm is not allowed"),
        ({"type": "hook_success", "hookName": "Start", "stdout": "hello", "content": "hello"},
         "hello"),
        ({"type": "hook_additional_context", "hookName": "Start", "content": ["a", "b"]}, "a\nb"),
        ({"type": "hook_non_blocking_error", "hookName": "Stop", "stderr": "no such file"},
         "no such file"),
        ({"type": "hook_success", "hookName": "Start", "stdout": ""}, None),
        ({"type": "file", "filename": "/a.py", "content": {"file": {"content": "x = 1"}}}, "x = 1"),
        ({"type": "skill_listing", "content": "a list of skills"}, None),
        ({"type": "session_context", "email": "a@example.org"}, None),
        ({"type": "goal_status", "condition": "tests pass", "met": False},
         "condition: tests pass\nmet: false"),
        ({"type": "filesystem_audit", "path": "/a", "content": "two\nchanges"},
         "path: /a\ncontent:\ntwo\nchanges"),
        ({"note": "an attachment without a type"}, "note: an attachment without a type"),
        ("an attachment that is text", "text: an attachment that is text"),
        (["a list"], 'text:\n[\n  "a list"\n]'),
        ({"type": "new_kind"}, None),
        (None, None),
    ],
)  # fmt: skip
def test_attachments_that_say_something_of_the_work_are_shown(given: Any, said: str | None) -> None:
    texts = [text for _, _, text in shown({"type": "attachment", "attachment": given})]
    assert texts == ([] if said is None else [said])


def test_a_stop_hook_is_shown_where_it_failed() -> None:
    summary = {"type": "system", "subtype": "stop_hook_summary", "hookErrors": [],
               "hookInfos": [{"command": "./check.sh"}]}  # fmt: skip
    assert shown(summary) == []
    [(kind, _, text)] = shown(summary | {"hookErrors": ["exit 2"]})
    assert (kind, text) == ("note", "Stop hook failed ./check.sh: exit 2")


def test_an_unknown_type_is_readable() -> None:
    entry = {"type": "workflow-progress", "uuid": "u", "runId": "wf_1", "steps": [1], "note": ""}
    assert shown(entry) == [("fold", "Workflow progress", "run id: wf_1\nsteps:\n[\n  1\n]")]
    assert shown({"type": "system", "subtype": "agents_killed", "agentIds": "a1"}) == [
        ("fold", "Agents killed", "agent ids: a1")
    ]
    link = {
        "type": "pr-link",
        "prNumber": 7,
        "prUrl": "https://example.org/7",
        "prRepository": "a/b",
    }
    assert shown(link) == [("link", "Pull request #7 in a/b", "https://example.org/7")]
    assert shown({"type": "ai-title", "aiTitle": "hidden"}) == []


@pytest.mark.parametrize("odd", [None, 7, [], {}, [None, 3, {"type": 5}], {"type": "text"}])
def test_odd_content_never_stops_a_reader(odd: Any) -> None:
    for kind in ("user", "assistant", "system", "attachment", "new"):
        entry = {"type": kind, "message": {"content": odd}, "content": odd, "attachment": odd}
        turn(entry)
        turn({"type": kind, "message": odd, "hookErrors": odd, "attachment": {"type": odd}})
        turn(user([{"type": "tool_result", "content": odd}, {"type": "document", "source": odd}]))
