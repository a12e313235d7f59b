"""Where the cost went: projects, each with its models or sessions, as areas and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cca.dashboards.browser.archive import session_title
from cca.dashboards.browser.numbers.bars import COLOURS, REST, colours_of
from cca.dashboards.browser.numbers.cells import (
    BEHIND_ROWS,
    USAGE_COLUMNS,
    left_out,
    model_names,
    session_link,
    usage_figures,
)
from cca.dashboards.browser.numbers.choice import WITHIN
from cca.dashboards.browser.numbers.drawn import Area, Frame, Segment
from cca.dashboards.browser.numbers.parts import Cell, Column, Table, Treemap, count, share
from cca.dashboards.browser.numbers.reader import Asked, Row
from cca.dashboards.browser.numbers.spending import SUMS, WHERE, grouped
from cca.dashboards.browser.numbers.squares import Box, squarified
from cca.dashboards.browser.numbers.write import money, number, percent
from cca.gold.measures.select import select

# What a treemap is laid out for: on a wide page, and on a phone.
_WIDE, _TALL = Box(0, 0, 340, 100), Box(0, 0, 90, 100)
# A smaller part of the whole can be neither read nor pointed at.
_LEAST = 0.002
_MOST = 40
_ORDER = "cost_usd desc, project_key"
_BY = {
    "": select(SUMS, ["project_key", "model"], WHERE, order=f"{_ORDER}, model"),
    "session": select(
        SUMS, ["session_id", "project_key"], WHERE,
        labels={"title": "l.title"}, order=f"{_ORDER}, session_id",
    ),
}  # fmt: skip
_NOTES = {
    "": "An area is a cost. Choose one to see that model of the project alone.",
    "session": "An area is a cost. Choose one to open the session.",
}


@dataclass(frozen=True)
class _Part:
    """What one area stands for."""

    name: str
    link: str
    usd: float
    responses: int


class _Group(NamedTuple):
    """A project with its parts, the largest first."""

    name: str
    colour: str
    parts: list[_Part]

    @property
    def usd(self) -> float:
        return sum(part.usd for part in self.parts)


def treemap(asked: Asked, labels: dict[str, str]) -> Treemap:
    rows = asked.rows(_BY[asked.choice.within_project])
    names = _names(asked, rows)
    of_project: dict[str, list[_Part]] = {}
    for row, name in zip(rows, names, strict=True):
        part = _Part(name, _link(asked, row), float(row["cost_usd"]), row["api_messages"])
        if part.usd > 0:
            of_project.setdefault(str(row["project_key"]), []).append(part)
    return Treemap(
        "Where the cost went",
        *_drawn(asked, of_project, labels),
        _table(asked, rows, names, labels),
        [[
            Segment(f"by {name}", asked.choice.link("usage", within_project=value),
                    value == asked.choice.within_project)
            for value, name in WITHIN.items()
        ]],
        _NOTES[asked.choice.within_project],
    )  # fmt: skip


def _names(asked: Asked, rows: Sequence[Row]) -> list[str]:
    if asked.choice.within_project:
        return [session_title({"_id": row["session_id"], "title": row["title"]}) for row in rows]
    shown = model_names({str(row["model"]) for row in rows})
    return [shown[row["model"]] for row in rows]


def _link(asked: Asked, row: Row) -> str:
    if asked.choice.within_project:
        return session_link(row["session_id"])
    one = {"project": str(row["project_key"]), "model": str(row["model"])}
    if asked.choice.project and asked.choice.model:
        return asked.conversations(**one)
    return asked.choice.link("usage", **one)


def _drawn(
    asked: Asked, of_project: dict[str, list[_Part]], labels: dict[str, str]
) -> tuple[list[Frame], list[Area]]:
    """The frames of the projects, and the areas in them; nothing where nothing cost anything."""
    sums = {key: sum(part.usd for part in parts) for key, parts in of_project.items()}
    whole = sum(sums.values())
    ranked = sorted(sums, key=lambda key: -sums[key])
    shown, others = ranked[: len(COLOURS)], ranked[len(COLOURS) :]
    known = [str(row["project_key"]) for row in asked.rows_of_all(grouped("project"))]
    groups = [
        _Group(labels.get(key, key), colour, _merged(asked, key, of_project[key], whole))
        for key, colour in zip(shown, colours_of(shown, known), strict=True)
    ]
    if others:
        name = count(len(others), "other project")
        rest = _together(name, "", [part for key in others for part in of_project[key]])
        groups.append(_Group(name, REST, [rest]))
        groups.sort(key=lambda group: -group.usd)
    return _placed(groups, whole)


def _placed(groups: Sequence[_Group], whole: float) -> tuple[list[Frame], list[Area]]:
    """Each project in its frame, on a wide page and on a phone."""
    sums = [group.usd for group in groups]
    boxes = zip(groups, squarified(sums, _WIDE), squarified(sums, _TALL), strict=True)
    frames: list[Frame] = []
    areas: list[Area] = []
    for group, wide, tall in boxes:
        frames.append(Frame(group.colour, _percents(wide, _WIDE), _percents(tall, _TALL)))
        usd = [part.usd for part in group.parts]
        inner = zip(squarified(usd, wide), squarified(usd, tall), strict=True)
        areas += [
            _area(group, place, whole, _percents(one, _WIDE), _percents(other, _TALL))
            for place, (one, other) in enumerate(inner)
        ]
    return frames, areas


def _merged(asked: Asked, key: str, parts: list[_Part], whole: float) -> list[_Part]:
    """The parts of a project by cost; those too small to be seen as one."""
    kept = [part for part in parts[:_MOST] if part.usd >= _LEAST * whole]
    small = parts[len(kept) :]
    if len(small) < 2:  # noqa: PLR2004  (one alone is itself)
        return parts
    rest = _together(f"{len(small):,} smaller", asked.choice.link("usage", project=key), small)
    return sorted([*kept, rest], key=lambda part: -part.usd)


def _together(name: str, link: str, parts: Sequence[_Part]) -> _Part:
    usd, responses = sum(part.usd for part in parts), sum(part.responses for part in parts)
    return _Part(name, link, usd, responses)


def _area(group: _Group, place: int, whole: float, wide: Box, tall: Box) -> Area:
    """One part; the first and largest of a project bears the project's name and cost too."""
    part = group.parts[place]
    name = part.name if part.name != group.name else ""
    tip: list[tuple[str, str, str]] = [
        ("Cost", money(part.usd), ""), ("Share", percent(part.usd / whole), ""),
        ("Responses", number(part.responses), ""),
    ]  # fmt: skip
    label = ": ".join(filter(None, (group.name, name)))
    head = "" if place else f"{group.name} {money(group.usd)}" if name else group.name
    return Area(head, name, money(part.usd), group.colour, part.link, label, tip, wide, tall)


def _percents(box: Box, whole: Box) -> Box:
    """A place as shares of 0 to 100 of the whole."""
    return Box(
        *(
            round(100 * value / side, 3)
            for value, side in zip(box, (whole.width, whole.height) * 2, strict=True)
        )
    )


def _table(
    asked: Asked, rows: Sequence[Row], names: Sequence[str], labels: dict[str, str]
) -> Table:
    is_session = bool(asked.choice.within_project)
    top = max((float(row["cost_usd"]) for row in rows), default=0)
    whole = sum(float(row["cost_usd"]) for row in rows)
    second = "Session" if is_session else "Model"
    return Table(
        f"Projects and {second.lower()}s",
        [Column(second, is_number=False, beside="Project"), Column("Share"), *USAGE_COLUMNS],
        [
            [
                Cell(name, _link(asked, row), "", share(float(row["cost_usd"]), top),
                     sub=labels.get(str(row["project_key"]), str(row["project_key"]))),
                Cell(percent(float(row["cost_usd"]) / whole if whole else None)),
                *usage_figures(row),
            ]
            for row, name in list(zip(rows, names, strict=True))[:BEHIND_ROWS]
        ],
        note=left_out(len(rows), "rows"),
    )  # fmt: skip
