"""Charts and maps of a Numbers page: values only, the template draws them."""

from dataclasses import dataclass, field

from cca.dashboards.browser.chart import Mark
from cca.dashboards.browser.numbers.squares import Box


@dataclass(frozen=True)
class Slice:
    colour: str
    height: float


@dataclass(frozen=True)
class Bar:
    """`tip` is what pointing at it tells: (name, value, colour or nothing)."""

    label: str
    slices: list[Slice]
    link: str = ""
    tip: list[tuple[str, str, str]] = field(default_factory=list)
    # Of the period that the chosen one is compared with.
    is_before: bool = False
    # What is written above it.
    total: str = ""


@dataclass(frozen=True)
class Segment:
    name: str
    link: str
    is_chosen: bool


@dataclass(frozen=True)
class Bars:
    """Stacked bars; with `line`, points of 0 to 100 drawn as a line instead."""

    title: str
    bars: list[Bar]
    lines: list[Mark]
    ticks: list[Mark]
    legend: list[tuple[str, str]] = field(default_factory=list)
    segments: list[list[Segment]] = field(default_factory=list)
    line: str = ""
    note: str = ""
    kind: str = "bars"


@dataclass(frozen=True)
class Point:
    """`x` and `y` are shares of 0 to 100 of the chart; a point of few cases is faded."""

    x: float
    y: float
    is_few: bool


@dataclass(frozen=True)
class Series:
    """`lines` are runs of neighbouring points as SVG writes them."""

    name: str
    colour: str
    points: list[Point]
    lines: list[str]


@dataclass(frozen=True)
class Change:
    """A time at which something changed: its place of 0 to 100, what is written there, and why.

    A label stands right of its place, or left of it where it is late; neighbours stand on levels.
    """

    x: float
    label: str
    hint: str
    is_late: bool = False
    level: int = 0


@dataclass(frozen=True)
class Lines:
    """Values over weeks; `bars` are the weeks, whose tips tell values and cases."""

    title: str
    series: list[Series]
    bars: list[Bar]
    lines: list[Mark]
    ticks: list[Mark]
    changes: list[Change]
    note: str = ""
    # What a value rests on, with how often that was right.
    rests_on: list[str] = field(default_factory=list)
    empty: str = ""


@dataclass(frozen=True)
class Charts:
    """Charts side by side with one legend."""

    title: str
    charts: list[Lines]
    legend: list[tuple[str, str]] = field(default_factory=list)
    segments: list[list[Segment]] = field(default_factory=list)
    note: str = ""
    kind: str = "charts"


@dataclass(frozen=True)
class Frame:
    """The place of a project in a treemap: shares of 0 to 100, on a wide page and on a phone."""

    colour: str
    wide: Box
    tall: Box


@dataclass(frozen=True)
class Area:
    """One area of a treemap; `head` is written in the first of a project, `label` tells all."""

    head: str
    name: str
    value: str
    colour: str
    link: str
    label: str
    tip: list[tuple[str, str, str]]
    wide: Box
    tall: Box


@dataclass(frozen=True)
class Heat:
    """Seven rows of 24 cells, each (share of the fullest 0 to 1, label, link)."""

    title: str
    rows: list[tuple[str, list[tuple[float, str, str]]]]
    segments: list[list[Segment]] = field(default_factory=list)
    note: str = ""
    kind: str = "heat"


@dataclass(frozen=True)
class Week:
    """Seven days from Monday, each (share of the fullest 0 to 1, label, link); None outside.

    `month` is written above the week in which a month begins.
    """

    month: str
    days: list[tuple[float, str, str] | None]


@dataclass(frozen=True)
class Calendar:
    """A year of days."""

    title: str
    weeks: list[Week]
    segments: list[list[Segment]] = field(default_factory=list)
    note: str = ""
    kind: str = "calendar"
