"""Every number has one definition: all places that show it agree on one gold file."""

import math
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import yaml

from cca.dashboards.browser.numbers.choice import Choice
from cca.dashboards.browser.numbers.pages import PAGES
from cca.dashboards.browser.numbers.parts import Tile, Tiles
from cca.dashboards.browser.numbers.reader import Asked, current
from cca.dashboards.browser.numbers.write import money, percent, span, thousands
from cca.dashboards.metabase.boards import BOARDS_DIR, load_boards
from cca.dashboards.metabase.sql import with_filters
from cca.gold.measures import MEASURES, semantic
from cca.gold.measures.dimensions import DIMENSIONS
from cca.gold.measures.model import Measure, ratio
from cca.gold.measures.select import select
from cca.gold.open import open_gold, reading_gold
from cca.gold.pull_requests import sessions_of
from cca.gold.summary import summary
from cca.settings import PROJECT_DIR, Settings
from cca.usage import behaviour
from cca.usage.findings import FINDINGS
from cca.usage.reports import NAMES, report
from tests.include.gold.columns import COLUMNS

BOARDS = load_boards()
# `cca usage tools` kept the names that its columns had.
CALLS = {
    "tool_calls": "calls", "succeeded_calls": "successes", "failed_calls": "failed",
    "declined_calls": "rejected", "open_calls": "pending", "success_rate": "success_rate",
    "p50_duration_ms": "p50_duration_ms", "p95_duration_ms": "p95_duration_ms",
}  # fmt: skip


def _whole(value: Any) -> str:
    return f"{value:,}"


def _rate(value: Any) -> str:
    return percent(value, 1)


def _minutes(value: Any) -> str:
    return span(value * 60_000)


def _seconds(value: Any) -> str:
    return span(value * 1000)


# Measure: the page's address, the tile on it, and how a tile writes the value.
TILES: dict[str, tuple[str, str, Callable[[Any], str]]] = {
    "cost_usd": ("usage", "Cost", money),
    "api_messages": ("usage", "Responses", _whole),
    "input_tokens": ("usage", "Input", thousands),
    "output_tokens": ("usage", "Output", thousands),
    "cost_per_day_usd": ("", "Cost per active day", money),
    "prompts": ("", "Prompts", _whole),
    "tokens": ("", "Tokens", thousands),
    "cache_write_tokens": ("cache", "Cache writes", thousands),
    "cache_read_tokens": ("cache", "Cache reads", thousands),
    "cache_hit_rate": ("cache", "From the cache", _rate),
    "cache_savings_usd": ("cache", "Saved", money),
    "cache_reads_per_write": ("cache", "Average reuse", lambda value: f"{value:.1f}"),
    "tool_calls": ("tools", "Calls", _whole),
    "failed_calls": ("tools", "Failed", _whole),
    "declined_calls": ("errors", "Declined by the user", _whole),
    "success_rate": ("tools", "Success rate", _rate),
    "failure_rate": ("errors", "Failure rate", _rate),
    "p50_duration_ms": ("tools", "Median time", span),
    "p95_duration_ms": ("tools", "95th percentile", span),
    "errors": ("errors", "Errors", _whole),
    "api_errors": ("errors", "API errors", _whole),
    "error_sessions": ("errors", "Sessions with errors", _whole),
    "changes": ("code", "Changes", _whole),
    "lines_added": ("code", "Lines added", _whole),
    "lines_removed": ("code", "Lines removed", _whole),
    "files_changed": ("code", "Files changed", _whole),
    "sessions": ("sessions", "Sessions", _whole),
    "active_minutes": ("sessions", "Active time", _minutes),
    "median_active_minutes": ("sessions", "Median length", _minutes),
    "prompts_per_session": ("sessions", "Prompts", lambda value: f"{value:.1f}"),
    "p50_response_seconds": ("sessions", "Median response time", _seconds),
    "cost_per_session_usd": ("sessions", "Cost", money),
    "blocks": ("blocks", "5-hour windows", _whole),
    "max_block_usd": ("blocks", "Most expensive", money),
    "median_block_usd": ("blocks", "Median cost", money),
    "usd_per_active_hour": ("blocks", "Cost per active hour", money),
    "cache_breaks": ("breaks", "Cache breaks", _whole),
    "cache_break_usd": ("breaks", "They cost", money),
    "rewritten_tokens": ("breaks", "Tokens written again", thousands),
    "broken_sessions": ("breaks", "Sessions", _whole),
    "shortfalls": ("breaks", "Naive counting", _whole),
    "compactions": ("context", "Compactions", _whole),
    "compaction_usd": ("context", "Compactions cost", money),
    "p50_context_tokens": ("context", "Median context", lambda value: thousands(round(value))),
    "p90_context_tokens": ("context", "90th percentile", lambda value: thousands(round(value))),
    "max_context_tokens": ("context", "Largest context", thousands),
    "waste_usd": ("waste", "Money that brought little", money),
    "findings": ("waste", "Findings", _whole),
    "wasting_sessions": ("waste", "Sessions", _whole),
    "limit_windows": ("blocks", "Windows read", _whole),
    "peak_five_hour_percentage": (
        "blocks",
        "Fullest 5-hour window",
        lambda value: f"{value:.0f} %",
    ),
    "peak_seven_day_percentage": ("blocks", "Fullest week", lambda value: f"{value:.0f} %"),
    "usd_per_five_hour_percent": ("blocks", "1 % of the 5-hour limit", money),
    "usd_per_seven_day_percent": ("blocks", "1 % of the weekly limit", money),
    "unpriced_messages": ("health", "Unknown price", _whole),
}
# Parts of a ratio that is shown, and what only dbt's metrics have.
BEHAVIOUR = {each.name for each in behaviour.MEASURES} | {"works"}
SHOWN_NOWHERE_ELSE = {
    "thinking_tokens", "answered_days", "ended_calls", "tool_calls_of_sessions",
    "prompts_of_sessions",
    "cost_of_blocks_usd", "active_hours_of_blocks", "answered_prompts", "prompt_cost_usd",
    "pull_request_cost_usd", "corrected_prompts", "interruptions", "declines",
    "failed_calls_of_work", "files_read_before_edit", "repeated_edits", "one_shot_edits",
    "thinking_tokens_of_work", "output_tokens_of_edits",
    # On the page of files.
    "touching_sessions",
    *(f"used_{name}_percentage" for name in ("five_hour", "seven_day")),
    *(f"cost_of_{name}_usd" for name in ("five_hour", "seven_day")),
    *(f"tokens_of_{name}" for name in ("five_hour", "seven_day")),
}  # fmt: skip


@pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda each: each.name)
def test_page_command_board_metric_and_mart_give_one_value(
    demo_gold: Settings, measure: Measure
) -> None:
    value = rows(demo_gold, select([measure]))[0][measure.name]
    for place, found in _in_commands(demo_gold, measure) | _on_boards(demo_gold, measure):
        assert same(found, value), place
    if measure.name in TILES:
        slug, name, write = TILES[measure.name]
        assert _tiles(demo_gold, slug)[name].value == write(value)
    if (metric := _metric(demo_gold, measure)) is not None:
        assert same(metric, value)


@pytest.mark.parametrize("mart", COLUMNS)
def test_columns_of_marts_hold_what_the_measures_give(demo_gold: Settings, mart: str) -> None:
    keys, columns = COLUMNS[mart]
    measured: dict[tuple[Any, ...], dict[str, Any]] = {}
    for table in dict.fromkeys(MEASURES[name].table for name in columns.values()):
        chosen = [MEASURES[n] for n in set(columns.values()) if MEASURES[n].table == table]
        for row in rows(demo_gold, select(chosen, keys)):
            measured.setdefault(_key(row, keys), {}).update(row)
    found = rows(demo_gold, f"select * from marts.{mart}")
    assert found
    for row in found:
        expected = measured.get(_key(row, keys), {})
        for column, name in columns.items():
            wanted = expected.get(name, 0 if MEASURES[name].is_additive else None)
            assert same(row[column] or 0, wanted or 0), (mart, _key(row, keys), column)


@pytest.mark.parametrize(
    "name", sorted(name for name, each in MEASURES.items() if each.is_additive)
)
def test_the_parts_of_an_additive_measure_add_up(demo_gold: Settings, name: str) -> None:
    measure = MEASURES[name]
    splits = {
        "agg_ledger_check": "verdict", "agg_rejects": "reason", "agg_limit_windows": "limit_name",
    }  # fmt: skip
    split = splits.get(measure.table, "day")
    if measure.table == "agg_billing_blocks":
        parts = rows(demo_gold, f"select {measure.expression} as {name} from marts.{measure.table} "
                     "group by block_start")  # fmt: skip
    else:
        parts = rows(demo_gold, select([measure], [split]))
    whole = rows(demo_gold, select([measure]))[0][name]
    assert same(sum(row[name] for row in parts), whole)


