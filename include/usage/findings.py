"""`cca usage cache-breaks`, `context` and `waste`: what each counts, by what, and its headings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cca.gold.measures import cache
from cca.gold.measures.model import Measure


@dataclass(frozen=True)
class Finding:
    """A report: measures by dimensions, the headings they have, and the sentence below.

    `beside` are measures of the total alone; the note names them in braces.
    """

    measures: tuple[Measure, ...]
    by: tuple[str, ...]
    headings: dict[str, str]
    order: str
    note: str
    beside: tuple[Measure, ...] = ()
    # The rows of $model, where the fact knows models in its own way.
    of_model: str = ""


FINDINGS = {
    "cache-breaks": Finding(
        (cache.CACHE_BREAKS, cache.BROKEN_SESSIONS, cache.REWRITTEN_TOKENS, cache.CACHE_BREAK_USD),
        ("cache_break_cause",),
        {
            "breaks": "cache_breaks", "sessions": "broken_sessions",
            "tokens written again": "rewritten_tokens", "USD": "cache_break_usd",
        },
        "cache_break_usd desc, cache_break_cause",
        "Naive counting would say more: {shortfalls:,} responses read less than was in the cache, "
        "and {cache_writing_messages:,} wrote to it. docs/cache-and-context.md tells the rule.",
        (cache.SHORTFALLS, cache.CACHE_WRITING_MESSAGES),
    ),
    "context": Finding(
        (cache.CONTEXT_PART_TOKENS, cache.CONTEXT_PIECES, cache.FILLED_SESSIONS),
        ("part", "tool_name"),
        {
            "tokens": "context_part_tokens", "pieces": "context_pieces",
            "sessions": "filled_sessions",
        },
        "context_part_tokens desc, part, tool_name",
        "The parts are an estimate by characters; their sum is measured. Compactions cost "
        "{compaction_usd:,.2f} USD. docs/cache-and-context.md tells the rule.",
        (cache.COMPACTION_USD,),
    ),
    "waste": Finding(
        (cache.FINDINGS, cache.WASTING_SESSIONS, cache.WASTE_TOKENS, cache.WASTE_USD),
        ("kind",),
        {
            "findings": "findings", "sessions": "wasting_sessions", "tokens": "waste_tokens",
            "USD": "waste_usd",
        },
        "waste_usd desc, kind",
        "Rules of thumb: docs/cache-and-context.md tells each. `marts.agg_waste` names the session "
        "and the entry of each finding.",
        of_model=cache.WASTE_OF_MODEL,
    ),
}  # fmt: skip


def note(kind: str, totals: Mapping[str, Any]) -> str:
    """What a reader must know of the numbers."""
    return FINDINGS[kind].note.format_map(totals)
