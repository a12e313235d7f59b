"""What Metabase's API is sent for questions and dashboards; values in, values out."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cca.dashboards.metabase.boards import GRID_COLUMNS, LINKS, VALUES, Board, Question
from cca.gold.measures import MEASURES

Json = dict[str, Any]

_DISPLAYS = {"number": "scalar", "heat": "table"}
_TITLES = {"day": "Date", "project": "Project", "model": "Model", "host": "Machine"}
_VALUE_TITLES = {"budget": "Budget (USD a month)"}
_WORDS = {
    "usd": "(USD)",
    "id": "id",
    "p50": "median",
    "p95": "95th percentile",
    "utc": "(UTC)",
    "mcp": "MCP",
    "host": "machine",
}
_SUFFIXES = {"_seconds": " s", "_minutes": " min", "_hours": " h", "_behind": " h"}
_HEAT = ("#FFFFFF", "#509EE3")
_MARK = re.compile(r"^Made by cca: (\S+) [0-9a-f]{12}$", re.MULTILINE)


@dataclass(frozen=True)
class Place:
    """Where a question lives: its database, its collection, and the browser its links open."""

    database_id: int
    collection_id: int
    browser_url: str
    values: dict[str, float]


def marked(about: str, key: str, payload: Json) -> str:
    """The description with the mark by which it is found again, and the digest of what was sent."""
    return f"{about.strip()}\n\nMade by cca: {key} {digest(payload)}"


def key_of(description: str | None) -> str | None:
    """The key in a description's mark, or None where it is not ours."""
    found = _MARK.search(description or "")
    return found[1] if found else None


