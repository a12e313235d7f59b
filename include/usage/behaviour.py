"""`cca usage behaviour`: how Claude worked, by week, model, version and effort, with its cases."""

from typing import Any

import duckdb
from rich import box
from rich.table import Table

from cca.gold.measures.behaviour import ASPECTS, FEW_CASES, Aspect
from cca.gold.measures.select import select
from cca.terminal import printable

DIMENSIONS = ("week", "model", "version", "effort")
MEASURES = tuple(dict.fromkeys(measure for each in ASPECTS for measure in (each.value, each.cases)))
NAMES = tuple(each.name for each in MEASURES)
_HEADINGS = {
    "correction_rate": "corrected %", "one_shot_rate": "one-shot %",
    "repeated_edit_rate": "edited again %", "work_failure_rate": "failed calls %",
    "interruptions_per_prompt": "interruptions", "declines_per_prompt": "declines",
    "files_read_per_work": "files read first", "p50_seconds_to_first_edit": "first edit s",
    "thinking_tokens_per_response": "thinking", "output_tokens_per_changed_line": "tokens a line",
}  # fmt: skip

Row = dict[str, Any]


def rows(gold: duckdb.DuckDBPyConnection, where: str, bound: Row) -> tuple[list[Row], Row]:
    """A row for each week, model, version and effort, and the totals."""
    grouped = select(MEASURES, DIMENSIONS, where, order=", ".join(DIMENSIONS))
    return _fetched(gold, grouped, bound), _fetched(gold, select(MEASURES, where=where), bound)[0]


def _fetched(gold: duckdb.DuckDBPyConnection, sql: str, bound: Row) -> list[Row]:
    cursor = gold.execute(sql, bound)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def table(found: list[Row], totals: Row) -> Table:
    """Each value with its cases in brackets; a value of few cases is dim and has a mark."""
    made = Table(box=box.SIMPLE_HEAD, show_footer=True, pad_edge=False)
    for index, name in enumerate(DIMENSIONS):
        made.add_column(name, "total" if index == 0 else "", no_wrap=True)
    for each in ASPECTS:
        made.add_column(
            _HEADINGS[each.value.name], _cell(each, totals), justify="right", no_wrap=True
        )
    for row in found:
        texts = (printable(str(row[name])) for name in DIMENSIONS)
        made.add_row(*texts, *(_cell(each, row) for each in ASPECTS))
    return made


def _cell(each: Aspect, row: Row) -> str:
    value, cases = row[each.value.name], row[each.cases.name] or 0
    if value is None:
        return ""
    number = 100 * value if each.value.unit == "share" else value
    text = f"{number:,.{0 if number >= 100 else 1 if each.value.unit != 'ratio' else 2}f}"  # noqa: PLR2004
    shown = f"{text} ({cases:,})"
    return f"[dim]{shown}?[/dim]" if cases < FEW_CASES else shown


NOTE = (
    f"In brackets: the cases behind a value; ? marks fewer than {FEW_CASES}, from which nothing "
    "follows. docs/behaviour.md tells the rules and how often they were right."
)
