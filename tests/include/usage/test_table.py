"""A report on a terminal of any width: rows keep their names, figures are whole or absent."""

from dataclasses import replace
from decimal import Decimal
from io import StringIO

from rich.console import Console
from rich.text import Text

from cca.settings import Settings
from cca.usage import behaviour
from cca.usage.columns import Detail, columns
from cca.usage.findings import FINDINGS
from cca.usage.kinds import KINDS
from cca.usage.reports import Report, report
from cca.usage.table import print_table

_LARGE = {
    "input_tokens": 1_234_567, "output_tokens": 23_456_789, "cost_usd": Decimal("123456.78912345"),
    "cache_read_tokens": 98_765_432_100, "title": "word " * 60,
    "project_key": "/word" * 60 + "/at",
}  # fmt: skip


def _printed(made: Report, width: int) -> tuple[list[str], tuple[str, ...]]:
    console = Console(width=width, force_terminal=True, no_color=True, file=StringIO())
    left_out = print_table(made, console)
    return [Text.from_ansi(line).plain for line in console.file.getvalue().splitlines()], left_out


def _large(made: Report) -> Report:
    rows = tuple(row | {name: _LARGE[name] for name in row.keys() & _LARGE} for row in made.rows)
    totals = made.totals | {name: _LARGE[name] for name in made.totals.keys() & _LARGE}
    return replace(made, rows=rows, totals=totals)


def _made_up(kind: str) -> Report:
    """A report whose tables the small gold file lacks."""
    if kind == "behaviour":
        by, names = behaviour.DIMENSIONS, tuple(each.name for each in behaviour.MEASURES)
    else:
        by, names = FINDINGS[kind].by, tuple(each.name for each in FINDINGS[kind].measures)
    totals = dict.fromkeys(names, 1234)
    return Report(kind, by, (dict.fromkeys(by, "some words") | totals,), totals, (), names)


def test_every_report_fits_and_names_what_it_left_out(gold: Settings) -> None:
    made_up = {"behaviour", *FINDINGS}
    reports = {
        kind: _made_up(kind) if kind in made_up else _large(report(gold.gold_path, kind))
        for kind in KINDS
        # The small gold file knows no repositories; the report is that of projects.
        if kind != "repository"
    }
    for kind, made in reports.items():
        first, *others = columns(made, Detail())
        figures = {each.heading.replace("\n", " ") for each in others if not each.is_text}
        for width in (80, 120):
            lines, left_out = _printed(made, width)
            assert max(map(len, lines)) <= width, kind
            for cell in first.cells:
                begins = cell.plain[:8] if not cell.plain.startswith("/") else cell.plain[-8:]
                assert any(begins in line for line in lines), (kind, cell)
            assert set(left_out) < figures, kind
            assert "USD" not in left_out, kind


def test_a_wide_terminal_gets_cents_and_both_caches(gold: Settings) -> None:
    lines, left_out = _printed(report(gold.gold_path, "daily"), 100)
    assert lines[3].split() == ["2026-11-01", "1", "100", "2", "7", "5", "<0.01", "0.01"]
    assert lines[-1].split() == ["total", "4", "112", "8", "28", "20", "0.30", "0.34"]
    assert left_out == ()


def test_a_narrow_terminal_gets_one_cache_and_short_numbers(gold: Settings) -> None:
    lines, left_out = _printed(_large(report(gold.gold_path, "daily")), 60)
    assert lines[0].split() == ["day", "messages", "input", "output", "cache", "USD"]
    day = ["2026-11-01", "1", "1.23M", "23.5M", "98.8B", "123,456.79"]
    assert lines[2].split() == day
    assert left_out == ("USD with searches",)


def test_numbers_round_to_the_next_unit(gold: Settings) -> None:
    made = report(gold.gold_path, "daily")
    tokens = [9_999, 10_000, 99_960, 999_700, 1_000_000]
    rows = tuple(made.rows[0] | {"input_tokens": each} for each in tokens)
    short = columns(replace(made, rows=rows), Detail(is_short=True))
    shown = next(each for each in short if each.heading == "input")
    assert [str(cell) for cell in shown.cells] == ["9,999", "10.0K", "100.0K", "1.00M", "1.00M"]