def test_measures_of_several_tables_stand_side_by_side(demo_gold: Settings) -> None:
    chosen = [MEASURES[name] for name in ("cost_usd", "tool_calls", "success_rate", "sessions")]
    together = rows(demo_gold, select(chosen, ["day"], order="day"))
    assert together
    for each in chosen:
        apart = {row["day"]: row[each.name] for row in rows(demo_gold, select([each], ["day"]))}
        assert {row["day"]: row[each.name] for row in together if row["day"] in apart} == apart
    assert len(rows(demo_gold, select(chosen))) == 1


def test_a_label_with_two_rows_multiplies_no_number(demo_gold: Settings) -> None:
    """Labels join after the aggregation, so the numbers of a row are what they were."""
    plain = rows(demo_gold, select([MEASURES["cost_usd"]], ["session_id"], order="session_id"))
    labelled = rows(
        demo_gold,
        select(
            [MEASURES["cost_usd"]], ["session_id"], labels={"title": "l.title"}, order="session_id"
        ),
    )
    assert [(row["session_id"], row["cost_usd"]) for row in labelled] == [
        (row["session_id"], row["cost_usd"]) for row in plain
    ]
    assert any(row["title"] for row in labelled)


def test_each_measure_is_shown_or_is_part_of_one_that_is() -> None:
    text = "".join(path.read_text() for path in BOARDS_DIR.glob("*.yaml"))
    on_boards = set(re.findall(r"measure\.(\w+)", text))
    in_marts = {name for _, columns in COLUMNS.values() for name in columns.values()}
    found = {one.name for each in FINDINGS.values() for one in (*each.measures, *each.beside)}
    shown = on_boards | in_marts | set(TILES) | set(NAMES) | set(CALLS) | BEHAVIOUR | found
    pages = "".join(
        path.read_text() for path in (PROJECT_DIR / "dashboards/browser/numbers").glob("*.py")
    )
    shown |= {name for name in MEASURES if f"measured.{name.upper()}" in pages}
    assert set(MEASURES) - shown == SHOWN_NOWHERE_ELSE


def test_a_ratio_divides_measures_of_one_table() -> None:
    with pytest.raises(ValueError, match="different tables"):
        ratio("x", MEASURES["cost_usd"], MEASURES["tool_calls"], "ratio", "X", "X")


FORMULAS = (
    r"sum\((m\.|marts\.\w+\.)?(cost_usd|input_tokens|output_tokens|prompt_tokens|cache_\w+_tokens)\)",
    r"status\s*=\s*'success'|status\s*<>\s*'pending'",
    r"quantile_cont|percentile_cont|median\(",
    r"is_error\b",
    r"count\(distinct (\w+\.)?session_id\)",
)
READERS = (
    *sorted((PROJECT_DIR / "dashboards/browser/numbers").glob("*.py")),
    PROJECT_DIR / "dashboards/browser/gold.py",
    *sorted((PROJECT_DIR / "dashboards/metabase/boards").glob("*.yaml")),
    *sorted((PROJECT_DIR / "include/usage").glob("*.py")),
    PROJECT_DIR / "include/gold/summary.py",
)


