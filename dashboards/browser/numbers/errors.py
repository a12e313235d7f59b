"""Errors: which tools fail, how, how often, and where; declined calls are no errors."""

from cca.dashboards.browser.numbers.bars import colours_of, series_of, stacked
from cca.dashboards.browser.numbers.cells import (
    BEHIND_ROWS,
    SESSION,
    SESSION_LABELS,
    day_of,
    left_out,
    project_labels,
    session_cell,
)
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
from cca.dashboards.browser.numbers.reader import FILTERED, Asked, Row
from cca.dashboards.browser.numbers.write import number, percent, thousands
from cca.gold.measures import calls as measured
from cca.gold.measures.model import Measure
from cca.gold.measures.select import select

# In an address: declined calls of whatever tool, which are no errors.
_DECLINED = "declined"
DECLINED = f": {_DECLINED}"
# All errors there are; without a choice the page shows the conversations with most of them.
_ANY = "any error"
_API = "API"
# Names for people; the value in gold stays.
_SHOWN = {"file not read": "edited before reading the file"}
_RANKED = select([measured.ERRORS], ["error_class"], FILTERED, order="errors desc, error_class")
_TOTALS = select([measured.ERRORS, measured.API_ERRORS, measured.ERROR_SESSIONS], where=FILTERED)
_CALLS = select(
    [measured.TOOL_CALLS, measured.DECLINED_CALLS, measured.FAILURE_RATE], where=FILTERED
)


def page(asked: Asked) -> list[Section]:
    by_day = select([measured.ERRORS], ["day", "error_class"], FILTERED, order="day")
    days = asked.rows(by_day)
    if not days and not asked.rows(_CALLS)[0]["declined_calls"]:
        return []
    tool, _, kind = asked.choice.of.partition(": ")
    behind = _sessions(asked, tool, kind)
    if not days:
        return [_tiles(asked), behind]
    names = series_of((row["error_class"], float(row["errors"])) for row in days)
    ranked = [str(row["error_class"]) for row in asked.rows_of_all(_RANKED)]
    chart = stacked(
        "Errors",
        [(row["day"], row["error_class"], float(row["errors"])) for row in days],
        names,
        thousands,
        lambda first, last: _behind(asked, since=first.isoformat(), until=last.isoformat()),
        axis=asked.axis("errors"),
        shown=_SHOWN,
        colours=colours_of(names, ranked),
    )
    sections: list[Section] = [_tiles(asked), chart]
    return [*sections, _classes(asked), behind]


def _tiles(asked: Asked) -> Tiles:
    row, calls = asked.rows(_TOTALS)[0], asked.rows(_CALLS)[0]
    declined = calls["declined_calls"]
    behind = _behind(asked)
    # The rate beside it is of calls alone.
    of_api = f"incl. {count(row['api_errors'], 'API error')}" if row["api_errors"] else ""
    return Tiles(
        [
            Tile("Errors", f"{row['errors']:,}", of_api, behind, tone="bad"),
            Tile("Failure rate", percent(calls["failure_rate"], 1),
                 f"{calls['tool_calls']:,} calls", asked.choice.link("tools"),
                 hint=measured.FAILURE_RATE.description),
            Tile("Sessions with errors", f"{row['error_sessions']:,}", link=behind),
            Tile("API errors", f"{row['api_errors']:,}", "overload, limits, network",
                 _behind(asked, of=f"{_API}: ") if row["api_errors"] else ""),
            Tile("Declined by the user", f"{declined:,}", "not counted as errors",
                 _behind(asked, of=DECLINED) if declined else ""),
        ]
    )  # fmt: skip


def _classes(asked: Asked) -> Table:
    rows = asked.rows(
        select(
            [measured.ERRORS, measured.ERROR_SESSIONS], ["tool_name", "error_class"], FILTERED,
            also={"last_on": "max(m.day)"}, order="errors desc, tool_name, error_class",
            limit=BEHIND_ROWS,
        )
    )  # fmt: skip
    top = max(row["errors"] for row in rows)
    return Table(
        "What fails",
        [Column("Error", is_number=False, beside="Tool"), Column("Errors"), Column("Sessions"),
         Column("Last", is_number=False)],
        [
            [
                Cell(_SHOWN.get(row["error_class"], str(row["error_class"])), _link(asked, row), "",
                     share(row["errors"], top),
                     sub=row["tool_name"] or _API),
                Cell(number(row["errors"]), _link(asked, row)),
                Cell(number(row["error_sessions"]), _link(asked, row)),
                Cell(row["last_on"].isoformat() if row["last_on"] else ""),
            ]
            for row in rows
        ],
        note="Choose an error to see its sessions.",
    )  # fmt: skip


def _link(asked: Asked, row: Row) -> str:
    return _behind(asked, of=f"{row['tool_name'] or _API}: {row['error_class']}")


def _behind(asked: Asked, of: str = f": {_ANY}", **period: str) -> str:
    """The table of conversations, for the choice with these changes."""
    return asked.choice.link("errors", of=of, **period) + "#of"


def _failing(asked: Asked, tool: str, kind: str) -> tuple[Row, ...]:
    """Sessions by the number of their errors, of one tool and class where those are named."""
    where = f"""{FILTERED} and ($tool::varchar is null or coalesce(m.tool_name, '{_API}') = $tool)
        and ($kind::varchar is null or m.error_class = $kind)"""
    sql = _by_session(measured.ERRORS, where, "max(m.failed_at)")
    return asked.rows(sql, tool=tool or None, kind=kind or None)


def _declined(asked: Asked) -> tuple[Row, ...]:
    where = f"{FILTERED} and {measured.DECLINED}"
    sql = _by_session(measured.DECLINED_CALLS, where, "max(m.started_at)")
    return tuple(row | {"errors": row["declined_calls"]} for row in asked.rows(sql))


def _by_session(measure: Measure, where: str, last_at: str) -> str:
    return select(
        [measure], ["session_id"], where, also={"last_at": last_at}, labels=SESSION_LABELS,
        order=f"{measure.name} desc, last_at desc, session_id",
    )  # fmt: skip


def _sessions(asked: Asked, tool: str, kind: str) -> Table:
    is_most = not tool and not kind
    kind = "" if kind == _ANY else kind
    rows = _declined(asked) if kind == _DECLINED else _failing(asked, tool, kind)
    labels = project_labels(asked)
    top = max((row["errors"] for row in rows), default=0)
    about = f"Sessions with “{_SHOWN.get(kind, kind)}”" if kind else "Sessions with errors"
    about = "Sessions with most errors" if is_most else about
    about += f" of {'the API' if tool == _API else tool}" if tool else ""
    return Table(
        about,
        [
            SESSION,
            Column("Last", is_number=False),
            Column("Times" if kind else "Errors"),
        ],
        [
            [
                session_cell(row, labels, share(row["errors"], top)),
                Cell(day_of(row["last_at"])),
                Cell(number(row["errors"])),
            ]
            for row in rows[:BEHIND_ROWS]
        ],
        note=left_out(len(rows)),
        empty="No session has this error in this period.",
        anchor="of",
    )
