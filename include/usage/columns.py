"""The columns of a usage report as text, in several degrees of detail."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from rich.cells import set_cell_size
from rich.text import Text

from cca.gold.measures.behaviour import ASPECTS
from cca.terminal import printable
from cca.usage import behaviour
from cca.usage.findings import FINDINGS
from cca.usage.reports import Report, Value

Row = Mapping[str, Value]


@dataclass(frozen=True)
class Column:
    """Texts of a column, which is as wide as its widest; `is_text` ones can be cut, no number is.

    A heading has its parts in lines.
    """

    heading: str
    cells: tuple[Text, ...]
    total: Text
    is_text: bool = False

    @property
    def width(self) -> int:
        """The cells of a terminal that the whole column takes."""
        heading = max(map(len, self.heading.split("\n")))
        return max(heading, self.total.cell_len, *(cell.cell_len for cell in self.cells))


@dataclass(frozen=True)
class Detail:
    """How much of each figure is shown; a pipe gets everything, a terminal what fits."""

    is_whole: bool = False
    has_one_cache: bool = False
    is_short: bool = False


# From the widest to the narrowest.
WHOLE = Detail(is_whole=True)
ON_TERMINALS = (Detail(), Detail(has_one_cache=True), Detail(has_one_cache=True, is_short=True))
# Heading: the measures it adds up.
_Shown = dict[str, tuple[str, ...]]
_WRITTEN, _READ = ("cache_write_5m_tokens", "cache_write_1h_tokens"), ("cache_read_tokens",)
_MESSAGES: _Shown = {"messages": ("api_messages",)}
_TOKENS: _Shown = {"input": ("input_tokens",), "output": ("output_tokens",)}
_CACHES: _Shown = {"cache\nwrite": _WRITTEN, "cache\nread": _READ}
_ONE_CACHE: _Shown = {"cache": (*_WRITTEN, *_READ)}
_COST: _Shown = {"USD": ("cost_usd",)}
_SEARCHED: _Shown = {"USD with\nsearches": ("cost_usd_with_web_search",)}
_CALLS: _Shown = {
    "calls": ("calls",),
    "failed": ("failed",),
    "declined": ("rejected",),
    "open": ("pending",),
    "success %": ("success_rate",),
    "median s": ("p50_duration_ms",),
    "95%\nwithin s": ("p95_duration_ms",),
}
_BURN: _Shown = {
    "tokens/min": ("tokens_per_minute",),
    "USD/h": ("usd_per_hour",),
    "projected\nUSD": ("projected_usd",),
}
_LIMITS: _Shown = {
    "used %": ("used_percentage",),
    "expected %": ("expected_percentage",),
    "tokens": ("tokens",),
    "USD": ("cost_usd",),
    "tokens\nfor 1 %": ("tokens_per_percent",),
    "USD\nfor 1 %": ("usd_per_percent",),
}
# What a terminal shows of a row's dimensions, where not all of them: the others repeat it.
_NAMED_BY = {
    "project": ("project_key",),
    "pr": ("pull_request", "git_branch"),
    "session": ("session_id", "started_at", "title"),
    "blocks": ("block_start", "is_active"),
    "limits": ("limit_name", "window_start", "is_active"),
}
_OF_NAMES = re.compile("_(id|key|at)$")
# Narrow terminals go without these first, then without the last columns.
_FIRST_OUT = ("USD with\nsearches", "tokens/min", "declined", "messages", "input")
_LAST_OUT = ("USD",)
_SHORT_ID, _TO_THE_DAY, _TO_THE_MINUTE = 8, 10, 16
# From here on a number is shortened; its unit is a thousand times the one before.
_LONG_NUMBER, _THOUSAND, _SHORT_PLACES = 10_000, 1000, 3


def columns(report: Report, detail: Detail) -> list[Column]:
    """Return the names of the rows and what was measured of them."""
    made = [*_names(report, detail), *_figures(report, detail)]
    if detail.is_whole:
        # For `grep` a heading is one line.
        return [replace(each, heading=each.heading.replace("\n", " ")) for each in made]
    return made


def expendable(made: list[Column]) -> list[Column]:
    """Return the columns that a narrow terminal can go without, those first that say least."""
    figures = [each for each in made if not each.is_text and each.heading not in _LAST_OUT]
    first = [each for name in _FIRST_OUT for each in figures if each.heading == name]
    return [*first, *(each for each in reversed(figures) if each not in first)]


def _names(report: Report, detail: Detail) -> Iterable[Column]:
    names = report.dimensions if detail.is_whole else _NAMED_BY.get(report.kind, report.dimensions)
    for index, name in enumerate(names):
        texts = [_text(row[name]) for row in report.rows]
        if not detail.is_whole and (shortened := _shortened(report.kind, name)):
            texts = [shortened(text) for text in texts]
        heading = _OF_NAMES.sub("", name).replace("_", " ")
        total = Text("" if index or report.kind == "limits" else "total")
        yield Column(heading, tuple(map(Text, texts)), total, is_text=True)


def _shortened(kind: str, name: str) -> Callable[[str], str] | None:
    """How a terminal shows an id or a time; a session without a UUID is known by its path's end."""
    if kind == "session" and name == "session_id":
        return lambda text: set_cell_size(text.rstrip("/").rsplit("/", 1)[-1], _SHORT_ID).rstrip()
    if kind == "session" and name == "started_at":
        return lambda text: text[:_TO_THE_DAY]
    if name in {"block_start", "window_start"}:
        return lambda text: text[:_TO_THE_MINUTE].replace("T", " ")
    return None


