"""The plan's real limits beside the estimate: what is open, each window, and what 1 % was."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cca.dashboards.browser.chart import ticks
from cca.dashboards.browser.numbers.bars import SHARES
from cca.dashboards.browser.numbers.cells import BEHIND_ROWS, hours_link, utc
from cca.dashboards.browser.numbers.drawn import Bar, Bars, Slice
from cca.dashboards.browser.numbers.parts import (
    Cell,
    Column,
    Meter,
    Remark,
    Section,
    Table,
    Tile,
    Tiles,
)
from cca.dashboards.browser.numbers.reader import Asked, Row
from cca.dashboards.browser.numbers.write import NOTHING, Figure, money, number, percent, thousands
from cca.gold.measures import limits as measured
from cca.gold.measures.select import select
from cca.statusline.line import until

_MAX_BARS = 120
_NAMES = {"five_hour": "5-hour limit", "seven_day": "Weekly limit"}
_FULL = 100
_WHERE = """
($since::date is null or m.window_start::date >= $since)
and ($until::date is null or m.window_start::date <= $until)
"""
_WINDOWS = f"""
select *, {measured.EXPECTED_PERCENTAGE} as expected_percentage
from marts.agg_limit_windows as m where {_WHERE}
order by m.window_start desc, m.limit_name
"""
_TOTALS = select(
    [
        measured.LIMIT_WINDOWS, measured.FULL_LIMIT_WINDOWS, measured.PEAK_FIVE_HOUR_PERCENTAGE,
        measured.PEAK_SEVEN_DAY_PERCENTAGE, measured.USD_PER_FIVE_HOUR_PERCENT,
        measured.TOKENS_PER_FIVE_HOUR_PERCENT, measured.USD_PER_SEVEN_DAY_PERCENT,
        measured.TOKENS_PER_SEVEN_DAY_PERCENT,
    ],
    where=_WHERE,
)  # fmt: skip
_NOT_YET = (
    "The windows below are an estimate. `cca statusline --setup` prints the line that lets Claude "
    "Code show the plan's real limits, and cca record them."
)


def running(asked: Asked, now: datetime) -> list[Section]:
    """The windows that run; a remark how to get them where none was recorded."""
    rows = asked.rows(_WINDOWS)
    if not rows:
        return [Remark(_NOT_YET, tone="")]
    zone = ZoneInfo(asked.gold.timezone)
    return [_meter(row, now, zone) for row in rows if utc(row["resets_at"]) > now]


def sections(asked: Asked, now: datetime) -> list[Section]:
    """What was used of each window; nothing where none was recorded."""
    rows = asked.rows(_WINDOWS)
    if not rows:
        return []
    zone = ZoneInfo(asked.gold.timezone)
    return [
        _tiles(asked.rows(_TOTALS)[0]),
        *_charts(rows, zone),
        _table(rows, zone, now),
    ]


def _meter(row: Row, now: datetime, zone: ZoneInfo) -> Meter:
    """A window that is open: used until the last reading, and at its reset if the pace stays."""
    used, expected = float(row["used_percentage"]), _expected(row)
    resets_at = utc(row["resets_at"])
    pattern = "%H:%M" if row["limit_name"] == "five_hour" else "%a, %b %-d, %H:%M"
    read = f"read {utc(row['last_read_at']).astimezone(zone):%b %-d, %H:%M}"
    return Meter(
        _NAMES[row["limit_name"]],
        min(used, _FULL),
        min(expected, _FULL),
        f"{percent(used / _FULL)} used, resets in {until((resets_at - now).total_seconds())}",
        f"at this pace {_percent(expected)} at the reset, {resets_at.astimezone(zone):{pattern}};"
        f" {read}",
        "bad" if used >= _FULL else "warn" if expected >= _FULL else "good",
    )


def _expected(row: Row) -> float:
    """A window without any time gone has no pace."""
    found = row["expected_percentage"]
    return float(row["used_percentage"] if found is None else found)


def _percent(value: float) -> str:
    return percent(value / _FULL) if value <= _FULL else "more than 100 %"


def _tiles(totals: Row) -> Tiles:
    return Tiles(
        [
            Tile("Windows read", f"{totals['limit_windows']:,}",
                 f"{totals['full_limit_windows']:,} used up",
                 hint=measured.LIMIT_WINDOWS.description),
            Tile("Fullest 5-hour window", _peak(totals["peak_five_hour_percentage"]),
                 hint=measured.PEAK_FIVE_HOUR_PERCENTAGE.description),
            Tile("Fullest week", _peak(totals["peak_seven_day_percentage"]),
                 hint=measured.PEAK_SEVEN_DAY_PERCENTAGE.description),
            Tile("1 % of the 5-hour limit", _money(totals["usd_per_five_hour_percent"]),
                 f"{_tokens(totals['tokens_per_five_hour_percent'])} tokens",
                 hint=measured.USD_PER_FIVE_HOUR_PERCENT.description),
            Tile("1 % of the weekly limit", _money(totals["usd_per_seven_day_percent"]),
                 f"{_tokens(totals['tokens_per_seven_day_percent'])} tokens",
                 hint=measured.USD_PER_SEVEN_DAY_PERCENT.description),
        ]
    )  # fmt: skip


def _charts(rows: tuple[Row, ...], zone: ZoneInfo) -> list[Bars]:
    by_name = {name: [row for row in rows if row["limit_name"] == name] for name in _NAMES}
    return [
        _chart(f"{_NAMES[name]}: used of each window", found[:_MAX_BARS][::-1], zone)
        for name, found in by_name.items()
        if found
    ]


def _chart(title: str, rows: list[Row], zone: ZoneInfo) -> Bars:
    bars = [
        Bar(
            _span(row, zone),
            [Slice("s1", min(float(row["used_percentage"]), _FULL))],
            _link(row, zone),
            [
                ("Used", percent(float(row["used_percentage"]) / _FULL), "s1"),
                ("Cost", money(row["cost_usd"]), ""),
                ("1 %", _money(row["usd_per_percent"]), ""),
                ("1 %", f"{_tokens(row['tokens_per_percent'])} tokens", ""),
            ],
        )
        for row in rows
    ]
    places = [utc(row["window_start"]).astimezone(zone).date() for row in rows]
    return Bars(title, bars, SHARES, ticks(places, "day"))


def _table(rows: tuple[Row, ...], zone: ZoneInfo, now: datetime) -> Table:
    shown = f" The newest {BEHIND_ROWS} of {len(rows)} windows." if len(rows) > BEHIND_ROWS else ""
    return Table(
        "Windows of the plan's limits",
        [Column("Window", is_number=False), Column("Limit", is_number=False), Column("Used"),
         Column("Responses"), Column("Tokens"), Column("Cost"), Column("Tokens for 1 %"),
         Column("Cost for 1 %")],
        [
            [
                Cell(_span(row, zone), _link(row, zone),
                     share=min(float(row["used_percentage"]), _FULL),
                     sub="open" if utc(row["resets_at"]) > now else ""),
                Cell(_NAMES[row["limit_name"]]),
                Cell(percent(float(row["used_percentage"]) / _FULL)),
                Cell(number(row["api_messages"])),
                Cell(thousands(row["tokens"])),
                Cell(money(row["cost_usd"]), _link(row, zone)),
                Cell(_tokens(row["tokens_per_percent"])),
                Cell(_money(row["usd_per_percent"])),
            ]
            for row in rows[:BEHIND_ROWS]
        ],
        note="As Claude Code's status line showed them; tokens and cost are those of the archive "
        f"up to the last reading.{shown}",
    )  # fmt: skip


def _peak(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} %"


def _money(value: Any) -> Figure:
    return NOTHING if value is None else money(value)


def _tokens(value: Any) -> Figure:
    return NOTHING if value is None else thousands(value)


def _span(row: Row, zone: ZoneInfo) -> Figure:
    start, end = (utc(row[name]).astimezone(zone) for name in ("window_start", "resets_at"))
    pattern = "%H:%M" if row["limit_name"] == "five_hour" else "%a, %b %-d, %H:%M"
    return Figure(f"{start:%a, %b %-d, %H:%M} to {end:{pattern}}", start)


def _link(row: Row, zone: ZoneInfo) -> str:
    """The conversations from the window's beginning to the last reading."""
    return hours_link(row["window_start"], row["last_read_at"], zone)
