"""Context: how large it is at each turn, what fills it, and what compactions cost."""

from cca.dashboards.browser.chart import Mark, nice_top, scale, short
from cca.dashboards.browser.numbers.bars import COLOURS, REST
from cca.dashboards.browser.numbers.cells import (
    BEHIND_ROWS,
    SESSION,
    SESSION_LABELS,
    day_of,
    few_cases,
    part_of,
    place_cell,
    project_labels,
    session_cell,
)
from cca.dashboards.browser.numbers.drawn import Bar, Bars, Slice
from cca.dashboards.browser.numbers.parts import (
    Cell,
    Column,
    Pair,
    Section,
    Table,
    Tile,
    Tiles,
    count,
    share,
)
from cca.dashboards.browser.numbers.reader import ANSWERED, FILTERED, OF_MODEL, Asked, Row
from cca.dashboards.browser.numbers.write import (
    NOTHING,
    Figure,
    exact,
    money,
    number,
    percent,
    span,
    thousands,
)
from cca.gold.measures import cache as measured
from cca.gold.measures import sessions, usage
from cca.gold.measures.behaviour import FEW_CASES
from cca.gold.measures.select import select

_PARTS_WHERE = f"{FILTERED} {OF_MODEL}"
_SIZES = (
    measured.P50_CONTEXT_TOKENS, measured.P90_CONTEXT_TOKENS, measured.MAX_CONTEXT_TOKENS,
    measured.CONTEXT_RESPONSES, measured.CONTEXT_SESSIONS,
)  # fmt: skip
_TOTALS = select([*_SIZES, measured.COMPACTION_USD, usage.COST_USD], where=ANSWERED)
_FILLED = (
    measured.CONTEXT_PART_TOKENS, measured.CONTEXT_PIECES, measured.FILLED_SESSIONS,
)  # fmt: skip
# A compaction knows no model: those of the sessions in which the model answered count.
_COMPACTED = f"""{FILTERED} and ($model::varchar is null or m.session_id in (
    select r.session_id from marts.fct_api_messages as r
    where coalesce(r.model, 'unknown') = $model
))"""
_COMPACTIONS = f"""
select m.entry_id, m.session_id, m.compacted_at, m.trigger, m.tokens_before, m.tokens_after,
    m.duration_ms, m.agent_id, l.title, l.project_key, count(*) over () as found
from marts.fct_compactions as m
left join marts.dim_sessions as l on l.session_id = m.session_id
where {_COMPACTED}
order by m.compacted_at desc, m.entry_id limit {BEHIND_ROWS}
"""
_MAX_TURNS = 60
_ESTIMATE = (
    "The whole is measured; its parts are an estimate by characters, for the main thread at the "
    "end of each stretch between compactions."
)


def page(asked: Asked) -> list[Section]:
    totals = asked.rows(_TOTALS)[0]
    if not totals["context_responses"]:
        return []
    compactions = asked.rows(_COMPACTIONS)
    return [
        _tiles(asked, totals, compactions[0]["found"] if compactions else 0), _by_turn(asked),
        Pair(_parts(asked), _tools(asked)), _largest(asked), _each(asked, compactions),
    ]  # fmt: skip


def _tiles(asked: Asked, totals: Row, compactions: int) -> Tiles:
    cost, whole = totals["compaction_usd"], totals["cost_usd"]
    behind = asked.conversations()
    return Tiles(
        [
            Tile(measured.P50_CONTEXT_TOKENS.label, thousands(round(totals["p50_context_tokens"])),
                 f"tokens, of {count(totals['context_responses'], 'response')} of the main thread",
                 behind,
                 measured.P50_CONTEXT_TOKENS.description),
            Tile("90th percentile", thousands(round(totals["p90_context_tokens"])), "tokens",
                 behind, measured.P90_CONTEXT_TOKENS.description),
            Tile(measured.MAX_CONTEXT_TOKENS.label, thousands(totals["max_context_tokens"]),
                 "tokens", behind, measured.MAX_CONTEXT_TOKENS.description),
            Tile(sessions.COMPACTIONS.label, f"{compactions:,}",
                 hint=sessions.COMPACTIONS.description),
            Tile("Compactions cost", money(cost),
                 f"{percent(float(cost / whole), 1)} of the cost" if whole else "",
                 hint=measured.COMPACTION_USD.description),
        ]
    )  # fmt: skip


