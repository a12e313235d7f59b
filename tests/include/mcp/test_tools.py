"""What each tool answers, on sample conversations in all stores."""

import json
import os
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cca.errors import CcaError, NotFound, SettingError
from cca.gold.open import open_gold
from cca.masking import MASK
from cca.mcp.archive import Archive
from cca.mcp.asking import Asking
from cca.mcp.reply import DEFAULT_BYTES, SAID_BY_OTHERS, as_text
from cca.mcp.tools import TOOLS, offered
from tests.include.mcp.conftest import ATTACK, HOSTILE, HOSTILE_FOLDER, KEY, Home

BY_NAME = {tool.name: tool for tool in TOOLS}
COSTS = "cost_usd"


def ask(archive: Archive, tool: str, **given: Any) -> dict[str, Any]:
    return BY_NAME[tool].call(archive, given)


def pages(archive: Archive, tool: str, **given: Any) -> list[Any]:
    rows, cursor = [], ""
    while True:
        answer = ask(archive, tool, **given, cursor=cursor)
        rows += answer["rows"]
        if not (cursor := answer.get("more", "")):
            return rows


def gold(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with open_gold(home.settings.gold_path) as connection:
        return connection.execute(sql).fetchall()


def test_the_totals_are_those_of_the_sample(archive: Archive, home: Home) -> None:
    totals = ask(archive, "usage", by="daily")["totals"]
    truth = home.truth["totals"]
    for name in ("api_messages", "input_tokens", "output_tokens", "cache_read_tokens"):
        assert totals[name] == truth[name], name
    assert totals[COSTS] == pytest.approx(float(truth[COSTS]), abs=1e-8)
    by_sql = ask(archive, "sql", statement="select sum(cost_usd) from fct_api_messages")
    assert by_sql["rows"] == [[totals[COSTS]]]


def test_the_days_add_up_to_the_total_over_all_pages(archive: Archive) -> None:
    total = ask(archive, "usage", by="daily")["totals"][COSTS]
    rows = pages(archive, "usage", by="daily", max_bytes=1_000)
    assert sum(row[COSTS] for row in rows) == pytest.approx(total)
    assert rows == sorted(rows, key=lambda row: row["day"], reverse=True)


def test_the_pages_of_sessions_hold_each_session_once(archive: Archive, home: Home) -> None:
    rows = pages(archive, "sessions", max_bytes=1_500)
    expected = {name for (name,) in gold(home, "select session_id from marts.dim_sessions")}
    assert len(rows) == len(expected)
    assert {row["session"] for row in rows} == expected
    assert all(row["url"].endswith(f"/?session={row['session']}") for row in rows)


def test_the_pages_of_a_search_hold_each_hit_once(archive: Archive) -> None:
    total = ask(archive, "search", query="test")["total"]
    rows = pages(archive, "search", query="test", order="newest")
    assert total > 40
    assert len(rows) == total


@pytest.mark.parametrize(
    ("given", "column"),
    [
        ({"failed": True}, "tool_errors > 0"),
        ({"branch": "main"}, "list_contains(string_split(git_branches, ', '), 'main')"),
        ({"since": "2026-11-01", "until": "2026-11-01"}, "day = '2026-11-01'"),
        ({"project": HOSTILE_FOLDER}, f"project_key = '{HOSTILE_FOLDER}'"),
        ({"text": "ZEBRAFISH"}, f"session_id = '{HOSTILE}'"),
    ],
)
def test_sessions_are_narrowed(
    archive: Archive, home: Home, given: dict[str, Any], column: str
) -> None:
    found = {row["session"] for row in pages(archive, "sessions", **given)}
    expected = gold(home, f"select session_id from marts.dim_sessions where {column}")
    assert found == {name for (name,) in expected}


def test_a_file_has_its_changes_with_the_prompt_before(archive: Archive, home: Home) -> None:
    path, changes = gold(
        home,
        "select file_path, count(*) from marts.fct_file_operations where operation <> 'read' "
        "group by 1 order by 2 desc, 1 limit 1",
    )[0]
    end = "/".join(path.split("/")[-2:])
    rows = [row for row in pages(archive, "file_history", path=end) if row["file"] == path]
    assert len(rows) == changes
    assert all(row["prompt"] for row in rows)
    sessions = pages(archive, "sessions", file=path)
    assert {row["session"] for row in rows} <= {row["session"] for row in sessions}


def test_an_error_comes_with_what_ran_next(archive: Archive, home: Home) -> None:
    rows = pages(archive, "error_history", error="AssertionError: assert")
    assert rows
    calls = {name for (name,) in gold(home, "select tool_name from marts.fct_tool_calls")}
    assert any(row["status"] == "error" for row in rows)
    following = [each for row in rows for each in row.get("ran_next", [])]
    assert following
    assert {each["tool"] for each in following} <= calls


def test_reading_goes_on_where_a_hit_stands(archive: Archive) -> None:
    hit = ask(archive, "search", query=ATTACK)["rows"][0]
    answer = ask(archive, "read", session=hit["session"], around=hit["entry"])
    assert ATTACK in as_text(answer["rows"])
    last = ask(archive, "read", session=HOSTILE, around="last", before=0)
    assert [row["who"] for row in last["rows"]] == ["You"]


def test_a_long_text_is_read_to_its_end_by_reference(archive: Archive) -> None:
    cut = ask(archive, "read", session=HOSTILE, around="last")["rows"][-1]
    part = cut["parts"][0]
    assert len(part["text"]) < part["characters"]
    text, offset = "", 0
    while offset is not None:
        found = ask(archive, "read", session=HOSTILE, body=cut["entry"], offset=offset,
                    max_bytes=40_000)  # fmt: skip
        text, offset = text + found["text"], found.get("next_offset")
    assert len(text) == part["characters"] == found["characters"]


@pytest.mark.parametrize("tool", ["search", "read", "sessions"])
def test_hostile_text_stays_data(archive: Archive, tool: str) -> None:
    given = {"search": {"query": "zebrafish"}, "read": {"session": HOSTILE},
             "sessions": {"text": "zebrafish"}}[tool]  # fmt: skip
    answer = ask(archive, tool, **given)
    assert next(iter(answer)) == "note"
    assert answer["note"] == SAID_BY_OTHERS
    text = json.dumps(answer, ensure_ascii=False)
    assert "zebrafish" in text
    assert "\\u001b" not in text
    assert not set(text) & set(map(chr, range(32)))


def test_no_answer_holds_a_secret_or_half_of_one(archive: Archive) -> None:
    answers = [
        ask(archive, "read", session=HOSTILE),
        ask(archive, "read", session=HOSTILE, body=ask(
            archive, "search", query="here is my key")["rows"][0]["entry"]),
        ask(archive, "search", query="here is my key"),
        ask(archive, "sql", statement=f"select 'token {KEY}' as text"),
    ]  # fmt: skip
    for answer in answers:
        assert MASK in as_text(answer)
        assert KEY[:30] not in as_text(answer)


@pytest.mark.parametrize("tool", [tool.name for tool in TOOLS])
def test_an_answer_fits(archive: Archive, tool: str) -> None:
    path = "e"
    given: dict[str, dict[str, Any]] = {
        "search": {"query": "test"}, "read": {"session": HOSTILE}, "sessions": {},
        "file_history": {"path": path}, "error_history": {"error": "error"},
        "usage": {"by": "session"}, "schema": {},
        "sql": {"statement": f"select repeat('{'x' * 50}', 500) as a, range(5000) as b"},
    }  # fmt: skip
    answer = ask(archive, tool, **given[tool])
    assert len(as_text(answer).encode()) <= DEFAULT_BYTES


def test_the_session_that_asks_is_left_out(home: Home, tmp_path: Path) -> None:
    with closing(Archive(home.settings, asking=Asking(session=HOSTILE))) as archive:
        assert ask(archive, "search", query="zebrafish")["total"] == 0
        assert ask(archive, "search", query="zebrafish", with_current=True)["total"] == 1
        listed = {row["session"] for row in pages(archive, "sessions")}
        assert HOSTILE not in listed


def test_the_asking_session_is_the_one_whose_transcript_holds_the_call(tmp_path: Path) -> None:
    folder = tmp_path / "-home-ada"
    folder.mkdir()
    (folder / "one.jsonl").write_text('{"id": "toolu_1"}\n')
    (folder / "two.jsonl").write_text('{"id": "toolu_2"}\n')
    old = folder / "old.jsonl"
    old.write_text('{"id": "toolu_2"}\n')
    past = time.time() - 86_400
    os.utime(old, (past, past))
    assert Asking((tmp_path,)).sessions("toolu_2") == {"two"}
    assert Asking((tmp_path,), "env").sessions("toolu_1") == {"env", "one"}
    assert Asking((tmp_path,)).sessions() == frozenset()


def test_a_server_of_one_project_answers_for_no_other(home: Home) -> None:
    with closing(Archive(home.settings, HOSTILE_FOLDER)) as archive:
        assert not {"sql", "schema"} & {tool.name for tool in offered(archive)}
        assert {row["session"] for row in pages(archive, "sessions")} == {HOSTILE}
        assert ask(archive, "search", query="test")["total"] == 0
        assert ask(archive, "usage", by="daily")["rows"] == []
        other = gold(home, f"select session_id, project_key from marts.dim_sessions "
                           f"where session_id <> '{HOSTILE}'")[0]  # fmt: skip
        with pytest.raises(NotFound, match="no session"):
            ask(archive, "read", session=other[0])
        for tool, given in (("sessions", {}), ("search", {"query": "test"})):
            with pytest.raises(NotFound, match="only"):
                ask(archive, tool, **given, project=other[1])
        with pytest.raises(SettingError, match="one project"):
            ask(archive, "sql", statement="select 1")


@pytest.mark.parametrize(
    ("tool", "given", "message"),
    [
        ("search", {}, "query"),
        ("search", {"query": "x", "nonsense": 1}, "nonsense"),
        ("search", {"query": "x", "kind": "poem"}, "poem"),
        ("search", {"query": "x", "cursor": "abc"}, "cursor"),
        ("usage", {"by": "daily", "since": "yesterday"}, "2026-11-21"),
        ("usage", {"by": "daily", "project": "nowhere"}, "no project"),
        ("read", {"session": "none"}, "no session"),
        ("read", {"session": HOSTILE, "around": "none"}, "no entry"),
        ("sql", {"statement": "select 1; select 2"}, "one SQL statement"),
        ("sql", {"statement": "select * from read_csv('/etc/passwd')"}, "does not run"),
        ("sql", {"statement": "create table t (a int)"}, "does not run"),
        ("schema", {"table": "nothing"}, "no table"),
    ],
)
def test_a_wrong_question_is_told_what_is_wrong(
    archive: Archive, tool: str, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(CcaError, match=message):
        ask(archive, tool, **given)


def test_a_statement_that_never_ends_is_stopped(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cca.mcp.numbers._MOST_SECONDS", 0.2)
    endless = "select count(*) from range(10_000_000_000) as a, range(10_000_000_000) as b"
    with pytest.raises(CcaError, match="stopped after"):
        ask(archive, "sql", statement=endless)


def test_every_table_of_gold_is_described(archive: Archive, home: Home) -> None:
    rows = ask(archive, "schema", max_bytes=40_000)["rows"]
    tables = gold(home, "select table_name from information_schema.tables "
                        "where table_schema = 'marts'")  # fmt: skip
    assert {row["table"] for row in rows} == {name for (name,) in tables}
    assert all(row["about"] for row in rows)
