"""The table of cases, from the lines of a transcript to gold: the same rules all the way."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cca.transcript.titles import TITLE_FIELDS
from cca.transform.build import transform
from tests.dbt.rows import build_settings, reader, write_raw
from tests.dbt.transcripts import rows_of_transcripts
from tests.transcript.cases import cases

Query = Callable[[str], list[tuple[Any, ...]]]
Case = dict[str, Any]

# Entries of the table without a type are never written today; a session each keeps them apart.
CASES = cases()
NAMED = {f"c{number:03}": case for number, case in enumerate(CASES)}
USAGE = (
    "usage_kind, model, input_tokens, output_tokens, cache_write_5m_tokens, "
    "cache_write_1h_tokens, cache_read_tokens"
)


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Query:
    """A warehouse of one session for each case."""
    home = tmp_path_factory.mktemp("cases")
    for name, case in NAMED.items():
        _write(home / "projects" / "-srv-cases" / f"{name}.jsonl", name, case["entry"])
    settings = build_settings(home)
    write_raw(settings, *rows_of_transcripts(home / "projects"))
    transform(settings)
    return reader(settings)


def _write(path: Path, name: str, entry: Case) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {"timestamp": "2026-10-05T09:00:00Z"} | entry
    lines = [whole]
    if entry["type"] == "summary":
        # It names the session of the message that it ends with.
        whole["leafUuid"] = f"u-{name}"
        lines.append({"type": "system", "uuid": f"u-{name}"})
    elif entry["type"] not in TITLE_FIELDS:
        whole["uuid"] = f"u-{name}"
    message = whole.get("message")
    if isinstance(message, dict) and "id" in message:
        whole["message"] = message | {"id": f"m-{name}"}
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def _having(*names: str) -> list[str]:
    return [name for name, case in NAMED.items() if all(held in case["is"] for held in names)]


def _ids(names: list[str]) -> list[str]:
    return [NAMED[name]["name"] for name in names]


@pytest.mark.parametrize("name", _having("is_prompt"), ids=_ids(_having("is_prompt")))
def test_gold_counts_the_prompts_of_the_table(query: Query, name: str) -> None:
    held = NAMED[name]["is"]
    columns = "is_human_prompt, speaker, message_kind, '/' || command_name, task_category"
    [row] = query(f"select {columns} from marts.fct_messages where entry_id = 'u-{name}'")
    found = dict(zip(("is_prompt", "speaker", "kind", "command", "category"), row, strict=True))
    assert {key: found[key] for key in found if key in held} == {
        key: held[key] for key in found if key in held
    }


@pytest.mark.parametrize("name", _having("prompt"), ids=_ids(_having("prompt")))
def test_gold_shows_what_was_typed(query: Query, name: str) -> None:
    [row] = query(f"select prompt from marts.fct_prompts where entry_id = 'u-{name}'")
    [session] = query(f"select first_prompt from marts.dim_sessions where entries = 1 {_of(name)}")
    assert row == session == (NAMED[name]["is"]["prompt"][:300],)


@pytest.mark.parametrize("name", _having("title"), ids=_ids(_having("title")))
def test_gold_names_a_session_as_the_table_says(query: Query, name: str) -> None:
    [row] = query(f"select title from marts.dim_sessions where true {_of(name)}")
    assert row == (NAMED[name]["is"]["title"] or None,)


@pytest.mark.parametrize("name", _having("usage"), ids=_ids(_having("usage")))
def test_every_billed_answer_reaches_the_warehouse(query: Query, name: str) -> None:
    table = "intermediate.int_api_messages"
    rows = query(f"select {USAGE} from {table} where true {_of(name)} order by message_id")
    expected = [
        tuple(value or 0 if index > 1 else value for index, value in enumerate(row))
        for row in NAMED[name]["is"]["usage"]
    ]
    assert rows == expected


@pytest.mark.parametrize("name", _having("error_class"), ids=_ids(_having("error_class")))
def test_an_error_has_the_class_of_the_table(query: Query, name: str) -> None:
    held = NAMED[name]["is"]
    columns = "error_class, is_rejected"
    [row] = query(f"select {columns} from staging.stg_tool_calls where true {_of(name)}")
    assert row == (held["error_class"], held["is_rejected"])


@pytest.mark.parametrize("name", _having("timestamp"), ids=_ids(_having("timestamp")))
def test_a_timestamp_is_read_by_the_one_rule(query: Query, name: str) -> None:
    written = "\"timestamp\" at time zone 'UTC'"
    [row] = query(f"select {written} from raw.conversations where true {_of(name)}")
    held = NAMED[name]["is"]["timestamp"]
    assert (row[0].isoformat() + "+00:00" if row[0] else None) == held


def _of(name: str) -> str:
    return f"and session_id like '%{name}'"
