"""What a Numbers page is made of: tiles, charts, tables; values only, the template draws them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from cca.dashboards.browser.numbers.drawn import Area, Bars, Calendar, Charts, Frame, Heat, Segment
from cca.dashboards.browser.numbers.write import Figure, Value

# Of a longer table a page shows these at first.
SHOWN_ROWS = 12


@dataclass(frozen=True)
class Tile:
    """tone: empty, good, warn or bad; `hint` explains it, `exact` has all its places.

    `change` is how it stands to the period before: "▲ 12 %".
    """

    name: str
    value: str
    remark: str = ""
    link: str = ""
    hint: str = ""
    tone: str = ""
    change: str = ""
    exact: str = ""


@dataclass(frozen=True)
class Tiles:
    tiles: list[Tile]
    kind: str = "tiles"


@dataclass(frozen=True)
class Caption:
    """What the figures below are of; `way` is a name and an address that may suit better."""

    title: str
    text: str
    way: tuple[str, str] = ("", "")
    kind: str = "caption"


@dataclass(frozen=True)
class Choices:
    """What the sections below can be split by, in as many lines as it takes."""

    title: str
    segments: list[Segment]
    kind: str = "choices"


@dataclass(frozen=True)
class Cell:
    """`share` of 0 to 100 is drawn behind; tone as of a tile; `about` and `why` explain.

    A table sorts by the value of a `Figure`, and by the text of anything else.
    """

    text: str
    link: str = ""
    hint: str = ""
    share: float | None = None
    tone: str = ""
    sub: str = ""
    about: str = ""
    why: str = ""

    @property
    def value(self) -> Value | str:
        return self.text.value if isinstance(self.text, Figure) else self.text

    @property
    def order(self) -> str:
        """What a script sorts by; empty where that is the text."""
        if not isinstance(self.text, Figure):
            return ""
        return "-" if self.value is None else str(self.value)


@dataclass(frozen=True)
class Column:
    """`beside` names what stands beside the text of its cells: the project of a session.

    `colour` is that of its line in a chart, `link` what its name leads to, `about` stands below it.
    A file has a column for each of `units`.
    """

    name: str
    is_number: bool = True
    hint: str = ""
    beside: str = ""
    colour: str = ""
    link: str = ""
    about: str = ""
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """The first column takes the room that is left; `address` is a link below the rows.

    A page shows the first `shown` rows until all are asked for.
    """

    title: str
    columns: list[Column]
    rows: list[list[Cell]]
    note: str = ""
    # How often the heuristics behind it were right.
    rests_on: list[str] = field(default_factory=list)
    empty: str = ""
    anchor: str = ""
    address: str = ""
    shown: int = SHOWN_ROWS
    # What else the rows lead to: a name and its address.
    way: tuple[str, str] = ("", "")
    # Rows of unlike things have no order but their own.
    is_sorted: bool = True
    kind: str = "table"

    @property
    def name(self) -> str:
        """What an address calls it."""
        return self.anchor or re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


@dataclass(frozen=True)
class Picks:
    """Menus of what is compared: (name of the parameter, chosen value, colour) each.

    `options` are (value, name); `address` is that of the page as it is.
    """

    title: str
    address: str
    menus: list[tuple[str, str, str]]
    options: list[tuple[str, str]]
    kind: str = "picks"

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the address says besides, which a choice keeps."""
        own = {name for name, _, _ in self.menus}
        return [each for each in parse_qsl(urlsplit(self.address).query) if each[0] not in own]


@dataclass(frozen=True)
class Meter:
    """Something used up: `spent` and `expected` are shares of 0 to 100 and beyond."""

    title: str
    spent: float
    expected: float
    text: str
    remark: str
    tone: str = ""
    kind: str = "meter"


@dataclass(frozen=True)
class Remark:
    text: str
    tone: str = "warn"
    link: str = ""
    kind: str = "remark"


@dataclass(frozen=True)
class LogSession:
    """What was asked in one session."""

    title: str
    link: str
    prompts: list[str]


@dataclass(frozen=True)
class LogEntry:
    """The work in one project: `files` are (path, added, removed), `commits` (hash, text, link)."""

    project: str
    link: str
    facts: str
    sessions: list[LogSession]
    files: list[tuple[str, int, int]]
    more_files: str
    commits: list[tuple[str, str, str]]
    pull_requests: list[str]
    failures: str


@dataclass(frozen=True)
class Log:
    """The work of a day or a week."""

    title: str
    summary: str
    entries: list[LogEntry]
    segments: list[list[Segment]] = field(default_factory=list)
    kind: str = "log"


@dataclass(frozen=True)
class Pair:
    """Two sections side by side where there is room."""

    left: Table
    right: Table
    kind: str = "pair"


@dataclass(frozen=True)
class Treemap:
    """Areas in the frames of their projects, and the same figures as a table."""

    title: str
    frames: list[Frame]
    areas: list[Area]
    table: Table
    segments: list[list[Segment]] = field(default_factory=list)
    note: str = ""
    kind: str = "treemap"


Section = (
    Tiles
    | Caption
    | Choices
    | Picks
    | Bars
    | Charts
    | Heat
    | Calendar
    | Table
    | Meter
    | Remark
    | Log
    | Pair
    | Treemap
)


def tables_of(sections: Iterable[Section]) -> Iterator[Table]:
    """All tables of a page, those side by side or behind a map too."""
    for each in sections:
        if isinstance(each, Table):
            yield each
        elif isinstance(each, Treemap):
            yield each.table
        elif isinstance(each, Pair):
            yield from (each.left, each.right)


def share(value: float, top: float) -> float:
    return round(100 * value / top, 1) if top > 0 else 0.0


def count(number: int, one: str, many: str = "") -> str:
    """1 session, 2 sessions."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
