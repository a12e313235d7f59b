"""Causes: what responses were written for, what that cost, and the sessions behind each cause."""

from cca.dashboards.browser.numbers.bars import COLOURS, REST, series_of, stacked
from cca.dashboards.browser.numbers.cells import (
    BEHIND_ROWS,
    SESSION,
    SESSION_LABELS,
    day_of,
    left_out,
    period_link,
    project_labels,
    session_cell,
)
from cca.dashboards.browser.numbers.drawn import Bars, Segment
from cca.dashboards.browser.numbers.parts import (
    Cell,
    Choices,
    Column,
    Section,
    Table,
    Tile,
    Tiles,
    count,
    share,
)
from cca.dashboards.browser.numbers.reader import ANSWERED, Asked, Row
from cca.dashboards.browser.numbers.write import exact, money, number, percent, thousands
from cca.gold.measures import causes as measured
from cca.gold.measures import usage
from cca.gold.measures.causes import BY_KIND, CAUSES, NONE, Cause
from cca.gold.measures.dimensions import DIMENSIONS
from cca.gold.measures.model import Measure
from cca.gold.measures.select import select

_WHERE = ANSWERED
_MEASURES = (
    usage.API_MESSAGES, usage.ANSWERED_SESSIONS, measured.CAUSING_PROMPTS, usage.TOKENS,
    usage.COST_USD,
)  # fmt: skip
_COLUMNS: dict[str, Measure] = {
    "Responses": usage.API_MESSAGES, "Sessions": usage.ANSWERED_SESSIONS,
    "Prompts": measured.CAUSING_PROMPTS, "Tokens": usage.TOKENS, "Cost": usage.COST_USD,
}  # fmt: skip
_PULL_REQUESTS = "select pull_request, pull_request_url, git_branch from marts.fct_pull_requests"
_GUESSED = {
    "category": "What a prompt asks for is guessed from its words.",
    "pull_request": (
        "A response belongs to the pull request that was opened from its branch; on the main "
        "branch to the next one that its session opens."
    ),
}


def page(asked: Asked) -> list[Section]:
    cause = BY_KIND[asked.choice.cause or CAUSES[0].kind]
    totals = asked.rows(select([*_MEASURES, usage.SUBAGENT_COST_USD], where=_WHERE))[0]
    if not totals["api_messages"]:
        return []
    rows = asked.rows(select(_MEASURES, [cause.kind], _WHERE, order=f"cost_usd desc, {cause.kind}"))
    sections: list[Section] = [
        _choices(asked, cause), _tiles(asked, cause, totals, rows), _by_day(asked, cause),
        _table(asked, cause, rows),
    ]  # fmt: skip
    return [*sections, _behind(asked, cause)] if asked.choice.of else sections


def _choices(asked: Asked, cause: Cause) -> Choices:
    return Choices(
        "Cost by",
        [
            Segment(each.label, asked.choice.link("causes", cause=each.kind, of=""), each == cause)
            for each in CAUSES
        ],
    )


def _tiles(asked: Asked, cause: Cause, totals: Row, rows: tuple[Row, ...]) -> Tiles:
    cost = totals["cost_usd"]
    named = [row for row in rows if row[cause.kind] != NONE]
    known = sum(row["cost_usd"] for row in named)
    prompts = totals["causing_prompts"]
    of_all = percent(float(known / cost)) if cost else "-"
    per_prompt = money(cost / prompts) if prompts else "-"
    of_prompts = count(prompts, "prompt with a response", "prompts with a response")
    return Tiles(
        [
            Tile("Cost", money(cost), count(totals["api_messages"], "response"),
                 asked.conversations(), usage.COST_USD.description,
                 exact=exact(totals["cost_usd"])),
            Tile(f"With a {_lower(cause)}", money(known),
                 f"{of_all} of the cost, {len(named):,} different"),
            Tile("Cost per prompt", per_prompt, f"of {of_prompts}",
                 hint=measured.COST_PER_PROMPT_USD.description),
            Tile("Subagents", money(totals["subagent_cost_usd"]),
                 "count for the prompt that started them",
                 hint=usage.SUBAGENT_COST_USD.description),
        ]
    )  # fmt: skip


def _lower(cause: Cause) -> str:
    """The label within a sentence; names such as MCP and Claude Code keep their capitals."""
    first, *rest = cause.label.split(" ")
    return cause.label if first in {"MCP", "Claude"} else " ".join([first.lower(), *rest])