def digest(payload: Json) -> str:
    """Short name of a payload: another one, another digest."""
    text = json.dumps(payload, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def card(
    question: Question, columns: Sequence[str], fields: Mapping[str, int], place: Place
) -> Json:
    """A question; `columns` are those of its answer, `fields` the ids of its filters' columns."""
    tags = {name: _tag(question, name, fields, place) for name in question.tags}
    return {
        "name": question.name,
        "type": "question",
        "display": _DISPLAYS.get(question.chart, question.chart),
        "dataset_query": {
            "type": "native",
            "database": place.database_id,
            "native": {"query": question.sql.strip(), "template-tags": tags},
        },
        "parameters": [
            {
                "id": tag["id"],
                "type": tag.get("widget-type", "number/="),
                "target": _target(name),
                "name": tag["display-name"],
                "slug": name,
            }
            for name, tag in tags.items()
        ],
        "visualization_settings": _drawing(question, columns, place.browser_url),
        "collection_id": place.collection_id,
    }


def dashboard(board: Board, card_ids: Mapping[str, int], place: Place) -> Json:
    """A dashboard with its cards laid out from left to right, row by row."""
    cards, column, row, tallest = [], 0, 0, 0
    for number, question in enumerate(board.questions, start=1):
        if column + question.width > GRID_COLUMNS:
            column, row, tallest = 0, row + tallest, 0
        cards.append(
            {
                # A negative id asks for a new place; old places go with the next update.
                "id": -number,
                "card_id": card_ids[question.key],
                "row": row,
                "col": column,
                "size_x": question.width,
                "size_y": question.height,
                "parameter_mappings": [
                    {
                        "parameter_id": name,
                        "card_id": card_ids[question.key],
                        "target": _target(name),
                    }
                    for name in question.tags
                ],
                "visualization_settings": {},
            }
        )
        column, tallest = column + question.width, max(tallest, question.height)
    return {
        "name": board.name,
        "collection_id": place.collection_id,
        "parameters": [_parameter(name, place) for name in board.filters],
        "dashcards": cards,
    }


def _parameter(name: str, place: Place) -> Json:
    if name in VALUES:
        kind: Json = {"type": "number/=", "sectionId": "number", "default": [place.values[name]]}
    elif name == "day":
        kind = {"type": "date/all-options", "sectionId": "date"}
    else:
        kind = {"type": "string/=", "sectionId": "string"}
    return {"id": name, "name": _title_of(name), "slug": name, **kind}


def _tag(question: Question, name: str, fields: Mapping[str, int], place: Place) -> Json:
    common = {"id": f"{question.key}-{name}", "name": name, "display-name": _title_of(name)}
    if name in VALUES:
        return {**common, "type": "number", "required": True, "default": str(place.values[name])}
    widget = "date/all-options" if name == "day" else "string/="
    return {
        **common,
        "type": "dimension",
        # The old form on purpose: the new one is refused when a question is made.
        "dimension": ["field", fields[name], None],
        "widget-type": widget,
    }


def _target(name: str) -> list[Any]:
    kind = "variable" if name in VALUES else "dimension"
    return [kind, ["template-tag", name]]


def _title_of(name: str) -> str:
    return {**_TITLES, **_VALUE_TITLES}[name]


def _drawing(question: Question, columns: Sequence[str], browser_url: str) -> Json:
    settings = {
        json.dumps(["name", name], separators=(",", ":")): {
            "column_title": title(name),
            **_format(name),
            **_link(question, name, browser_url),
        }
        for name in columns
    }
    shape = _SHAPES.get(question.chart, _graph)(question)
    return {**shape, **_hidden(question, columns), "column_settings": settings}


def _hidden(question: Question, columns: Sequence[str]) -> Json:
    """Leave out the ids that only links need: a link may use a column that is not shown."""
    if not question.links:
        return {}
    ids = {name for kind in question.links.values() for name in LINKS[kind].values()}
    shown = [{"name": name, "enabled": name not in ids} for name in columns]
    return {"table.columns": shown}


def title(column: str) -> str:
    """A column's name for people: a measure's label, else its words."""
    if column in MEASURES:
        return MEASURES[column].label
    first, *others = (_WORDS.get(word, word) for word in column.split("_"))
    # A unit that follows what it measures stands in brackets: "Budget (USD)", but "USD per hour".
    words = " ".join([first.strip("()"), *others])
    return words[:1].upper() + words[1:]


def _format(column: str) -> Json:
    unit = MEASURES[column].unit if column in MEASURES else None
    if unit == "share" or column.endswith(("_rate", "_share")):
        return {"number_style": "percent", "decimals": 1}
    if unit in {"USD", "USD an hour"} or column.endswith(("_usd", "usd_per_hour")):
        return {"number_style": "currency", "currency": "USD", "currency_style": "symbol"}
    if suffix := next((text for end, text in _SUFFIXES.items() if column.endswith(end)), ""):
        return {"decimals": 1, "suffix": suffix}
    return {"decimals": 1} if unit == "ratio" else {}


def _link(question: Question, column: str, browser_url: str) -> Json:
    if (kind := question.links.get(column)) is None:
        return {}
    query = "&".join(f"{name}={{{{{value}}}}}" for name, value in LINKS[kind].items())
    url = f"{browser_url}/?{query}"
    return {"view_as": "link", "link_text": f"{{{{{column}}}}}", "link_url": url}


def _graph(question: Question) -> Json:
    settings: Json = {
        "graph.dimensions": [question.x, *([question.by] if question.by else [])],
        "graph.metrics": list(question.y),
        "graph.x_axis.labels_enabled": False,
        "graph.y_axis.labels_enabled": False,
        # One unit, one axis: Metabase would put a line that hardly moves on an axis of its own.
        "graph.y_axis.auto_split": len({_unit(name) for name in question.y}) > 1,
    }
    if question.stacked:
        settings["stackable.stack_type"] = "stacked"
    if question.lines:
        settings["series_settings"] = {
            name: {"display": "line", "title": title(name), **_missing(name)}
            if name in question.lines
            else {"display": "bar", "title": title(name)}
            for name in question.y
        }
    elif not question.by:
        is_line = question.chart in {"line", "area"}
        settings["series_settings"] = {
            name: {"title": title(name), **(_missing(name) if is_line else {})}
            for name in question.y
        }
    elif question.chart in {"line", "area"}:
        # The names of the lines are values: what stands here is the default of each.
        settings |= _missing(question.y[0])
    return settings


def _missing(column: str) -> Json:
    """How a line passes a day without rows: nothing happened, so a sum is 0 and a rate unknown."""
    if (measure := MEASURES.get(column)) is None:
        return {}
    return {"line.missing": "zero" if measure.is_additive else "none"}


def _unit(column: str) -> str:
    return "USD" if column.endswith("_usd") else column.rpartition("_")[2]


def _pie(question: Question) -> Json:
    return {"pie.dimension": question.x, "pie.metric": question.y[0], "pie.show_total": True}


def _heat(_: Question) -> Json:
    hours = [f"{hour:02}" for hour in range(24)]
    shade = {
        "columns": hours,
        "type": "range",
        "colors": list(_HEAT),
        "min_type": "all",
        "max_type": "all",
        "min_value": 0,
        "max_value": 100,
    }
    return {"table.column_formatting": [shade]}


def _plain(_: Question) -> Json:
    return {}


_SHAPES = {"number": _plain, "table": _plain, "heat": _heat, "pie": _pie}
