"""Each rule of the Gold models beyond usage and messages, on the smallest rows that break it."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.dbt.rows import Given, Row, answer, block, entry

Marts = Callable[[str], list[tuple[Any, ...]]]
given = Given()
HOUR = 3600
DAY = 86400


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Marts:
    return given.built(tmp_path_factory.mktemp("gold"), timezone="Asia/Kolkata")


def ask(marts: Marts, columns: str, model: str, where: str) -> list[tuple[Any, ...]]:
    return marts(f"select {columns} from marts.{model} where {where}")


# START is 10:00 UTC; these lie a hundred days before everything else.
BLOCK_TIMES = {
    "first": 1800,
    "last of the first": 5 * HOUR,  # 15:00:00 sharp: five hours, not more
    "second": 5 * HOUR + 0.001,  # its block begins at 15:00
    "third": 10 * HOUR + 60,
    "after a night": 30 * HOUR,
}
for name, at in BLOCK_TIMES.items():
    given(answer("blocks", at - 100 * DAY, f"m-{name}", input_tokens=60, offset=int(at)))


def test_a_block_begins_at_the_full_hour_and_the_next_message_after_five_hours_begins_another(
    marts: Marts,
) -> None:
    found = ask(
        marts, "hour(block_start), api_messages", "agg_billing_blocks",
        "block_start < '2026-07-01' order by block_start",
    )  # fmt: skip
    # A message at 20:01 lies more than five hours after 15:00: the third block begins at 20:00.
    assert [count for _, count in found] == [2, 1, 1, 1]
    later = ask(
        marts, "hour(block_start)", "agg_billing_blocks",
        "block_start between '2026-06-20' and '2026-07-10' order by 1",
    )  # fmt: skip
    assert later == [(10,), (15,), (16,), (20,)]


def test_burn_rate_is_over_the_minutes_between_first_and_last_message(marts: Marts) -> None:
    first = ask(
        marts, "active_minutes, tokens_per_minute, idle_hours_before", "agg_billing_blocks",
        "block_start < '2026-07-10' order by block_start",
    )  # fmt: skip
    assert first[0] == (270.0, pytest.approx(120 / 270), None)
    assert first[1][1] is None


CALLS = {
    "good": {}, "bad": {"is_error": True, "error_text": "Exit code 2"},
    "refused": {"is_error": True, "error_text": "The user doesn't want to proceed with this"},
    "lost": {"is_error": True, "error_text": "<tool_use_error>String to replace not found in"},
    "open": None,
}  # fmt: skip
CALLED = answer("calls", 0, "m-calls", uuid="u-calls")
given(CALLED)
for at, (name, result) in enumerate(CALLS.items(), start=1):
    given(
        blocks=(block(CALLED, "tool_use", tool_use_id=f"t-{name}", tool_name="Probe",
                      block_index=at),)
    )  # fmt: skip
    if result is not None:
        answered = entry("calls", at, uuid=f"u-{name}")
        given(answered, blocks=(block(answered, "tool_result", tool_use_id=f"t-{name}", **result),))


def test_success_is_counted_among_calls_that_ran(marts: Marts) -> None:
    columns = "calls, successes, errors, rejections, pending, success_rate, p50_duration_ms"
    assert ask(marts, columns, "agg_tool_efficiency", "tool_name = 'Probe'") == [
        (5, 1, 2, 1, 1, pytest.approx(1 / 3), 2000.0)
    ]


def test_errors_have_a_class_by_what_their_result_says(marts: Marts) -> None:
    found = "select error_class, errors from marts.agg_errors where tool_name = 'Probe' order by 1"
    assert marts(found) == [("exit code", 1), ("text not found", 1)]


EDITS = [answer("edits", at, f"m-edit-{at}", uuid=f"u-edit-{at}") for at in range(3)]
DONE = [entry("edits", at + 0.5, uuid=f"u-done-{at}") for at in range(3)]
given(
    *EDITS, *DONE,
    blocks=tuple(
        block(row, "tool_use", tool_use_id=f"t-edit-{n}", tool_name=tool, file_path=path)
        for n, (row, tool, path) in enumerate(
            zip(EDITS, ("Edit", "Write", "Edit"), ("/a/hot.PY", "/a/hot.PY", "/a/b"), strict=True)
        )
    ) + tuple(
        block(row, "tool_result", tool_use_id=f"t-edit-{n}", lines_added=n + 1, lines_removed=1,
              is_error=n == 2)
        for n, row in enumerate(DONE)
    ),
)  # fmt: skip


def test_hot_files_are_those_changed_most_and_failed_edits_change_nothing(marts: Marts) -> None:
    columns = "file_path, file_extension, changes, lines_added, lines_removed, hot_rank"
    assert ask(marts, columns, "agg_code_changes", "file_path like '/a/%'") == [
        ("/a/hot.PY", "py", 2, 3, 2, 1)
    ]
    where = "session_id = 'edits' order by 1, 2"
    assert ask(marts, "operation, is_error", "fct_file_operations", where) == [
        ("edit", False),
        ("edit", True),
        ("write", False),
    ]


given(
    answer("cached", 0, "m-cached", input_tokens=100_000, cache_read_tokens=900_000,
           cache_write_1h_tokens=1_000_000)
)  # fmt: skip


def test_the_cache_saves_what_input_would_have_cost_less_what_it_cost(marts: Marts) -> None:
    # Haiku 4.5: 1 USD input, 0.10 read, 2 written for an hour.
    found = ask(marts, "cache_savings_usd, prompt_tokens", "fct_api_messages",
                "message_id = 'm-cached'")  # fmt: skip
    assert found == [(Decimal("0.81") - 1, 2_000_000)]


SKILL = answer("named", 5, "m-skill", uuid="u-skill")
given(
    entry("named", 1, origin_kind="human", text="<command-message>review runs</command-message>\n"
          "<command-name>/review</command-name>\n<command-args>3</command-args>"),
    SKILL,
    blocks=(block(SKILL, "tool_use", tool_use_id="t-skill", tool_name="Skill", subject="notes"),),
)  # fmt: skip


def test_skills_and_commands_are_counted_by_name(marts: Marts) -> None:
    assert marts("select kind, name, uses from marts.agg_skills_and_commands order by 1") == [
        ("command", "review", 1), ("skill", "notes", 1),
    ]  # fmt: skip


given(
    entry("turns", 0, uuid="u-turn-0", type="system"),
    entry("turns", 1, uuid="u-turn-1", text="Fix the crash", prompt_source="typed"),
    answer("turns", 4, "m-turn-1", uuid="u-turn-2"),
    answer("turns", 2, "m-side", uuid="u-turn-3", is_sidechain=True, agent_id="x"),
    answer("turns", 9, "m-turn-2", uuid="u-turn-4"),
    entry("turns", 20, uuid="u-turn-5", text="Why?", prompt_source="typed"),
)


def test_a_turn_is_a_prompt_and_what_follows_it_on_the_main_thread(marts: Marts) -> None:
    assert ask(marts, "entry_id, turn_number", "fct_messages",
               "session_id = 'turns' order by entry_id") == [
        ("u-turn-0", 0), ("u-turn-1", 1), ("u-turn-2", 1), ("u-turn-3", None), ("u-turn-4", 1),
        ("u-turn-5", 2),
    ]  # fmt: skip
    columns = "task_category, response_seconds, turn_seconds, assistant_messages"
    assert ask(marts, columns, "fct_prompts", "session_id = 'turns' order by turn_number") == [
        ("debugging", 3.0, 8.0, 2), ("question", None, None, 0),
    ]  # fmt: skip


META = {"agentType": "Explore", "description": "Look", "toolUseId": "t-meta", "spawnDepth": 2}
LAUNCH = answer("agents", 0, "m-launch", uuid="u-launch")
LAUNCHED = entry("agents", 1, uuid="u-launched", entry_json='{"toolUseResult": {"agentId": "b"}}')
given(
    LAUNCH, LAUNCHED,
    *(answer("agents", 2 + n, f"m-agent-{a}", uuid=f"u-agent-{a}", is_sidechain=True, agent_id=a,
             input_tokens=1_000_000) for n, a in enumerate("ab")),
    entry("agents", 9, type="agent-meta", agent_id="a", uuid=None,
          entry_json=json.dumps({"content": META})),
    blocks=(
        block(LAUNCH, "tool_use", tool_use_id="t-launch", tool_name="Agent", subject="Plan"),
        block(LAUNCHED, "tool_result", tool_use_id="t-launch"),
    ),
)  # fmt: skip


def test_a_subagent_is_known_by_its_meta_file_else_by_the_call_that_started_it(
    marts: Marts,
) -> None:
    columns = "agent_id, agent_type, tool_use_id, spawn_depth, api_messages, cost_usd"
    assert ask(marts, columns, "fct_subagents", "session_id = 'agents' order by 1") == [
        ("a", "Explore", "t-meta", 2, 1, 1), ("b", "Plan", "t-launch", 1, 1, 1),
    ]  # fmt: skip


BOUNDARY = {"compactMetadata": {"trigger": "auto", "preTokens": 150000, "postTokens": 9000}}
given(
    entry("compacted", 0, type="system", subtype="compact_boundary", uuid="u-compact",
          entry_json=json.dumps(BOUNDARY)),
    entry("compacted-fork", 0, type="system", subtype="compact_boundary", uuid="u-compact",
          entry_json=json.dumps(BOUNDARY)),
    entry("compacted-fork", 5, uuid="u-compact-own"),
)  # fmt: skip


def test_a_compaction_is_counted_once_with_what_it_freed(marts: Marts) -> None:
    columns = "session_id, trigger, tokens_before, tokens_after"
    assert marts(f"select {columns} from marts.fct_compactions") == [
        ("compacted", "auto", 150000, 9000)
    ]


BRANCHED = {"forkedFrom": {"sessionId": "stem", "messageUuid": "u-stem"}}
given(
    entry("stem", 0, uuid="u-stem"), entry("stem", 9, uuid="u-stem-own"),
    entry("twig", 0, uuid="u-stem", entry_json=json.dumps(BRANCHED)),
    entry("twig", 20, uuid="u-twig-own"),
    entry("copy", 0, uuid="u-stem"), entry("copy", 30, uuid="u-copy-own"),
)  # fmt: skip


def test_a_branch_names_its_parent_and_a_fork_is_known_by_what_it_repeats(marts: Marts) -> None:
    columns = "session_id, forked_from, lineage, copied_entries"
    where = "session_id in ('stem', 'twig', 'copy') order by 1"
    assert ask(marts, columns, "dim_sessions", where) == [
        ("copy", "stem", "fork", 1), ("stem", None, None, 0), ("twig", "stem", "branch", 1),
    ]  # fmt: skip


ENDS = {
    "completed": [entry, answer, answer], "abandoned": [entry, answer, entry], "short": [entry],
}  # fmt: skip
for outcome, makers in ENDS.items():
    for at, make in enumerate(makers):
        extra = ("m-" + outcome + str(at),) if make is answer else ()
        given(make(f"ends-{outcome}", at, *extra, uuid=f"u-{outcome}-{at}"))
given(
    *(answer("ends-errored", at, f"m-err-{at}", uuid=f"u-err-{at}", is_api_error=at == 2)
      for at in range(3))
)  # fmt: skip


@pytest.mark.parametrize("outcome", [*ENDS, "errored"])
def test_how_a_session_ended(marts: Marts, outcome: str) -> None:
    assert ask(marts, "outcome", "dim_sessions", f"session_id = 'ends-{outcome}'") == [(outcome,)]


def _ledger(session: str, usd: float) -> Row:
    return entry(
        session, 50, type="cost-state", uuid=None, timestamp=None, offset=999, _id=f"l-{session}",
        entry_json=json.dumps({"totalCostUSD": usd, "modelUsage": {}}),
    )  # fmt: skip


for session, usd in (("exact", 1.0), ("helped", 1.5), ("doubled", 0.5)):
    given(
        answer(f"ledger-{session}", 0, f"m-ledger-{session}", input_tokens=1_000_000),
        _ledger(f"ledger-{session}", usd),
    )


def test_claude_codes_own_ledger_is_compared_and_a_dearer_transcript_only_warns(
    marts: Marts,
) -> None:
    assert marts("select session_id, verdict from marts.agg_ledger_check order by 1") == [
        ("ledger-doubled", "transcript higher"), ("ledger-exact", "equal"),
        ("ledger-helped", "ledger higher"),
    ]  # fmt: skip


def test_hours_are_those_of_the_reports_time_zone(marts: Marts) -> None:
    # 10:00 UTC is half past three in India
    where = "day = '2026-10-01' and prompts > 0"
    assert ask(marts, "min(hour), max(hour)", "agg_hourly_activity", where) == [(15, 15)]
