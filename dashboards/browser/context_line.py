"""The size of a conversation's context over its responses, as a line with marks; from gold."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from cca.conversation.parts import thousands
from cca.dashboards.browser.costs import gold_rows
from cca.settings import Settings

# More points than pixels show nothing; more places than these cannot be hit.
_MAX_POINTS = 300
_MAX_TURNS = 60
# Marks that are closer would cover each other: they stand as one.
_APART = 3.0
# One response has no course.
_MIN_RESPONSES = 2
_Row = tuple[Any, ...]

_RESPONSES = """
select m.sent_at, m.prompt_tokens, m.turn_number, asked.document_id, m.cache_break_cause,
    m.rewritten_tokens, m.cache_break_usd, broken.document_id
from marts.fct_api_messages as m
left join marts.fct_messages as asked
    on asked.entry_id = m.prompt_entry_id and asked.session_id = m.session_id
left join marts.fct_cache_breaks as broken
    on broken.message_id = m.message_id and broken.session_id = m.session_id
where m.session_id = $session and m.agent_id is null
order by m.sent_at, m.message_id
"""
_COMPACTIONS = """
select m.compacted_at, m.entry_id, m.tokens_before, m.trigger from marts.fct_compactions as m
where m.session_id = $session and m.agent_id is null
order by m.compacted_at
"""


@dataclass(frozen=True)
class Spot:
    """Something to go to: its place and width of 0 to 100, what it is, and its entry.

    kind: turn, compaction, break.
    """

    kind: str
    x: float
    width: float
    told: str
    entry: str


@dataclass(frozen=True)
class ContextLine:
    """`points` as SVG writes them, 100 x 100; `largest` are the tokens at its top."""

    points: str
    largest: int
    responses: int
    spots: list[Spot]

    @property
    def area(self) -> str:
        """The points with the ground below them."""
        first, last = (self.points.split(" ")[end].split(",")[0] for end in (0, -1))
        return f"{first},100 {self.points} {last},100"


def context_line(settings: Settings, session: str) -> ContextLine | None:
    """The line of a main conversation; None where gold does not know two responses of it."""
    given = {"session": session}
    responses = gold_rows(settings, _RESPONSES, given)
    if len(responses) < _MIN_RESPONSES:
        return None
    return drawn(responses, gold_rows(settings, _COMPACTIONS, given))


def drawn(responses: Sequence[_Row], compactions: Sequence[_Row]) -> ContextLine:
    """The line of responses and compactions, both by time."""
    sizes = [row[1] for row in responses]
    largest = max(*sizes, 1)
    marks = [*_breaks(responses), *_compactions(responses, compactions)]
    spots = [*_turns(responses), *_apart(marks)]
    return ContextLine(_points(sizes, largest), largest, len(responses), spots)


def _points(sizes: Sequence[int], largest: int) -> str:
    """The largest of neighbours stands for them: a peak is never left out."""
    step = -(-len(sizes) // _MAX_POINTS)
    drawn_at = range(0, len(sizes), step)
    return " ".join(
        f"{_x(start + (len(sizes[start : start + step]) - 1) / 2, len(sizes))},"
        f"{round(100 - 100 * max(sizes[start : start + step]) / largest, 1)}"
        for start in drawn_at
    )


def _x(place: float, responses: int) -> float:
    return round(100 * (place + 0.5) / responses, 2)


def _turns(responses: Sequence[_Row]) -> list[Spot]:
    """Where a click goes to a prompt: neighbouring turns share a place where there are many."""
    numbered = groupby(enumerate(responses), key=lambda each: each[1][2])
    turns = [list(rows) for number, rows in numbered if number is not None]
    step = -(-len(turns) // _MAX_TURNS) or 1
    return [
        _turn([each for turn in turns[start : start + step] for each in turn], len(responses))
        for start in range(0, len(turns), step)
    ]


def _turn(rows: Sequence[tuple[int, _Row]], responses: int) -> Spot:
    (first, begin), (last, end) = rows[0], rows[-1]
    name = f"Turn {begin[2]}" if begin[2] == end[2] else f"Turns {begin[2]} to {end[2]}"
    most = thousands(max(row[1] for _, row in rows))
    told = f"{name}: {most} tokens, {len(rows):,} {'response' if len(rows) == 1 else 'responses'}"
    x = round(100 * first / responses, 2)
    return Spot("turn", x, round(100 * (last + 1) / responses - x, 2), told, begin[3] or "")


def _breaks(responses: Sequence[_Row]) -> list[Spot]:
    """Cache breaks; one by a compaction has the compaction's mark."""
    return [
        Spot(
            "break",
            _x(number, len(responses)),
            0,
            f"Cache break, {row[4]}: {thousands(row[5])} tokens written again, ${row[6]:.2f}",
            row[7] or "",
        )
        for number, row in enumerate(responses)
        if row[4] not in (None, "compaction")
    ]


def _compactions(responses: Sequence[_Row], compactions: Sequence[_Row]) -> list[Spot]:
    """Between the response before a compaction and the one after it."""
    spots = []
    times = [row[0] for row in responses]
    for at, entry, before, trigger in compactions:
        earlier = bisect_right(times, at)
        size = f" of {thousands(before)} tokens" if before else ""
        x = round(100 * earlier / len(responses), 2)
        spots.append(Spot("compaction", x, 0, f"Compaction ({trigger}){size}", entry))
    return spots


def _apart(marks: Sequence[Spot]) -> list[Spot]:
    """Marks from left to right; the first of close ones stands for them and tells of all."""
    placed: list[list[Spot]] = []
    for mark in sorted(marks, key=lambda each: each.x):
        if placed and mark.x - placed[-1][0].x < _APART:
            placed[-1].append(mark)
        else:
            placed.append([mark])
    return [replace(each[0], told=_told(each)) for each in placed]


def _told(marks: Sequence[Spot]) -> str:
    if len(marks) == 1:
        return marks[0].told
    return f"{marks[0].told}, and {len(marks) - 1} more close to it"
