"""Tables built by session equal a full refresh, in whatever order documents come and go."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from cca.settings import Settings
from cca.transform.build import transform
from tests.dbt.rows import Row, answer, block, build_settings, entry, write_raw

BUILT_BY_SESSION = sorted(
    path.stem
    for path in (Path(__file__).parents[2] / "dbt/models/intermediate/by_session").glob("*.sql")
)
# What facts are made of; the rest is built from them, always whole.
SELECTED = "path:models/staging path:models/intermediate path:seeds +dim_sessions"


def _family(parent: str, fork: str, at: float) -> list[Row]:
    """A conversation and a fork that repeats its first half; the parent goes on."""
    shared = [
        {"uuid": f"{parent}-1", "text": "Fix the bug", "prompt_source": "typed"},
        {"uuid": f"{parent}-2", "message_id": f"m-{parent}-1", "output_tokens": 5},
    ]

    def play(session: str) -> list[Row]:
        return [
            entry(session, at, **shared[0]),
            answer(session, at + 5, **shared[1]),
        ]

    return [
        *play(parent),
        answer(parent, at + 50, f"m-{parent}-2", uuid=f"{parent}-3", output_tokens=7),
        *play(fork),
        answer(fork, at + 90, f"m-{fork}-1", uuid=f"{fork}-3", output_tokens=9),
        entry(fork, at + 95, type="ai-title", text=f"Title of {fork}", offset=1000),
    ]


def _documents() -> tuple[list[Row], dict[str, Row]]:
    """Three families, one of three generations, and two that share a call; calls by document."""
    entries = [
        *_family("b-parent", "a-fork", 0),
        *_family("d-parent", "c-fork", 1000),
        *_family("e-parent", "f-fork", 2000),
        entry("alone", 3000, uuid="alone-1", text="What is this?"),
        answer("alone", 3010, "m-alone", uuid="alone-2", output_tokens=1),
        answer("0-same-call", 3020, "m-same-call", uuid="same-call", output_tokens=1),
    ]
    # A fork of the fork, which began first: late, it takes what both had.
    entries += [
        answer("0-grandchild", 90, "m-a-fork-1", uuid="a-fork-3", output_tokens=11),
        entry("0-grandchild", 20, uuid="0-own"),
    ]
    calls = {
        row["_id"]: block(row, "tool_use", tool_use_id=f"t-{row['uuid']}", tool_name="Edit")
        for row in entries
        if row["has_usage"]
    }
    for call in calls.values():
        if call["tool_use_id"] == "t-same-call":
            call["tool_use_id"] = "t-alone-2"
    return entries, calls


def _load(
    settings: Settings, entries: list[Row], calls: dict[str, Row], seqs: dict[str, int]
) -> None:
    """Raw as it is after several loads: each row with the load that brought it."""
    write_raw(settings, entries, [calls[row["_id"]] for row in entries if row["_id"] in calls])
    with duckdb.connect(str(settings.warehouse_path)) as warehouse:
        warehouse.executemany(
            "update raw.conversations set load_seq = ? where _id = ?",
            [(seqs[row["_id"]], row["_id"]) for row in entries],
        )


def _contents(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as warehouse:
        built = {
            name: warehouse.execute(f"select * from intermediate.{name} order by all").fetchall()
            for name in BUILT_BY_SESSION
        }
        built["facts"] = warehouse.execute(
            "select * from marts.fct_api_messages order by all"
        ).fetchall()
        built["sessions"] = warehouse.execute(
            "select * from marts.dim_sessions order by all"
        ).fetchall()
    return built


def _touched(settings: Settings) -> set[str]:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as warehouse:
        rows = warehouse.execute(
            "select session_id from intermediate.int_session_states where is_touched"
        ).fetchall()
    return {session for (session,) in rows}


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., dict[str, list[tuple[Any, ...]]]]:
    settings = build_settings(tmp_path)

    def run(entries: list[Row], calls: dict[str, Row], seqs: dict[str, int], **options: Any):
        _load(settings, entries, calls, seqs)
        transform(settings, select=SELECTED, **options)
        return _contents(settings)

    run.settings = settings
    return run


@pytest.mark.timeout(300)
def test_any_order_of_arrival_and_departure_comes_to_what_a_full_refresh_builds(
    build: Callable[..., Any],
) -> None:
    rng = Random(1)
    entries, calls = _documents()
    rng.shuffle(entries)
    third = len(entries) // 3
    seqs = {row["_id"]: 1 + index // third for index, row in enumerate(entries)}
    build(entries[:third], calls, seqs)
    # The second load's run breaks off when one of the tables has been built.
    _load(build.settings, entries[: 2 * third], calls, seqs)
    transform(build.settings, select="int_session_states int_session_origins")
    # Some are gone again: their host was forgotten, or their range replaced.
    kept = [row for row in entries[: 2 * third] if rng.random() < 0.8]
    incremental = build(kept + entries[2 * third :], calls, seqs)
    assert len(incremental["facts"]) > 3
    full = build(kept + entries[2 * third :], calls, seqs, full_refresh=True)
    for name, rows in full.items():
        assert incremental[name] == rows, name


@pytest.mark.timeout(300)
def test_only_changed_families_are_built_again_and_a_late_fork_gets_its_entries(
    build: Callable[..., Any],
) -> None:
    entries, calls = _documents()
    # It opens a pull request of a branch on which a session worked that does not change.
    branch = {"git_branch": "feat/x", "cwd": "/home/ada/app"}
    entries += [
        answer("worked", 5, "m-worked", uuid="worked-1", output_tokens=3, **branch),
        entry("0-grandchild", 50, uuid="0-on-branch", **branch),
        entry("0-grandchild", 60, type="pr-link", pull_request="ada/app#1"),
    ]
    late = [row for row in entries if row["session_id"] in {"0-grandchild", "b-parent"}]
    early = [row for row in entries if row not in late]
    seqs = {row["_id"]: 1 + (row in late) for row in entries}
    first = build(early, calls, seqs)
    owners = {row[0]: row[1] for row in first["facts"]}
    assert owners["m-b-parent-1"] == "a-fork"
    both = build(early + late, calls, seqs)
    assert _touched(build.settings) == {"0-grandchild", "a-fork", "b-parent"}
    owners = {row[0]: row[1] for row in both["facts"]}
    assert owners["m-b-parent-1"] == "b-parent"
    assert "ada/app#1" in next(row for row in both["facts"] if row[0] == "m-worked")
    gone = build(early, calls, seqs)
    assert _touched(build.settings) == {"0-grandchild", "a-fork", "b-parent"}
    assert gone == first


@pytest.mark.timeout(300)
def test_a_session_that_brings_a_call_which_another_has_is_built_with_it(
    build: Callable[..., Any],
) -> None:
    entries, calls = _documents()
    late = [row for row in entries if row["session_id"] == "0-same-call"]
    early = [row for row in entries if row not in late]
    seqs = {row["_id"]: 1 + (row in late) for row in entries}
    build(early, calls, seqs)
    both = build(entries, calls, seqs)
    assert _touched(build.settings) == {"0-same-call", "alone"}
    full = build(entries, calls, seqs, full_refresh=True)
    assert both == full
    assert [row[0] for row in full["int_tool_usage"]].count("t-alone-2") == 1
