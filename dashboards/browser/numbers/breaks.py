"""Cache breaks: what wrote to the cache again what was in it, why, and what that cost."""

from cca.dashboards.browser.numbers.bars import COLOURS, stacked
from cca.dashboards.browser.numbers.cells import (
    BEHIND_ROWS,
    SESSION,
    SESSION_LABELS,
    day_of,
    few_cases,
    model_names,
    part_of,
    period_link,
    place_cell,
    project_labels,
    session_cell,
)
from cca.dashboards.browser.numbers.choice import MEASURES
from cca.dashboards.browser.numbers.drawn import Bars, Segment
from cca.dashboards.browser.numbers.parts import (
    Cell,
    Column,
    Section,
    Table,
    Tile,
    Tiles,
    count,
    share,
)
from cca.dashboards.browser.numbers.reader import ANSWERED, Asked, Row
from cca.dashboards.browser.numbers.write import exact, money, number, percent, span, thousands
from cca.gold.measures import cache as measured
from cca.gold.measures import usage
from cca.gold.measures.rules import BREAK_CAUSES
from cca.gold.measures.select import select

_WHERE = ANSWERED
_SUMS = (
    measured.CACHE_BREAKS, measured.BROKEN_SESSIONS, measured.REWRITTEN_TOKENS,
    measured.CACHE_BREAK_USD,
)  # fmt: skip
_TOTALS = select(
    [*_SUMS, measured.SHORTFALLS, measured.CACHE_WRITING_MESSAGES, usage.API_MESSAGES,
     measured.CACHE_BREAK_SHARE_USD],
    where=_WHERE,
)  # fmt: skip
_PLACES = f"""
select m.document_id, m.session_id, m.sent_at, m.cause, m.model, m.previous_model, m.seconds_since,
    m.rewritten_tokens, m.cache_break_usd, l.title, l.project_key, count(*) over () as found
from marts.fct_cache_breaks as m
left join marts.dim_sessions as l on l.session_id = m.session_id
where m.is_break and ($of::varchar is null or m.cause = $of) and {_WHERE}
order by m.cache_break_usd desc, m.message_id limit {BEHIND_ROWS}
"""
_BY_DAY = {"": measured.CACHE_BREAK_USD, "tokens": measured.REWRITTEN_TOKENS}


def page(asked: Asked) -> list[Section]:
    totals = asked.rows(_TOTALS)[0]
    if not totals["api_messages"]:
        return []
    return [
        _tiles(asked, totals), _by_day(asked), _causes(asked, totals), _sessions(asked),
        _places(asked),
    ]  # fmt: skip


def _tiles(asked: Asked, totals: Row) -> Tiles:
    sums = {each.name: totals[each.name] for each in _SUMS}
    return Tiles(
        [
            Tile(measured.CACHE_BREAKS.label, f"{sums['cache_breaks']:,}",
                 f"of {count(totals['api_messages'], 'response')}",
                 hint=measured.CACHE_BREAKS.description),
            Tile("They cost", money(sums["cache_break_usd"]),
                 f"{percent(_rate(totals), 1)} of the cost",
                 hint=measured.CACHE_BREAK_USD.description, exact=exact(sums["cache_break_usd"])),
            Tile(measured.REWRITTEN_TOKENS.label, thousands(sums["rewritten_tokens"]), "tokens",
                 hint=measured.REWRITTEN_TOKENS.description),
            Tile("Sessions", f"{sums['broken_sessions']:,}", "with a break",
                 asked.conversations(), measured.BROKEN_SESSIONS.description),
            Tile("Naive counting", f"{totals['shortfalls']:,}",
                 "responses read less than was cached",
                 hint=measured.SHORTFALLS.description),
        ]
    )  # fmt: skip


def _rate(totals: Row) -> float | None:
    found = totals["cache_break_share_usd"]
    return None if found is None else float(found)


def _by_day(asked: Asked) -> Bars:
    measure = _BY_DAY[asked.choice.by]
    rows = asked.rows(
        select([measure], ["day", "cache_break_cause"], f"{_WHERE} and {measured.BREAK}",
               order="day")
    )  # fmt: skip
    points = [(row["day"], str(row["cache_break_cause"]), float(row[measure.name])) for row in rows]
    colours = dict(zip(BREAK_CAUSES, COLOURS, strict=False))
    names = [name for name in colours if any(cause == name for _, cause, _ in points)]
    segments = [
        Segment(label, asked.choice.link("breaks", by=value), value == asked.choice.by)
        for value, label in MEASURES.items()
    ]
    return stacked(
        measure.label,
        points,
        names,
        thousands if asked.choice.by else money,
        lambda first, last: period_link(asked, first, last),
        axis=asked.axis("breaks"),
        segments=[segments],
        colours=[colours[name] for name in names],
    )