def _by_day(asked: Asked, cause: Cause) -> Bars:
    rows = asked.rows(select([usage.COST_USD], ["day", cause.kind], _WHERE, order="day"))
    names = series_of((row[cause.kind], float(row["cost_usd"])) for row in rows)
    own = iter(COLOURS)
    return stacked(
        "Cost",
        [(row["day"], row[cause.kind], float(row["cost_usd"])) for row in rows],
        names,
        money,
        lambda first, last: period_link(asked, first, last),
        axis=asked.axis("causes"),
        # What has no cause of the kind stands back behind what has.
        colours=[REST if name == NONE else next(own) for name in names],
    )


def _table(asked: Asked, cause: Cause, rows: tuple[Row, ...]) -> Table:
    top = max((float(row["cost_usd"]) for row in rows), default=0)
    whole = sum(row["cost_usd"] for row in rows)
    pull_requests = _pull_requests(asked) if cause.kind == "pull_request" else {}
    note = left_out(len(rows), "causes, the most expensive")
    return Table(
        f"By {_lower(cause)}",
        [
            Column(cause.label, is_number=False, beside="Branch"),
            *_columns("Responses", "Sessions", "Prompts", "Tokens"),
            Column("Share"),
            *_columns("Cost"),
        ],
        [
            [
                _name(asked, cause, row, share(float(row["cost_usd"]), top), pull_requests),
                Cell(number(row["api_messages"])),
                Cell(number(row["answered_sessions"]), _sessions(asked, cause, row)),
                Cell(number(row["causing_prompts"])),
                Cell(thousands(row["tokens"])),
                Cell(percent(float(row["cost_usd"] / whole)) if whole else "-"),
                Cell(money(row["cost_usd"]), hint=exact(row["cost_usd"])),
            ]
            for row in rows[:BEHIND_ROWS]
        ],
        note=note + _GUESSED.get(cause.kind, ""),
    )


def _columns(*names: str) -> list[Column]:
    return [Column(name, hint=_COLUMNS[name].description) for name in names]


def _name(
    asked: Asked, cause: Cause, row: Row, filled: float, pull_requests: dict[str, Row]
) -> Cell:
    name = str(row[cause.kind])
    opened = pull_requests.get(name)
    branch = str(opened["git_branch"] or "") if opened else ""
    return Cell(name, _sessions(asked, cause, row), "Shows its sessions", filled, sub=branch)


def _sessions(asked: Asked, cause: Cause, row: Row) -> str:
    return asked.choice.link("causes", of=str(row[cause.kind])) + "#of"


def _pull_requests(asked: Asked) -> dict[str, Row]:
    return {row["pull_request"]: row for row in asked.rows_of_all(_PULL_REQUESTS)}


def _behind(asked: Asked, cause: Cause) -> Table:
    """The sessions of the cause that `of` in the address names."""
    name = asked.choice.of
    where = f"{_WHERE} and {DIMENSIONS[cause.kind].expression} = $of"
    rows = asked.rows(
        select(
            _MEASURES, ["session_id"], where, labels=SESSION_LABELS,
            order="cost_usd desc, session_id",
        ),
        of=name,
    )  # fmt: skip
    labels = project_labels(asked)
    top = max((float(row["cost_usd"]) for row in rows), default=0)
    return Table(
        f"{count(len(rows), 'session')} with {_lower(cause)} {name}",
        [SESSION, Column("Started", is_number=False),
         *_columns("Responses", "Prompts", "Tokens", "Cost")],
        [
            [
                session_cell(row, labels, share(float(row["cost_usd"]), top)),
                Cell(day_of(row["started_at"])),
                Cell(number(row["api_messages"])),
                Cell(number(row["causing_prompts"])),
                Cell(thousands(row["tokens"])),
                Cell(money(row["cost_usd"]), hint=exact(row["cost_usd"])),
            ]
            for row in rows[:BEHIND_ROWS]
        ],
        note=left_out(len(rows)),
        address=_address(asked, cause),
        empty="No session has it in this period.",
        anchor="of",
    )  # fmt: skip


def _address(asked: Asked, cause: Cause) -> str:
    """The pull request at its host; extraction takes no other address than one of http."""
    opened = _pull_requests(asked).get(asked.choice.of) if cause.kind == "pull_request" else None
    return str(opened["pull_request_url"] or "") if opened else ""
