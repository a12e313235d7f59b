"""Each rule of messages, tool calls and sessions, on the smallest rows that break it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.dbt.rows import Given, Row, answer, block, entry

Marts = Callable[[str], list[tuple[Any, ...]]]
given = Given()


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Marts:
    return given.built(tmp_path_factory.mktemp("conversations"), timezone="UTC")


def session(marts: Marts, columns: str, session_id: str) -> tuple[Any, ...]:
    return marts(f"select {columns} from marts.dim_sessions where session_id = '{session_id}'")[0]


given(
    entry("copied", 0, uuid="u-copy"),
    entry("copied", 1, type="ai-title", uuid=None, text="Same", _id="title-1"),
    entry("copied", 2, type="ai-title", uuid=None, text="Same", _id="title-2"),
    entry("copied-fork", 0, uuid="u-copy"),
    entry("copied-fork", 9, uuid="u-copy-own"),
)


def test_copies_of_an_entry_fold_into_the_session_that_had_it_first(marts: Marts) -> None:
    found = "select session_id, copies from marts.fct_messages where entry_id = 'u-copy'"
    assert marts(found) == [("copied", 2)]


def test_entries_without_a_uuid_stay_apart(marts: Marts) -> None:
    found = (
        "select count(*) from marts.fct_messages where session_id = 'copied' and kind = 'ai-title'"
    )
    assert marts(found) == [(2,)]


given(
    entry("odd", 0, type="never-seen"),
    entry("odd", 1, type=None),
    entry("odd", 2, type="message", role="user"),
)


def test_unknown_types_are_kept_and_legacy_messages_have_their_role(marts: Marts) -> None:
    found = "select kind from marts.fct_messages where session_id = 'odd' order by kind"
    assert marts(found) == [("never-seen",), ("unknown",), ("user",)]


def _queued(attachment: Row) -> Row:
    queued = {"type": "queued_command", "prompt": "hi"} | attachment
    written = json.dumps({"attachment": queued})
    return {"type": "attachment", "subtype": "queued_command", "entry_json": written}


PROMPTS = {
    "typed": (True, {"text": "hi", "prompt_source": "typed"}),
    "sdk": (True, {"text": "hi", "prompt_source": "sdk"}),
    "human origin": (True, {"text": "<command-message>x", "origin_kind": "human"}),
    "old and plain": (True, {"text": "hi"}),
    "plain inside editor context": (True, {"text": "<ide_selection>x\ny</ide_selection>\nwhy?"}),
    "by the system": (False, {"text": "hi", "prompt_source": "system"}),
    "notification": (False, {"text": "hi", "origin_kind": "task-notification"}),
    "to a subagent": (False, {"text": "hi", "is_sidechain": True, "prompt_source": "typed"}),
    "meta": (False, {"text": "hi", "is_meta": True}),
    "summary": (False, {"text": "hi", "is_compact_summary": True}),
    "old command": (False, {"text": "<command-name>/x</command-name>"}),
    "old shell": (False, {"text": "<bash-input>ls</bash-input>"}),
    "interrupted": (False, {"text": "[Request interrupted by user]"}),
    "only a reminder": (False, {"text": "<system-reminder>x</system-reminder>"}),
    "empty": (False, {"text": None}),
    "assistant": (False, {"text": "hi", "type": "assistant"}),
    "queued": (True, _queued({"commandMode": "prompt", "origin": {"kind": "human"}})),
    "queued notification": (False, _queued({"commandMode": "task-notification"})),
    "tool result": (False, {"text": "hi", "content": [{"type": "tool_result"}]}),
    "image": (True, {"text": None, "content": [{"type": "image"}]}),
}  # fmt: skip
for at, (name, (_, values)) in enumerate(PROMPTS.items()):
    given(entry("prompts", at, uuid=f"p-{name}", **values))


@pytest.mark.parametrize("name", PROMPTS)
def test_a_prompt_is_what_a_person_asked(marts: Marts, name: str) -> None:
    expected = PROMPTS[name][0]
    found = f"select is_human_prompt from marts.fct_messages where entry_id = 'p-{name}'"
    assert marts(found) == [(expected,)]


CALLS = {
    name: answer("tools", at, f"m-{name}", uuid=f"c-{name}")
    for at, name in enumerate(["good", "bad", "open", "back"], start=10)
}
RESULTS = {
    "good": entry("tools", 12.5, uuid="r-good"),
    "bad": entry("tools", 13, uuid="r-bad"),
    "back": entry("tools", 5, uuid="r-back"),
}
COPIES = [
    answer("tools-fork", 10, "m-good", uuid="c-good"),
    entry("tools-fork", 12.5, uuid="r-good"),
    entry("tools-fork", 60, uuid="own"),
]
given(
    *CALLS.values(), *RESULTS.values(), *COPIES,
    blocks=(
        *(block(row, "tool_use", tool_use_id=f"t-{name}", tool_name="Edit", file_path="/a")
          for name, row in CALLS.items()),
        block(RESULTS["good"], "tool_result", tool_use_id="t-good", lines_added=3, lines_removed=1),
        block(RESULTS["bad"], "tool_result", tool_use_id="t-bad", is_error=True),
        block(RESULTS["back"], "tool_result", tool_use_id="t-back"),
        block(COPIES[0], "tool_use", tool_use_id="t-good", tool_name="Edit"),
        block(COPIES[1], "tool_result", tool_use_id="t-good", lines_added=3, lines_removed=1),
        block(CALLS["good"], "tool_use", tool_use_id="t-mcp", block_index=1,
              tool_name="mcp__my_srv__do_it"),
        block(CALLS["good"], "server_tool_use", tool_use_id="t-server", block_index=2,
              tool_name="web_search"),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "status", "duration_ms"),
    [
        ("good", "success", 2500),
        ("bad", "error", 2000),
        ("open", "pending", None),
        ("back", "success", 0),
    ],
)
def test_a_call_has_the_status_and_time_of_its_result(
    marts: Marts, name: str, status: str, duration_ms: int | None
) -> None:
    columns = "select status, duration_ms, is_error from marts.fct_tool_calls"
    assert marts(f"{columns} where tool_use_id = 't-{name}'") == [
        (status, duration_ms, status == "error")
    ]


def test_a_call_copied_into_a_fork_is_one_call(marts: Marts) -> None:
    found = (
        "select session_id, lines_added, lines_removed, file_path from marts.fct_tool_calls "
        "where tool_use_id = 't-good'"
    )
    assert marts(found) == [("tools", 3, 1, "/a")]
    assert session(marts, "tool_calls, tool_errors", "tools") == (5, 1)
    assert session(marts, "tool_calls, tool_errors", "tools-fork") == (0, 0)


def test_tools_are_sorted_by_what_they_are_for(marts: Marts) -> None:
    found = "select tool_category, mcp_server, mcp_tool from marts.dim_tools where tool_name = '{}'"
    assert marts(found.format("Edit")) == [("file edit", None, None)]
    assert marts(found.format("mcp__my_srv__do_it")) == [("mcp", "my_srv", "do_it")]
    assert marts(found.format("web_search")) == []


given(
    entry("named", 0, text="First question", prompt_source="typed"),
    entry("named", 0.5, type="custom-title", text="First", offset=1, _id="named-first"),
    entry("named", 1, type="custom-title", text="Mine", offset=2),
    entry("named", 2, type="custom-title", text="Other", offset=3),
    entry("named", 3, type="custom-title", text="Mine", offset=4),
    entry("named", 4, type="ai-title", text="Machine's"),
    entry("machine-named", 0, type="ai-title", text="Machine's"),
    entry("unnamed", 5, text="Later question", prompt_source="typed", timestamp=None, offset=9),
    entry("unnamed", 9, text="First question", prompt_source="typed", offset=1),
    entry("summed-up", 0, uuid="u-leaf", text="A question"),
    entry("elsewhere", 0, type="summary", text="What it was about",
          entry_json=json.dumps({"type": "summary", "leafUuid": "u-leaf"})),
)  # fmt: skip


@pytest.mark.parametrize(
    ("session_id", "title"),
    [
        ("named", "Mine"), ("machine-named", "Machine's"), ("unnamed", "First question"),
        ("summed-up", "What it was about"), ("elsewhere", None),
    ],
)  # fmt: skip
def test_the_title_is_the_last_a_person_gave_else_the_best_there_is(
    marts: Marts, session_id: str, title: str | None
) -> None:
    assert session(marts, "title", session_id) == (title,)


given(
    entry(
        "commanded", 0, origin_kind="human", text="<command-message>fix is on…</command-message>\n"
        "<command-name>/fix</command-name>\n<command-args>the bug</command-args>",
    )
)  # fmt: skip


def test_a_slash_command_reads_as_it_was_typed(marts: Marts) -> None:
    assert session(marts, "title, first_prompt, prompts", "commanded") == ("/fix the bug",) * 2 + (
        1,
    )


given(
    entry("timed", 0, text="q", prompt_source="typed"),
    answer("timed", 10, "m-timed-1"),
    answer("timed", 12, "m-timed-1"),
    entry("timed", 1212, text="q", prompt_source="typed"),
    answer("timed", 1232, "m-timed-2"),
    entry("timed", 9000, type="ai-title", text="t", timestamp=None),
)


def test_a_session_lasts_from_first_to_last_timestamp_and_long_gaps_are_no_activity(
    marts: Marts,
) -> None:
    columns = "duration_minutes * 60, active_minutes * 60, avg_response_time_seconds, prompts"
    assert session(marts, columns, "timed") == pytest.approx((1232, 10 + 2 + 300 + 20, 15, 2))


given(
    entry("old", 0, uuid="u-old", text="Old question", prompt_source="typed"),
    entry("old-fork", 0, uuid="u-old", text="Old question", prompt_source="typed"),
    entry("old-fork", 500, uuid="u-new", text="New question", prompt_source="typed"),
)


def test_a_fork_shows_the_prompt_it_inherited_but_counts_and_times_only_its_own(
    marts: Marts,
) -> None:
    columns = "first_prompt, prompts, entries, own_entries, minute(started_at)"
    assert session(marts, columns, "old-fork") == ("Old question", 1, 2, 1, 8)


given(
    entry("here", 0, project_id="-home-me-my-app", cwd="/home/me/my.app"),
    entry("here", 1, project_id="-home-me-my-app", cwd="/home/me/my.app/src"),
    entry("here", 2, project_id="-home-me-my-app", cwd="/home/me/my.app/src"),
    entry("long-ago", -40 * 86400, project_id="-old"),
)


def test_a_project_is_the_directory_its_folder_is_named_after(marts: Marts) -> None:
    columns = "select project_path, project_name, activity_status from marts.dim_projects"
    found = columns + " where project_id = '{}'"
    assert marts(found.format("-home-me-my-app")) == [("/home/me/my.app", "my.app", "active")]
    assert marts(found.format("-old")) == [(None, "-old", "dormant")]


given(
    entry("side-files", 0, uuid="u-side"),
    entry("side-files", 1, type="agent-meta", uuid=None, _id="side-meta", role=None),
    entry("side-files", 2, type="tool-result", uuid=None, _id="side-spill", role=None),
)


def test_side_files_are_no_entries_of_a_conversation(marts: Marts) -> None:
    found = "select entry_id from marts.fct_messages where session_id = 'side-files'"
    assert marts(found) == [("u-side",)]