def _causes(asked: Asked, totals: Row) -> Table:
    rows = asked.rows(
        select(_SUMS, ["cache_break_cause"], f"{_WHERE} and {measured.BREAK}",
               order="cache_break_usd desc, cache_break_cause")
    )  # fmt: skip
    top = max((float(row["cache_break_usd"]) for row in rows), default=0)
    whole = float(totals["cache_break_usd"])
    more = totals["shortfalls"] - totals["cache_breaks"]
    naive = (
        f"{totals['cache_writing_messages']:,} responses wrote to the cache, most of them what was "
        f"new. Naive counting finds {totals['shortfalls']:,}: every response that read less than "
        "one before it left there. "
        + (f"{more:,} of them are no breaks, as their context was cut back. " if more > 0 else "")
    )
    return Table(
        "By cause",
        [Column("Cause", is_number=False), Column("Breaks"), Column("Sessions"),
         Column("Tokens again", hint=measured.REWRITTEN_TOKENS.description), Column("Share"),
         Column("Cost", hint=measured.CACHE_BREAK_USD.description)],
        [
            [
                Cell(cause, asked.choice.link("breaks", of=cause) + "#of", "",
                     share(float(row["cache_break_usd"]), top), about=BREAK_CAUSES[cause]),
                Cell(number(row["cache_breaks"])),
                Cell(number(row["broken_sessions"])),
                Cell(thousands(row["rewritten_tokens"])),
                Cell(percent(float(row["cache_break_usd"]) / whole) if whole else "-"),
                Cell(money(row["cache_break_usd"]), hint=exact(row["cache_break_usd"])),
            ]
            for row in rows
            for cause in [str(row["cache_break_cause"])]
        ],
        note=naive + few_cases(totals["cache_breaks"], "break"),
        empty="No response here wrote to the cache again what was in it.",
    )  # fmt: skip


def _sessions(asked: Asked) -> Table:
    rows = asked.rows(
        select(
            [*_SUMS, measured.SHORTFALLS], ["session_id"], _WHERE, labels=SESSION_LABELS,
            having="cache_breaks > 0", order="cache_break_usd desc, session_id", limit=BEHIND_ROWS,
        )
    )  # fmt: skip
    labels = project_labels(asked)
    top = max((float(row["cache_break_usd"]) for row in rows), default=0)
    return Table(
        "Sessions with the most expensive breaks",
        [SESSION, Column("Started", is_number=False),
         Column("Breaks"), Column("Naive", hint=measured.SHORTFALLS.description),
         Column("Tokens again"), Column("Cost")],
        [
            [
                session_cell(row, labels, share(float(row["cache_break_usd"]), top)),
                Cell(day_of(row["started_at"])),
                Cell(number(row["cache_breaks"])),
                Cell(number(row["shortfalls"])),
                Cell(thousands(row["rewritten_tokens"])),
                Cell(money(row["cache_break_usd"]), hint=exact(row["cache_break_usd"])),
            ]
            for row in rows
        ],
        empty="No session here has a break.",
    )  # fmt: skip


def _places(asked: Asked) -> Table:
    """Each break, which opens at the response that wrote."""
    cause = asked.choice.of
    rows = asked.rows(_PLACES, of=cause or None)
    labels = project_labels(asked)
    names = model_names(str(each) for row in rows for each in (row["model"], row["previous_model"]))
    return Table(
        f"Each break by “{cause}”" if cause else "Each break",
        [Column("Where", is_number=False), Column("When", is_number=False),
         Column("Cause", is_number=False), Column("Model", is_number=False),
         Column("After", hint="Time since the response before it in its thread."),
         Column("Tokens again"), Column("Cost")],
        [
            [
                place_cell(row, row["document_id"], labels),
                Cell(day_of(row["sent_at"])),
                Cell(str(row["cause"])),
                Cell(_models(row, names)),
                Cell(span(_milliseconds(row["seconds_since"]))),
                Cell(thousands(row["rewritten_tokens"])),
                Cell(money(row["cache_break_usd"]), hint=exact(row["cache_break_usd"])),
            ]
            for row in rows
        ],
        note=f"{part_of(rows, 'The most expensive', 'breaks')}A title opens the response.",
        empty="No break has this cause here." if cause else "There is no break here.",
        anchor="of",
    )  # fmt: skip


def _models(row: Row, names: dict[str, str]) -> str:
    model = names[str(row["model"])]
    before = row["previous_model"]
    return model if before in (None, row["model"]) else f"{names[str(before)]} to {model}"


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else 1000 * seconds
