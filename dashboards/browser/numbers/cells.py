"""What several Numbers pages show alike: projects and models by name, sessions, links to them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from cca.dashboards.browser.archive import session_title
from cca.dashboards.browser.numbers.parts import Cell, Column, count
from cca.dashboards.browser.numbers.reader import PROJECTS, Asked, Row
from cca.dashboards.browser.numbers.write import exact, money, number, thousands
from cca.dashboards.browser.parts import short_model
from cca.gold.measures import usage as measured
from cca.gold.measures.behaviour import FEW_CASES
from cca.transcript.projects import Project, labels_of

# The rows that a page holds of a table; a longer one says how many it leaves out.
BEHIND_ROWS = 300
SESSION = Column("Session", is_number=False, beside="Project")
# What a table of sessions shows of each, from the row of its session.
SESSION_LABELS = {
    "title": "l.title", "project_key": "l.project_key", "started_at": "l.started_at",
}  # fmt: skip

USAGE_COLUMNS = [
    Column("Responses", hint=measured.API_MESSAGES.description),
    Column("Output", hint=measured.OUTPUT_TOKENS.description),
    Column("Cost", hint=measured.COST_USD.description),
]


def project_labels(asked: Asked) -> dict[str, str]:
    """Key to name."""
    return labels_of(
        Project(str(row["project_key"]), str(row["project_id"]), row["project_path"])
        for row in asked.rows_of_all(PROJECTS)
    )


def model_names(models: Iterable[str]) -> dict[str, str]:
    """Models to short names; two that would share one keep their ids."""
    short = {model: short_model(model) for model in models}
    uses = Counter(short.values())
    return {model: name if uses[name] == 1 else model for model, name in short.items()}


def session_cell(row: Row, labels: dict[str, str], filled: float | None = None) -> Cell:
    """A session's title, which opens it."""
    title = session_title({"_id": row["session_id"], "title": row["title"]})
    label = labels.get(str(row["project_key"]), "")
    return Cell(title, session_link(row["session_id"]), title, filled, sub=label)


def place_cell(
    row: Row, entry: str | None, labels: dict[str, str], filled: float | None = None
) -> Cell:
    """A session's title, which opens it at an entry."""
    cell = session_cell(row, labels, filled)
    return (
        replace(cell, link=f"/sessions/{quote(row['session_id'], safe='')}/{quote(entry, safe='')}")
        if entry
        else cell
    )


def few_cases(cases: int, name: str) -> str:
    """The sentence that keeps a reader from concluding; nothing where there are enough cases."""
    if not cases or cases >= FEW_CASES:
        return ""
    return f"{count(cases, name)}: too few to conclude anything."


def part_of(rows: Sequence[Row], order: str, name: str) -> str:
    """The sentence of a table that does not hold all; each row has how many were `found`."""
    found = rows[0]["found"] if rows else 0
    return f"{order} {len(rows)} of {found:,} {name}. " if found > len(rows) else ""


def session_link(session_id: str) -> str:
    return "/?" + urlencode({"session": session_id})


def left_out(rows: int, name: str = "sessions") -> str:
    return f"The first {BEHIND_ROWS} of {rows:,} {name}. " if rows > BEHIND_ROWS else ""


def day_of(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d") if at else ""


def utc(at: Any) -> datetime:
    """Returns a time of gold with its zone, which is UTC."""
    moment: datetime = at
    return moment.replace(tzinfo=UTC)


def hours_link(first: Any, last: Any, zone: ZoneInfo) -> str:
    """Returns the link to what was said between two times of gold; the list knows hours."""
    since, until = (utc(at).astimezone(zone) for at in (first, last))
    return f"/?since={since:%Y-%m-%dT%H}&until={until:%Y-%m-%dT%H}"


def period_link(asked: Asked, first: date, last: date, **more: str) -> str:
    return asked.conversations(since=first.isoformat(), until=last.isoformat(), **more)


def way_to_compare(asked: Asked, against: str, rows: int) -> tuple[str, str]:
    """The way of a table to the page that sets its rows side by side, if there are several."""
    link = replace(asked.choice, by="", split="", unit="").link("compare", against=against)
    return ("Compare", link) if rows > 1 else ("", "")


def usage_figures(row: Row, link: str = "") -> list[Cell]:
    return [
        Cell(number(row["api_messages"]), link),
        Cell(thousands(row["output_tokens"]), link),
        Cell(money(row["cost_usd"]), link, exact(row["cost_usd"])),
    ]
