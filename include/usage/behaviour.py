"""`cca usage behaviour`: how Claude worked, by week, model, version and effort, with its cases."""

from collections.abc import Mapping
from typing import Any

from cca.gold.measures.behaviour import ASPECTS, FEW_CASES, Aspect

DIMENSIONS = ("week", "model", "version", "effort")
MEASURES = tuple(dict.fromkeys(each for aspect in ASPECTS for each in (aspect.value, aspect.cases)))
NOTE = (
    f"In brackets: the cases behind a value. ? marks fewer than {FEW_CASES}: nothing follows from "
    "them. docs/behaviour.md tells the rules and how often they were right."
)
HEADINGS = {
    "correction_rate": "corrected\n%", "one_shot_rate": "one-shot\n%",
    "repeated_edit_rate": "edited\nagain %", "work_failure_rate": "failed\ncalls %",
    "interruptions_per_prompt": "interruptions", "declines_per_prompt": "declines",
    "files_read_per_work": "files read\nfirst", "p50_seconds_to_first_edit": "first\nedit s",
    "thinking_tokens_per_response": "thinking", "output_tokens_per_changed_line": "tokens\na line",
}  # fmt: skip
_ROUND = 100


def cell(aspect: Aspect, row: Mapping[str, Any]) -> str:
    """One value as text; empty where there is none."""
    value, cases = row[aspect.value.name], row[aspect.cases.name] or 0
    if value is None:
        return ""
    number = float(value) * (100 if aspect.value.unit == "share" else 1)
    places = 0 if number >= _ROUND else 2 if aspect.value.unit == "ratio" else 1
    shown = f"{number:,.{places}f} ({cases:,})"
    return f"[dim]{shown}?[/dim]" if cases < FEW_CASES else shown
