"""The sample conversations come to the totals that were counted while they were made."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cca.demo.generate import generate
from cca.transform.build import transform
from cca.usage.reports import NAMES, report
from tests.dbt.rows import build_settings, reader, write_raw
from tests.dbt.transcripts import HOST, rows_of_limits, rows_of_transcripts

Truth = dict[str, Any]


# Sessions of the sample: one of each kind in every run, 20 and 200 MB in the long one.
SIZES = [23, *(pytest.param(sessions, marks=pytest.mark.long) for sessions in (40, 400))]


@pytest.fixture(scope="module", params=SIZES)
def built(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Truth, Path, Callable[[str], Any]]:
    home = tmp_path_factory.mktemp("demo")
    made = generate(home / "sample", sessions=request.param, seed=5, until=date(2026, 11, 20))
    truth = made.as_json() | {"ms_by_tool": _durations(home / "sample" / "projects")}
    settings = build_settings(home)
    limits = rows_of_limits(home / "sample")
    write_raw(settings, *rows_of_transcripts(home / "sample" / "projects"), limits)
    transform(settings)
    return truth, settings.warehouse_path, reader(settings)


def _durations(projects: Path) -> dict[str, int]:
    """Milliseconds spent in each tool, read from the lines by nothing of ours."""
    called: dict[str, tuple[str, datetime]] = {}
    answered: dict[str, datetime] = {}
    for path in sorted(projects.rglob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            entry = json.loads(line)
            content = entry.get("message", {}).get("content", [])
            for item in content if isinstance(content, list) else []:
                at = datetime.fromisoformat(entry["timestamp"])
                if item["type"] == "tool_use":
                    called.setdefault(item["id"], (item["name"], at))
                if item["type"] == "tool_result":
                    answered.setdefault(item["tool_use_id"], at)
    spent: Counter[str] = Counter()
    for key, (name, at) in called.items():
        spent[name] += round((answered.get(key, at) - at) / timedelta(milliseconds=1))
    return dict(spent)


def test_calls_errors_and_refusals_of_each_tool_are_those_that_were_made(
    built: tuple[Truth, Path, Any],
) -> None:
    truth, _, query = built
    made = {
        name: (tally["calls"], tally["errors"] - tally["rejections"], tally["rejections"])
        for name, tally in truth["by_tool"].items()
    }
    assert sum(rejections for _, _, rejections in made.values()) > 0
    for mart, only in (
        ("agg_tool_efficiency", made),
        ("agg_mcp", {name: made[name] for name in made if name.startswith("mcp__")}),
    ):
        found = query(f"select tool_name, calls, errors, rejections from marts.{mart}")
        assert {name: tuple(figures) for name, *figures in found} == only
        assert only


def test_durations_of_each_tool_are_those_of_the_lines(built: tuple[Truth, Path, Any]) -> None:
    found = built[2](
        "select tool_name, coalesce(sum(duration_ms), 0) from marts.fct_tool_calls group by 1"
    )
    assert dict(found) == built[0]["ms_by_tool"]


def test_compactions_are_those_that_were_made(built: tuple[Truth, Path, Any]) -> None:
    truth, _, query = built
    found = query(
        "select count(*), count(*) filter (trigger = 'auto' and tokens_before > tokens_after), "
        "(select count(*) from marts.fct_messages where is_compact_summary) "
        "from marts.fct_compactions"
    )
    compactions = truth["totals"]["compactions"]
    assert compactions > 0
    assert found == [(compactions, compactions, compactions)]


def _figures(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(Decimal(str(row[measure])) for measure in NAMES)


def _here(key: str) -> str:
    """A session whose path names none carries the machine's name."""
    return key.replace("{host}", HOST)


@pytest.mark.parametrize(
    ("kind", "name", "part"),
    [
        ("daily", "day", "by_day"),
        ("model", "model", "by_model"),
        ("project", "project_id", "by_project"),
        ("session", "session_id", "by_session"),
    ],
)
def test_usage_is_what_was_made(
    built: tuple[Truth, Path, Any], kind: str, name: str, part: str
) -> None:
    truth, warehouse, _ = built
    made = report(warehouse, kind)
    assert {str(row[name]): _figures(row) for row in made.rows} == {
        _here(key): _figures(row) for key, row in truth[part].items()
    }
    assert _figures(made.totals) == _figures(truth["totals"])


