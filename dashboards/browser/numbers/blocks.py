"""Five-hour blocks, the windows that plans limit, and where the open one is heading."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cca.dashboards.browser.chart import nice_top, scale, ticks
from cca.dashboards.browser.numbers import limits
from cca.dashboards.browser.numbers.cells import BEHIND_ROWS, hours_link, utc
from cca.dashboards.browser.numbers.drawn import Bar, Bars, Slice
from cca.dashboards.browser.numbers.parts import (
    Cell,
    Column,
    Meter,
    Section,
    Table,
    Tile,
    Tiles,
    count,
    share,
)
from cca.dashboards.browser.numbers.reader import Asked, Row
from cca.dashboards.browser.numbers.write import Figure, axis_money, money, number, thousands
from cca.dashboards.browser.parts import short_model
from cca.gold.measures import sessions as measured
from cca.gold.measures.select import select
from cca.gold.measures.sessions import PROJECTED_USD

_MAX_BARS = 120
_WHERE = """
($since::date is null or m.block_start::date >= $since)
and ($until::date is null or m.block_start::date <= $until)
"""
_BLOCKS = f"""
select *, input_tokens + output_tokens + cache_write_5m_tokens + cache_write_1h_tokens
    + cache_read_tokens as tokens, {PROJECTED_USD} as projected_usd
from marts.agg_billing_blocks as m where {_WHERE}
order by m.block_start desc
"""
_TOTALS = select(
    [
        measured.BLOCKS, measured.MAX_BLOCK_USD, measured.MEDIAN_BLOCK_USD,
        measured.USD_PER_ACTIVE_HOUR,
    ],
    where=_WHERE,
)  # fmt: skip


def page(asked: Asked) -> list[Section]:
    rows = asked.rows(_BLOCKS)
    if not rows:
        return []
    zone = ZoneInfo(asked.gold.timezone)
    now = datetime.now(UTC)
    top = max(float(row["cost_usd"]) for row in rows)
    is_open = utc(rows[0]["block_end"]) > now
    return [
        *limits.running(asked, now),
        # Beside the real windows, so that one can be compared with the other.
        *([_open(rows[0], top, now)] if is_open else []),
        *limits.sections(asked, now),
        _tiles(asked.rows(_TOTALS)[0]),
        _chart(rows[:_MAX_BARS][::-1], zone),
        _table(rows, zone, top),
    ]


def _tiles(totals: Row) -> Tiles:
    rate = totals["usd_per_active_hour"]
    return Tiles(
        [
            Tile("5-hour windows", f"{totals['blocks']:,}", "all projects together"),
            Tile("Most expensive", money(totals["max_block_usd"])),
            Tile("Median cost", money(totals["median_block_usd"]),
                 hint=measured.MEDIAN_BLOCK_USD.description),
            Tile("Cost per active hour", "-" if rate is None else money(rate),
                 hint=measured.USD_PER_ACTIVE_HOUR.description),
        ]
    )  # fmt: skip


def _open(row: Row, top: float, now: datetime) -> Meter:
    """The block that is still open: spent until now, and at its end if the pace stays."""
    left = (utc(row["block_end"]) - now).total_seconds()
    rate = float(row["usd_per_hour"] or 0)
    spent = float(row["cost_usd"])
    # One message alone has no rate, so nothing more is expected.
    expected = spent if row["projected_usd"] is None else float(row["projected_usd"])
    hours, minutes = divmod(int(left // 60), 60)
    return Meter(
        "Current window, estimated",
        share(spent, max(top, expected)),
        share(expected, max(top, expected)),
        f"{money(spent)} spent, {hours} h {minutes} min left",
        f"{money(rate)} an hour; at this pace {money(expected)} in total",
        "warn" if expected > top else "good",
    )


def _chart(rows: tuple[Row, ...], zone: ZoneInfo) -> Bars:
    top = nice_top(max(float(row["cost_usd"]) for row in rows) or 1)
    bars = [
        Bar(
            _span(row, zone),
            [Slice("s1", round(100 * float(row["cost_usd"]) / top, 2))],
            _link(row, zone),
            [
                ("Cost", money(row["cost_usd"]), "s1"),
                ("Tokens", thousands(row["tokens"]), ""),
                ("Cost per hour", f"{money(row['usd_per_hour'])} an hour", ""),
            ],
        )
        for row in rows
    ]
    places = [utc(row["block_start"]).astimezone(zone).date() for row in rows]
    marks = scale(top, axis_money)
    return Bars("Cost of each estimated 5-hour window", bars, marks, ticks(places, "day"))


def _table(rows: tuple[Row, ...], zone: ZoneInfo, top: float) -> Table:
    return Table(
        "Estimated 5-hour windows",
        [Column("From", is_number=False), Column("Sessions"), Column("Responses"),
         Column("Tokens"), Column("Tokens a minute"), Column("Cost per hour"), Column("Cost")],
        [
            [
                Cell(_span(row, zone), _link(row, zone), share=share(float(row["cost_usd"]), top),
                     sub=_models(row["models"])),
                Cell(number(row["sessions"]), _link(row, zone)),
                Cell(number(row["api_messages"])),
                Cell(thousands(row["tokens"])),
                Cell(thousands(row["tokens_per_minute"])),
                Cell(money(row["usd_per_hour"])),
                Cell(money(row["cost_usd"]), _link(row, zone)),
            ]
            for row in rows[:BEHIND_ROWS]
        ],
        note=_note(len(rows)),
    )  # fmt: skip


def _note(number: int) -> str:
    about = "An estimate from the responses, counted across all projects and machines."
    rest = (
        f" The newest {BEHIND_ROWS} of {count(number, 'window')}." if number > BEHIND_ROWS else ""
    )
    return about + rest


def _models(names: str | None) -> str:
    return ", ".join(short_model(name) for name in str(names or "").split(", ") if name)


def _span(row: Row, zone: ZoneInfo) -> Figure:
    start, end = (utc(row[name]).astimezone(zone) for name in ("block_start", "block_end"))
    return Figure(f"{start:%a, %b %-d, %H:%M} to {end:%H:%M}", start)


def _link(row: Row, zone: ZoneInfo) -> str:
    """The block's first to its last message."""
    return hours_link(row["first_at"], row["last_at"], zone)