def _by_turn(asked: Asked) -> Bars:
    """The context at the first turns of sessions; a turn of few sessions stands back."""
    rows = asked.rows(
        select(_SIZES, ["turn_number"], f"{ANSWERED} and m.turn_number is not null",
               having="context_responses > 0", order="turn_number", limit=_MAX_TURNS)
    )  # fmt: skip
    top = nice_top(max((float(row["p90_context_tokens"]) for row in rows), default=1))
    last = max((row["turn_number"] for row in rows), default=1)
    by_number = {row["turn_number"]: row for row in rows}
    turns = range(1, min(last, _MAX_TURNS) + 1)
    step = max(1, len(turns) // 10)
    ticks = [
        Mark(round(100 * (number - 0.5) / len(turns), 2), str(number))
        for number in turns
        if number == 1 or number % step == 0
    ]
    return Bars(
        "Context by turn of the session",
        [_turn(number, by_number.get(number), top) for number in turns],
        scale(top, short),
        ticks,
        [("median", COLOURS[0]), ("90th percentile", COLOURS[1]),
         (f"fewer than {FEW_CASES} sessions", REST)],
        note=f"A turn that fewer than {FEW_CASES} sessions have is grey: nothing follows from it.",
    )  # fmt: skip


def _turn(number: int, row: Row | None, top: float) -> Bar:
    if row is None:
        return Bar(f"Turn {number}", [])
    median, high = float(row["p50_context_tokens"]), float(row["p90_context_tokens"])
    is_few = row["context_sessions"] < FEW_CASES
    lower, upper = (REST, REST) if is_few else (COLOURS[0], COLOURS[1])
    return Bar(
        f"Turn {number}",
        [Slice(upper, share(high - median, top)), Slice(lower, share(median, top))],
        "",
        [
            ("Median", f"{thousands(round(median))} tokens", lower),
            ("90th percentile", f"{thousands(round(high))} tokens", upper),
            ("Sessions", f"{row['context_sessions']:,}", ""),
        ],
    )


def _parts(asked: Asked) -> Table:
    rows = asked.rows(
        select(_FILLED, ["part"], _PARTS_WHERE, having="context_part_tokens > 0",
               order="context_part_tokens desc, part")
    )  # fmt: skip
    return _filled("What fills it", "Part", "part", rows, _ESTIMATE)


def _tools(asked: Asked) -> Table:
    rows = asked.rows(
        select(_FILLED, ["tool_name"], f"{_PARTS_WHERE} and m.tool_name <> 'none'",
               having="context_part_tokens > 0", order="context_part_tokens desc, tool_name",
               limit=BEHIND_ROWS)
    )  # fmt: skip
    return _filled(
        "By tool", "Tool", "tool_name", rows, "Calls of a tool, its results, and files it read."
    )


def _filled(title: str, heading: str, by: str, rows: tuple[Row, ...], note: str) -> Table:
    top = max((row["context_part_tokens"] for row in rows), default=0)
    whole = sum(row["context_part_tokens"] for row in rows)
    return Table(
        title,
        [Column(heading, is_number=False), Column("Tokens"), Column("Share"),
         Column("Pieces", hint=measured.CONTEXT_PIECES.description), Column("Sessions")],
        [
            [
                Cell(str(row[by]), share=share(row["context_part_tokens"], top)),
                Cell(thousands(row["context_part_tokens"])),
                Cell(percent(row["context_part_tokens"] / whole)),
                Cell(number(row["context_pieces"])),
                Cell(number(row["filled_sessions"])),
            ]
            for row in rows
        ],
        note=note,
        empty="Nothing is known of what fills the context here.",
    )  # fmt: skip


def _largest(asked: Asked) -> Table:
    rows = asked.rows(
        select(
            [*_SIZES, measured.COMPACTION_USD], ["session_id"], ANSWERED, labels=SESSION_LABELS,
            having="context_responses > 0", order="max_context_tokens desc, session_id",
            limit=BEHIND_ROWS,
        )
    )  # fmt: skip
    labels = project_labels(asked)
    top = max((row["max_context_tokens"] for row in rows), default=0)
    return Table(
        "Sessions with the largest context",
        [SESSION, Column("Started", is_number=False),
         Column("Responses"), Column("Median", hint=measured.P50_CONTEXT_TOKENS.description),
         Column("Largest"), Column("Compactions cost", hint=measured.COMPACTION_USD.description)],
        [
            [
                session_cell(row, labels, share(row["max_context_tokens"], top)),
                Cell(day_of(row["started_at"])),
                Cell(number(row["context_responses"])),
                Cell(thousands(round(row["p50_context_tokens"]))),
                Cell(thousands(row["max_context_tokens"])),
                Cell(money(row["compaction_usd"]) if row["compaction_usd"] else "",
                     hint=exact(row["compaction_usd"])),
            ]
            for row in rows
        ],
        note="A conversation shows the size of its context as a line below its title.",
    )  # fmt: skip


def _each(asked: Asked, rows: tuple[Row, ...]) -> Table:
    labels = project_labels(asked)
    return Table(
        sessions.COMPACTIONS.label,
        [Column("Where", is_number=False), Column("When", is_number=False),
         Column("Trigger", is_number=False), Column("Tokens before"), Column("Tokens after"),
         Column("Took")],
        [
            [
                place_cell(row, row["entry_id"], labels),
                Cell(day_of(row["compacted_at"])),
                Cell(str(row["trigger"]), sub="of a subagent" if row["agent_id"] else ""),
                Cell(_known(row["tokens_before"])),
                Cell(_known(row["tokens_after"])),
                Cell(span(row["duration_ms"])),
            ]
            for row in rows
        ],
        note=part_of(rows, "The newest", "compactions") + few_cases(len(rows), "compaction"),
        empty="No context was compacted here.",
    )  # fmt: skip


def _known(tokens: int | None) -> Figure:
    return NOTHING if tokens is None else thousands(tokens)
