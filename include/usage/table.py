"""A usage report as a table that people can read, however narrow their terminal is."""

from rich import box
from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cca.terminal import new_console
from cca.usage.columns import ON_TERMINALS, WHOLE, Column, columns, expendable
from cca.usage.reports import Report

# Between two columns.
_GAP = 2
# So many cells of a text are kept, whatever else there is to show.
_LEAST_TEXT = 18
_CUT = "…"


def print_table(report: Report, console: Console | None = None) -> tuple[str, ...]:
    """Print the rows with a line of totals; return the headings that found no room.

    A pipe gets every column and every digit. A terminal gets what fits: cents, then one column for
    the cache, then large numbers in short, then fewer columns. Only texts are cut.
    """
    console = console or new_console()
    if report.kind == "limits" and not report.rows:
        return ()
    if not console.is_terminal:
        made = columns(report, WHOLE)
        wide = new_console(width=max(1, _needed(made, is_whole=True)))
        wide.print(_drawn(made))
        return ()
    made, left_out = _fitting(report, console.width)
    console.print(_drawn(_cut(made, console.width)))
    return left_out


def _fitting(report: Report, width: int) -> tuple[list[Column], tuple[str, ...]]:
    """Return the columns that fit the width, and the headings of those that do not."""
    for detail in ON_TERMINALS:
        made = columns(report, detail)
        if _needed(made) <= width:
            return made, ()
    left_out: list[str] = []
    for least in expendable(made):
        if _needed(made) <= width:
            break
        made.remove(least)
        left_out.append(least.heading.replace("\n", " "))
    return made, tuple(left_out)


def _needed(made: list[Column], *, is_whole: bool = False) -> int:
    widths = (
        min(each.width, _LEAST_TEXT) if each.is_text and not is_whole else each.width
        for each in made
    )
    return sum(widths) + _GAP * (len(made) - 1)


def _cut(made: list[Column], width: int) -> list[Column]:
    """Share the room that the numbers leave among the texts: short ones get what they need."""
    texts = sorted((each for each in made if each.is_text), key=lambda each: each.width)
    room = width - _needed([each for each in made if not each.is_text]) - _GAP * len(texts)
    widths: dict[int, int] = {}
    for number, each in enumerate(texts):
        widths[id(each)] = min(each.width, max(1, room // (len(texts) - number)))
        room -= widths[id(each)]
    return [_cut_to(each, widths[id(each)]) if each.is_text else each for each in made]


def _cut_to(column: Column, width: int) -> Column:
    cells = tuple(Text(_shortened(cell.plain, width)) for cell in column.cells)
    heading = _shortened(column.heading, width)
    return Column(heading, cells, Text(_shortened(column.total.plain, width)), is_text=True)


def _shortened(text: str, width: int) -> str:
    """Return the beginning of a text, or the end of a path, which tells more."""
    if cell_len(text) <= width:
        return text
    if text.startswith("/"):
        return _CUT + chop_cells(text[::-1], width - 1)[0][::-1] if width > 1 else _CUT
    return chop_cells(text, width - 1)[0] + _CUT if width > 1 else _CUT


def _drawn(made: list[Column]) -> Table:
    # Windows of limits overlap: they have no total.
    has_total = any(each.total.plain for each in made)
    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, show_footer=has_total, pad_edge=False,
        padding=(0, _GAP - 1, 0, 0),
    )  # fmt: skip
    for each in made:
        table.add_column(
            each.heading, each.total, justify="left" if each.is_text else "right", no_wrap=True
        )
    for row in zip(*(each.cells for each in made), strict=True):
        table.add_row(*row)
    return table
