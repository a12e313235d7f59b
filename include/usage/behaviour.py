"""`cca usage behaviour`: how Claude worked, by week, model, version and effort, with its cases."""

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.table import Table

from cca.gold.measures.behaviour import ASPECTS, FEW_CASES, Aspect
from cca.terminal import printable

DIMENSIONS = ("week", "model", "version", "effort")
MEASURES = tuple(dict.fromkeys(each for aspect in ASPECTS for each in (aspect.value, aspect.cases)))
NOTE = (
    f"In brackets: the cases behind a value. ? marks fewer than {FEW_CASES}: nothing follows from "
    "them. docs/behaviour.md tells the rules and how often they were right."
)
_HEADINGS = {
    "correction_rate": "corrected %", "one_shot_rate": "one-shot %",
    "repeated_edit_rate": "edited again %", "work_failure_rate": "failed calls %",
    "interruptions_per_prompt": "interruptions", "declines_per_prompt": "declines",
    "files_read_per_work": "files read first", "p50_seconds_to_first_edit": "first edit s",
    "thinking_tokens_per_response": "thinking", "output_tokens_per_changed_line": "tokens a line",
}  # fmt: skip
_ROUND = 100


def table(rows: tuple[Mapping[str, Any], ...], totals: Mapping[str, Any]) -> Table:
    """Each value with its cases in brackets; a value of few cases is dim and has a mark."""
    made = Table(box=box.SIMPLE_HEAD, show_footer=True, pad_edge=False)
    for index, name in enumerate(DIMENSIONS):
        made.add_column(name, "total" if index == 0 else "", no_wrap=True)
    for each in ASPECTS:
        heading = _HEADINGS[each.value.name]
        made.add_column(heading, cell(each, totals), justify="right", no_wrap=True)
    for row in rows:
        texts = (printable(str(row[name])) for name in DIMENSIONS)
        made.add_row(*texts, *(cell(each, row) for each in ASPECTS))
    return made


def cell(aspect: Aspect, row: Mapping[str, Any]) -> str:
    """One value as text; empty where there is none."""
    value, cases = row[aspect.value.name], row[aspect.cases.name] or 0
    if value is None:
        return ""
    number = float(value) * (100 if aspect.value.unit == "share" else 1)
    places = 0 if number >= _ROUND else 2 if aspect.value.unit == "ratio" else 1
    shown = f"{number:,.{places}f} ({cases:,})"
    return f"[dim]{shown}?[/dim]" if cases < FEW_CASES else shown
