"""Dashboards and their questions as `boards/*.yaml` says them, checked before anything is sent."""

import re
from collections import Counter
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from cca.errors import SettingError
from cca.gold.measures import MEASURES
from cca.gold.measures.dimensions import DIMENSIONS

BOARDS_DIR = Path(__file__).parent / "boards"
GRID_COLUMNS = 24

# Filter of a dashboard: the column it narrows in each question's table.
FIELDS = {"day": "day", "project": "project_key", "model": "model", "host": "host"}
# Filters that are a value in the SQL, with what they begin with.
VALUES = {"budget": 200.0}
# What a text may open: columns of the answer by the browser's query parameters.
LINKS = {
    "session": {"session": "session_id"},
    "project": {"project": "project_key"},
    "place": {"session": "session_id", "m": "entry"},
}

_TAG = re.compile(r"\{\{\s*(\w+)\s*\}\}")
# {{ measure.cost_usd }} is the measure's SQL, {{ population.changes }} the rows it counts, and
# {{ dimension.branch }} what a measure is split by.
_MEASURE = re.compile(r"\{\{\s*(measure|population|dimension)\.(\w+)\s*\}\}")

Chart = Literal["number", "line", "bar", "area", "combo", "row", "pie", "table", "heat"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Question(_Strict):
    """One question: its SQL and how it is drawn."""

    key: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str = Field(min_length=1)
    about: str = Field(min_length=1)
    chart: Chart
    sql: str
    size: str = Field(pattern=r"^\d+x\d+$")
    # The mart whose columns the dashboard's filters narrow.
    table: str = ""
    x: str = ""
    y: tuple[str, ...] = ()
    by: str = ""
    lines: tuple[str, ...] = ()
    stacked: bool = False
    # Column: what its text opens in the browser.
    links: dict[str, Literal["session", "project", "place"]] = {}
    # Why it may have no rows; without a reason, no rows is a fault.
    may_be_empty: str = ""

    @property
    def width(self) -> int:
        return int(self.size.split("x")[0])

    @property
    def height(self) -> int:
        return int(self.size.split("x")[1])

    @property
    def tags(self) -> tuple[str, ...]:
        """Names of the filters its SQL uses, in their order."""
        return tuple(dict.fromkeys(_TAG.findall(self.sql)))

    @property
    def filter_columns(self) -> dict[str, str]:
        """The column of `table` that each filter narrows."""
        return {name: FIELDS[name] for name in self.tags if name in FIELDS}

    @field_validator("sql")
    @classmethod
    def _filled(cls, sql: str) -> str:
        """The SQL with the definitions of its measures, which stand in no board."""
        return _MEASURE.sub(lambda found: _definition(found[1], found[2], sql), sql)

    @model_validator(mode="after")
    def _whole(self) -> "Question":
        if unknown := set(self.tags) - set(FIELDS) - set(VALUES):
            raise ValueError(f"unknown filter {sorted(unknown)}; there are {[*FIELDS, *VALUES]}")
        if set(self.tags) & set(FIELDS) and not self.table:
            raise ValueError("its SQL has filters, so `table` must name the mart they narrow")
        if self.chart not in {"number", "table", "heat"} and not (self.x and self.y):
            raise ValueError(f"a {self.chart} chart needs x and y")
        if not 0 < self.width <= GRID_COLUMNS:
            raise ValueError(f"size {self.size}: a dashboard is {GRID_COLUMNS} columns wide")
        return self


class Board(_Strict):
    """One dashboard: its questions in reading order and the filters above them."""

    key: str
    name: str = Field(min_length=1)
    about: str = Field(min_length=1)
    filters: tuple[str, ...]
    questions: tuple[Question, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> "Board":
        twice = [key for key, n in Counter(each.key for each in self.questions).items() if n > 1]
        if twice:
            raise ValueError(f"two questions have the key {twice[0]!r}")
        used = {tag for each in self.questions for tag in each.tags}
        if used != set(self.filters):
            raise ValueError(f"filters {sorted(self.filters)}, but questions use {sorted(used)}")
        return self


def _definition(part: str, name: str, sql: str) -> str:
    if part == "dimension":
        if name not in DIMENSIONS:
            raise ValueError(f"no dimension is named {name!r}; docs/measures.md lists them")
        return DIMENSIONS[name].expression
    measure = MEASURES.get(name)
    if measure is None:
        raise ValueError(f"no measure is named {name!r}; docs/measures.md lists them")
    if f"marts.{measure.table}" not in sql:
        raise ValueError(
            f"{name} is a measure of marts.{measure.table}, which its SQL does not read"
        )
    return measure.expression if part == "measure" else f"({measure.population or 'true'})"


def load_boards(folder: Path = BOARDS_DIR) -> tuple[Board, ...]:
    """Every dashboard; a mistake raises SettingError with its file and place."""
    return tuple(_board(path) for path in sorted(folder.glob("*.yaml")))


def _board(path: Path) -> Board:
    try:
        given: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Board.model_validate({"key": path.stem, **given})
    except (yaml.YAMLError, TypeError) as error:
        raise SettingError(f"{path}: no YAML mapping: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(_named(part, given) for part in first["loc"])
        raise SettingError(f"{path}: {place or 'dashboard'}: {first['msg']}") from error


def _named(part: int | str, given: Any) -> str:
    """A question is named by its key, not by its number."""
    if isinstance(part, int):
        question = given["questions"][part]
        return str(question.get("key", part)) if isinstance(question, dict) else str(part)
    return part