# What causes a response: the column of gold that says it, and the part of the truth.
CAUSES = {
    "skill": "skill", "plugin": "plugin", "mcp": "mcp_server", "agent": "agent_type",
    "mcp_tool": "mcp_server || '/' || mcp_tool", "effort": "effort", "version": "version",
    "entrypoint": "entrypoint", "branch": "git_branch", "prompt": "prompt_entry_id",
    "command": "command_name", "pull_request": "pull_request",
}  # fmt: skip


@pytest.mark.parametrize("name", CAUSES)
def test_each_response_counts_for_what_caused_it(built: tuple[Truth, Path, Any], name: str) -> None:
    truth, _, query = built
    sums = ", ".join(f"sum({measure})" for measure in NAMES if measure != "api_messages")
    found = query(
        f"select coalesce({CAUSES[name]}, 'none'), count(*), {sums} "
        "from marts.fct_api_messages group by 1"
    )
    made = {key: _figures(row) for key, row in truth[f"by_{name}"].items()}
    assert {key: tuple(Decimal(figure) for figure in figures) for key, *figures in found} == made
    assert len(made) > 1


def test_messages_prompts_and_calls_are_those_that_were_made(
    built: tuple[Truth, Path, Any],
) -> None:
    totals, _, query = built[0]["totals"], *built[1:]
    assert query(
        "select count(*) filter (role = 'user'), count(*) filter (role = 'assistant'), "
        "count(*) filter (is_human_prompt) from marts.fct_messages"
    ) == [(totals["user_messages"], totals["assistant_messages"], totals["human_prompts"])]
    assert query(
        "select count(*), count(*) filter (is_error), sum(lines_added), sum(lines_removed) "
        "from marts.fct_tool_calls"
    ) == [tuple(totals[f] for f in ("tool_calls", "tool_errors", "lines_added", "lines_removed"))]


def test_windows_of_limits_are_those_that_were_shown(built: tuple[Truth, Path, Any]) -> None:
    truth, _, query = built[0]["limits"], *built[1:]
    assert query("select count(*) from marts.fct_limits") == [(truth["readings"],)]
    found = query(
        "select limit_name, strftime(window_start, '%Y-%m-%dT%H:%M:%S+00:00'), "
        "strftime(resets_at, '%Y-%m-%dT%H:%M:%S+00:00'), used_percentage, readings, api_messages, "
        "tokens, cost_usd from marts.agg_limit_windows order by 1, 2"
    )
    made = sorted(
        (*(window[name] for name in list(window)[:-1]), Decimal(window["cost_usd"]))
        for window in truth["windows"]
    )
    assert found == made
    assert {name for name, *_ in made} == {"five_hour", "seven_day"}
    assert max(used for *_, used, _, _, _, _ in made) > 10


def test_titles_are_those_that_were_given_last(built: tuple[Truth, Path, Any]) -> None:
    truth, _, query = built
    titles = dict(query("select session_id, title from marts.dim_sessions"))
    assert {key: titles[_here(key)] for key in truth["titles"]} == truth["titles"]


def test_cache_breaks_are_those_that_were_made(built: tuple[Truth, Path, Any]) -> None:
    truth, _, query = built
    sums = "count(*), sum(rewritten_tokens), sum(cache_break_usd)"
    only = "from marts.fct_api_messages where cache_break_cause is not null"
    for key, column in (("by_cause", "cache_break_cause"), ("by_session", "session_id")):
        found = {
            name: (breaks, tokens, usd)
            for name, breaks, tokens, usd in query(f"select {column}, {sums} {only} group by 1")
        }
        assert found == {
            name: (tally["breaks"], tally["rewritten_tokens"], Decimal(tally["usd"]))
            for name, tally in truth["cache_breaks"][key].items()
        }


def test_waste_is_what_was_played_to_bring_little(built: tuple[Truth, Path, Any]) -> None:
    truth, _, query = built
    found = {
        kind: {"findings": findings, "usd": usd}
        for kind, findings, usd in query(
            "select kind, count(*), sum(usd) from marts.agg_waste group by 1"
        )
    }
    assert min(played["findings"] for played in truth["waste"].values()) > 0
    for kind, played in truth["waste"].items():
        assert found[kind]["findings"] == played["findings"], kind
        assert found[kind]["usd"] == pytest.approx(Decimal(played["usd"]), abs=Decimal("1e-9"))
    others = {cause: tally for cause, tally in truth["cache_breaks"]["by_cause"].items()
              if cause != "compaction"}  # fmt: skip
    assert found["cache break"]["findings"] == sum(tally["breaks"] for tally in others.values())
    assert found["cache break"]["usd"] == sum(Decimal(tally["usd"]) for tally in others.values())