@pytest.mark.parametrize("path", READERS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_reader_has_a_formula_of_its_own(path: Any) -> None:
    text = path.read_text()
    assert not [formula for formula in FORMULAS if re.search(formula, text)]


def rows(settings: Settings, sql: str) -> list[dict[str, Any]]:
    with open_gold(settings.gold_path) as gold:
        cursor = gold.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def same(found: Any, value: Any) -> bool:
    if found is None or value is None:
        return found is value
    if isinstance(found, Decimal) and isinstance(value, Decimal):
        return abs(found - value) < Decimal("0.00000001")
    return math.isclose(float(found), float(value), rel_tol=1e-9, abs_tol=1e-9)


def _key(row: dict[str, Any], keys: tuple[str, ...]) -> tuple[Any, ...]:
    """Aggregates write nothing as an empty text."""
    return tuple("" if row[name] is None else row[name] for name in keys)


def _in_commands(settings: Settings, measure: Measure) -> set[tuple[str, Any]]:
    found: set[tuple[str, Any]] = set()
    if measure.name in NAMES:
        for kind in ("daily", "blocks", "session"):
            found.add((f"cca usage {kind}", report(settings.gold_path, kind).totals[measure.name]))
    if measure.name in CALLS:
        totals = report(settings.gold_path, "tools").totals
        found.add(("cca usage tools", totals[CALLS[measure.name]]))
    for kind, finding in FINDINGS.items():
        if measure in (*finding.measures, *finding.beside):
            total = report(settings.gold_path, kind).totals[measure.name]
            found.add((f"cca usage {kind}", total))
    held = summary(settings)
    if hasattr(held, measure.name):
        found.add(("cca up", getattr(held, measure.name)))
    return found


def _on_boards(settings: Settings, measure: Measure) -> set[tuple[str, Any]]:
    """Values of the numbers, and sums of the charts whose rows are all there."""
    found: set[tuple[str, Any]] = set()
    for board in BOARDS:
        for question in board.questions:
            if f"as {measure.name}" not in question.sql:
                continue
            answered = rows(settings, with_filters(question, {}))
            is_whole = measure.is_additive and "limit" not in question.sql
            if answered and measure.name in answered[0] and (
                question.chart == "number" or is_whole
            ):  # fmt: skip
                values = [row[measure.name] for row in answered]
                value = values[0] if question.chart == "number" else sum(values)
                found.add((f"{board.key}/{question.key}", value))
    return found


def _tiles(settings: Settings, slug: str) -> dict[str, Tile]:
    gold = current(settings)
    assert gold
    sections = PAGES[slug].make(Asked(gold, Choice(), date(2026, 11, 20), settings))
    return {tile.name: tile for each in sections if isinstance(each, Tiles) for tile in each.tiles}


def _metric(settings: Settings, measure: Measure) -> Any:
    """The value by what stands in _metrics.yml, computed as MetricFlow does; None without one."""
    content = yaml.safe_load(semantic.document())
    metrics = {each["name"]: each for each in content["metrics"]}
    if measure.name not in metrics:
        assert measure.table in semantic.WITHOUT_TIME
        return None
    metric = metrics[measure.name]["type_params"]
    if "numerator" in metric:
        above, below = (
            _metric(settings, MEASURES[metric[part]]) for part in ("numerator", "denominator")
        )
        return float(above) / float(below) if below else None
    for model in content["semantic_models"]:
        for each in model["measures"]:
            if each["name"] == metric["measure"]["name"]:
                sql = f"select {_aggregate(each)} as value from marts.{model['name']}"
                value = rows(settings, sql)[0]["value"]
                return metric["measure"].get("fill_nulls_with") if value is None else value
    raise AssertionError(measure.name)


def _aggregate(measure: dict[str, Any]) -> str:
    expression = measure["expr"]
    match measure["agg"]:
        case "count_distinct":
            return f"count(distinct {expression})"
        case "average":
            return f"avg({expression})"
        case "percentile":
            share = measure["agg_params"]["percentile"]
            return f"percentile_cont({share}) within group (order by {expression})"
    return f"{measure['agg']}({expression})"


def test_dimensions_of_metrics_are_columns_that_exist(demo_gold: Settings) -> None:
    for model in yaml.safe_load(semantic.document())["semantic_models"]:
        expressions = [each["expr"] for each in (*model["dimensions"], *model["entities"])]
        assert rows(demo_gold, f"select {', '.join(expressions)} from marts.{model['name']}") or (
            model["name"] == "agg_rejects"
        )
        assert not {"day", "week", "month"} & {each["name"] for each in model["dimensions"]}
    assert DIMENSIONS


def test_a_pull_request_is_found_by_name_number_and_address(demo_gold: Settings) -> None:
    with reading_gold(demo_gold) as gold:
        [(name, url)] = gold.execute(
            "select pull_request, pull_request_url from marts.fct_pull_requests"
            " order by sessions desc, 1 limit 1"
        ).fetchall()
        worked = gold.execute(
            "select distinct session_id from marts.fct_api_messages where pull_request = $1", [name]
        ).fetchall()
    expected = {session for (session,) in worked}
    assert expected
    for asked in (name, name.partition("#")[2], f"#{name.partition('#')[2]}", f"{url}/files"):
        assert sessions_of(demo_gold, asked) == expected
    assert sessions_of(demo_gold, "") == frozenset()