def _figures(report: Report, detail: Detail) -> Iterable[Column]:
    if report.kind == "behaviour":
        for each in ASPECTS:
            cells = tuple(Text.from_markup(behaviour.cell(each, row)) for row in report.rows)
            whole = Text.from_markup(behaviour.cell(each, report.totals))
            yield Column(behaviour.HEADINGS[each.value.name], cells, whole)
        return
    for heading, names in _shown(report, detail).items():
        texts = (_sum(row, names, detail) for row in report.rows)
        total = "" if report.kind == "limits" else _sum(report.totals, names, detail)
        style = "bold" if heading == "USD" else ""
        yield Column(heading, tuple(Text(each, style) for each in texts), Text(total, style))


def _shown(report: Report, detail: Detail) -> _Shown:
    if report.kind == "tools":
        return _CALLS
    if report.kind == "limits":
        return _LIMITS
    if report.kind in FINDINGS:
        return {name: (measure,) for name, measure in FINDINGS[report.kind].headings.items()}
    if report.kind == "session" and not detail.is_whole:
        return _COST | _TOKENS | _ONE_CACHE
    caches = _ONE_CACHE if detail.has_one_cache else _CACHES
    shown = _MESSAGES | _TOKENS | caches | _COST
    if report.kind == "blocks":
        return shown | _BURN
    is_searched = report.totals["cost_usd"] != report.totals["cost_usd_with_web_search"]
    return shown | (_SEARCHED if is_searched else {})


def _sum(row: Row, names: tuple[str, ...], detail: Detail) -> str:
    name, value = names[0], row[names[0]]
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value:,.8f}" if detail.is_whole else _money(value)
        case float() if name.endswith("_rate"):
            return f"{100 * value:.1f}"
        case float() if name.endswith("_ms"):
            return f"{value / 1000:,.2f}"
        case float():
            return f"{value:,.2f}"
    added = sum(item for item in (row[key] for key in names) if isinstance(item, int))
    return _short(added) if detail.is_short else f"{added:,}"


def _money(value: Decimal) -> str:
    """Cents; what is less than half of one is not shown as nothing."""
    shown = f"{value:,.2f}"
    return "<0.01" if value > 0 and shown == "0.00" else shown


def _short(number: int) -> str:
    """Three places and a unit: 2.14M."""
    if number < _LONG_NUMBER:
        return f"{number:,}"
    value, unit = float(number), ""
    for unit in "KMBT":  # noqa: B007  (the unit it ends with)
        value /= _THOUSAND
        # 999.6 would be shown as 1000.
        if value < _THOUSAND - 0.5:
            break
    places = max(0, _SHORT_PLACES - len(str(int(value))))
    return f"{value:,.{places}f}{unit}"


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "open" if value else ""
    return "" if value is None else printable(str(value).replace("\n", " "))
