"""Terminal output, wrappers, slugs and results of lengths and shapes that no table holds well."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cca.transcript.agents import agent_id_of, agent_of_file, meta_of, workflow_of_file
from cca.transcript.patches import lines_of_input, lines_of_result
from cca.transcript.previews import WINDOW_CHARACTERS, preview_text
from cca.transcript.results import error_class, is_rejection, result_text
from cca.transcript.slugs import (
    project_key,
    project_label,
    repository_of,
    slug_of,
)
from cca.transcript.terminal import plain
from cca.transcript.times import epoch_ms, is_clock_wrong, is_outlier
from cca.transcript.tools import argument, tool_name
from cca.transcript.wrappers import pieces, readable


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("\x1b[31mFAILED\x1b[0m x::\x1b[1mtest\x1b[0m", "FAILED x::test"),
        ("Assertion\x1b[1mError\x1b[0m", "AssertionError"),
        ("\x1b[38;2;136;136;136m⛁ ⛀\x1b[39m Opus", "⛁ ⛀ Opus"),
        ("\x1b]0;title\x07\x1b[2K\r10%\r100% done\nok", "100% done\nok"),
        ("\x1b]8;;https://e.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("loading...\rok", "okading..."),
        ("loading...\r\x1b[Kok", "ok"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("abc\b\bX", "aXc"),
        ("\x1b(B\x1b=plain\x1b>", "plain"),
        ("cut \x1b[3", "cut "),
        ("one\ttwo\nthree", "one\ttwo\nthree"),
        ("\x9b1mbold\x9b0m", "bold"),
    ],
)
def test_terminal_output_reads_as_it_stood_on_the_screen(written: str, shown: str) -> None:
    assert plain(written) == shown


def test_a_text_without_controls_is_not_copied() -> None:
    text = "nothing to do" * 100
    assert plain(text) is text


def test_a_text_block_falls_into_contexts_and_what_was_typed() -> None:
    text = (
        "<system-reminder>\nMonday\n</system-reminder>\nRefactor it\n"
        "<ide_selection>foo()</ide_selection>"
    )
    found = [(piece.kind, piece.tag, piece.text) for piece in pieces(text)]
    assert found == [
        ("context", "system-reminder", "Monday"),
        ("typed", "", "Refactor it"),
        ("context", "ide_selection", "foo()"),
    ]


def test_a_reminder_may_hold_a_reminder() -> None:
    inner = "<system-reminder>a</system-reminder>"
    text = f"<system-reminder>x {inner} y</system-reminder>\ngo"
    assert [piece.text for piece in pieces(text)] == [f"x {inner} y", "go"]


def test_a_notice_reads_without_tags() -> None:
    text = "<task-notification>\n<task-id>b1</task-id>\n<status>done</status>\n</task-notification>"
    assert readable(text) == "task-id: b1\nstatus: done"


def test_long_texts_of_tags_take_no_longer_than_their_length() -> None:
    text = "<task-notification>" + "<x>" * 200_000 + "</task-notification>"
    assert readable(text) == ""
    assert len(pieces("<system-reminder>" * 20_000 + "x")) == 1
    assert "".join(piece.text for piece in pieces("<tick></tick>" * 20_000 + "x")).endswith("x")
    assert len(pieces("Another Claude session sent a message: " * 5_000)) == 1


def test_a_long_slug_is_cut_and_ends_in_a_hash_of_the_whole_path() -> None:
    cwd = "/home/user/" + "a" * 200
    total = 0
    for character in cwd:
        total = (31 * total + ord(character)) % 2**32
    number = abs(total - 2**32 if total >= 2**31 else total)
    slug = slug_of(cwd)
    assert slug[:201] == "-home-user-" + "a" * 189 + "-"
    assert int(slug[201:], 36) == number
    assert len(slug_of("/" + "b" * 199)) == 200


@pytest.mark.parametrize(
    ("cwd", "key", "repository"),
    [
        ("/srv/repo/", "/srv/repo", "/srv/repo"),
        ("/srv/repo/.claude/worktrees/feat-a", "/srv/repo/.claude/worktrees/feat-a", "/srv/repo"),
        ("/srv/repo/.worktrees/x/sub", "/srv/repo/.worktrees/x/sub", "/srv/repo"),
        ("/srv/repo.worktrees/x", "/srv/repo.worktrees/x", "/srv/repo"),
        ("C:\\Work\\App", "c:/work/app", "c:/work/app"),
        ("c:\\Work\\App\\", "c:/work/app", "c:/work/app"),
        ("/srv/日本", "/srv/日本", "/srv/日本"),
        ("/srv/back\\slash", "/srv/back\\slash", "/srv/back\\slash"),
        ("/", "/", "/"),
    ],
)
def test_projects_differ_by_their_key(cwd: str, key: str, repository: str) -> None:
    assert project_key(cwd) == key
    assert repository_of(cwd) == repository


def test_a_project_is_named_after_the_folder_that_has_its_slug() -> None:
    assert project_label("-srv-a", "C:\\Work\\App") == "App"
    assert project_label("-srv-a", None) == "srv-a"


def test_a_clearly_wrong_clock_is_reported() -> None:
    taken_at = datetime(2026, 10, 5, tzinfo=UTC)
    assert is_outlier(datetime(2099, 1, 1, tzinfo=UTC), taken_at)
    assert is_outlier(datetime(2001, 1, 1, tzinfo=UTC), taken_at)
    assert not is_outlier(taken_at + timedelta(hours=14), taken_at)
    assert not is_outlier(datetime(2025, 3, 1, tzinfo=UTC), taken_at)


@pytest.mark.parametrize(
    ("written", "is_wrong"),
    [
        ("1970-01-01T00:00:00Z", True), (0, True), ("yesterday", True), ([1], True), (None, False),
        ("", False), ("2026-10-01T10:00:00Z", False), (1790848800, False),
    ],
)  # fmt: skip
def test_a_timestamp_that_is_no_time_is_a_wrong_clock(written: Any, *, is_wrong: bool) -> None:
    at = datetime(2026, 10, 1, 10, tzinfo=UTC)
    assert is_clock_wrong(written, at, at + timedelta(hours=1)) == is_wrong


def test_milliseconds_are_rounded() -> None:
    assert epoch_ms("2026-09-28T09:58:58.9166Z") == 1790589538917
    assert epoch_ms(1790589538916) == 1790589538916
    assert epoch_ms("never") is None


def test_a_rejection_is_looked_for_at_the_start_alone() -> None:
    text = "x" * 300 + "user rejected"
    assert error_class({}, text) == "other"
    assert not is_rejection({}, text)


def test_a_deep_result_ends_somewhere() -> None:
    deep: object = "end"
    for _ in range(5000):
        deep = [deep]
    assert result_text(deep) == ""


def test_the_file_of_an_agent_names_it() -> None:
    assert agent_of_file("-srv/s/subagents/agent-a1.jsonl") == "a1"
    assert agent_of_file("s/agent-acompact-7") == "acompact-7"
    assert agent_of_file("s/subagents/agent-a1.meta.json") == "a1"
    assert agent_of_file("-srv/agent-x/s.jsonl") is None
    assert agent_id_of({"agentId": "own"}, "s/agent-a1.jsonl") == "own"
    assert workflow_of_file("s/subagents/workflows/wf_00aa-2c/agent-a.jsonl") == "wf_00aa-2c"
    assert workflow_of_file("s/subagents/agent-a.jsonl") is None


def test_a_meta_file_tells_whose_call_an_agent_is() -> None:
    entry = {"type": "agent-meta", "agentId": "a1", "content": {"toolUseId": "t", "name": 7}}
    meta = meta_of(entry)
    assert meta is not None
    assert (meta.agent_id, meta.tool_use_id, meta.name) == ("a1", "t", "")
    assert meta_of({"type": "user"}) is None


@pytest.mark.parametrize(
    ("name", "server", "tool"),
    [
        ("Bash", "", "Bash"),
        ("mcp__tracker__list_issues", "tracker", "list_issues"),
        ("mcp__a_b__c__d", "a_b", "c__d"),
        ("mcp__odd", "", "mcp__odd"),
    ],
)
def test_a_tool_names_its_server(name: str, server: str, tool: str) -> None:
    assert tool_name(name) == (server, tool)


def test_one_input_describes_a_call() -> None:
    assert tool_name("echo", "srv") == ("srv", "echo")
    assert argument({"limit": 3, "file_path": "/a", "other": "x"}) == "/a"
    assert argument({"file_path": 7, "q": "open"}) == "open"
    assert argument("a string") == "a string"
    assert argument(None) == ""


def test_lines_of_edits() -> None:
    hunk = {"lines": ["+a", "-b", " c", "\\ No newline at end of file"]}
    assert lines_of_result({"structuredPatch": [hunk]}) == (1, 1)
    assert lines_of_result({"type": "create", "content": "a\nb"}) == (2, 0)
    assert lines_of_result("Error") is None
    assert lines_of_input("Edit", {"old_string": "a\nb", "new_string": "a\nc\nd"}) == (2, 1)
    assert lines_of_input("MultiEdit", {"edits": "none"}) is None


def test_a_preview_is_one_line_of_the_first_text() -> None:
    blocks = [{"type": "thinking", "thinking": ""}, {"type": "text", "text": "a\n  b"}]
    assert preview_text({"message": {"content": blocks}}) == "a b"
    assert preview_text({"content": [{"name": "Bash", "input": {"command": "ls"}}]}) == "Bash: ls"
    assert len(preview_text({"summary": "x" * 9000})) == WINDOW_CHARACTERS
    assert preview_text({"type": "user"}) == ""
