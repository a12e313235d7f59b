"""Diffs as HTML: line numbers, the colours of the language, and the words that changed."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby, pairwise

from markupsafe import Markup, escape
from pygments.lexer import Lexer

from cca.markup import GUTTER, MAX_HIGHLIGHT_CHARS, Run, coloured_lines, lexer_for, printable
from cca.transcript.patches import Hunk

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
# Of lines that share less, all is new, and marks would only flicker.
_ALIKE = 0.5
_LONGEST_COMPARED = 400
# Of a larger block nobody compares the words of each line.
_MOST_PAIRS = 200
_CLASSES = {"+": "k-gi", "-": "k-gd"}

Span = tuple[int, int]


def diff_html(hunks: Sequence[Hunk], path: str = "") -> Markup:
    """Returns the hunks as lines in the class of their sign; `path` tells the language."""
    size = sum(len(line) for hunk in hunks for line in hunk.lines)
    lexer = lexer_for("", path) if size <= MAX_HIGHLIGHT_CHARS else None
    gap = Markup('\n<span class="k-gu">⋯</span>\n')
    return gap.join(Markup("\n").join(_rows(hunk, lexer)) for hunk in hunks)


def _rows(hunk: Hunk, lexer: Lexer | None) -> Iterator[Markup]:
    lines = [printable(line) for line in hunk.lines]
    coloured = _coloured(lines, lexer)
    changed = _changed(lines)
    old, new = hunk.old_start, hunk.new_start
    is_numbered = bool(old or new)
    for place, line in enumerate(lines):
        sign = line[:1]
        number = old if sign == "-" else new
        gutter = GUTTER.format(number or "") if is_numbered and sign != "\\" else Markup("")
        text = _line(coloured[place], changed.get(place, []))
        row = Markup('<span class="{}">{}{}{}</span>')
        yield row.format(_CLASSES.get(sign, "k-g0"), gutter, sign or " ", text)
        old += sign not in {"+", "\\"}
        new += sign not in {"-", "\\"}


def _coloured(lines: list[str], lexer: Lexer | None) -> list[list[Run]]:
    """Each line as runs of one colour; a side is read as a whole, as its lines belong together."""
    plain: list[list[Run]] = [[("", line[1:])] for line in lines]
    if lexer is None:
        return plain
    for skipped in "+-":
        places = [place for place, line in enumerate(lines) if line[:1] != skipped]
        code = "\n".join(lines[place][1:] for place in places)
        sides = coloured_lines(code, lexer)
        for place, runs in zip(places, sides, strict=False):
            plain[place] = runs
    return plain


def _changed(lines: list[str]) -> dict[int, list[Span]]:
    """The changed words of each line that has a like one on the other side, by its place."""
    found: dict[int, list[Span]] = {}
    removed: list[int] = []
    for sign, group in groupby(range(len(lines)), lambda place: lines[place][:1]):
        places = list(group)
        if sign == "+":
            found |= _changed_in(lines, removed, places)
        removed = places if sign == "-" else []
    return found


def _changed_in(lines: list[str], removed: list[int], added: list[int]) -> dict[int, list[Span]]:
    """The changed words where lines were replaced; each stands beside the one most like it."""
    found: dict[int, list[Span]] = {}
    if len(removed) * len(added) > _MOST_PAIRS:
        return found
    first = 0
    for before in removed:
        words = _words(lines[before])
        alike = [_matcher(words, _words(lines[after])) for after in added[first:]]
        ratios = [matcher.ratio() for matcher in alike]
        best = max(ratios, default=0.0)
        if best < _ALIKE:
            continue
        place = ratios.index(best)
        after, matcher = added[first + place], alike[place]
        codes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
        found[before] = _spans(words, [(low, high) for _, low, high, _, _ in codes])
        found[after] = _spans(_words(lines[after]), [(low, high) for *_, low, high in codes])
        first += place + 1
    return found


def _words(line: str) -> list[str]:
    return _WORDS.findall(line[1 : 1 + _LONGEST_COMPARED])


def _matcher(old: list[str], new: list[str]) -> SequenceMatcher[str]:
    return SequenceMatcher(None, old, new, autojunk=False)


def _spans(words: list[str], ranges: list[Span]) -> list[Span]:
    """The characters of these words."""
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word))
    return [(starts[first], starts[last]) for first, last in ranges if first < last]


def _line(runs: list[Run], marked: list[Span]) -> Markup:
    """A line with its colours, and its changed words marked across them."""
    parts: list[str] = []
    start = 0
    for name, text in runs:
        inner = (edge - start for span in marked for edge in span)
        edges = sorted({0, len(text), *(edge for edge in inner if 0 < edge < len(text))})
        for first, last in pairwise(edges):
            is_marked = any(low <= start + first < high for low, high in marked)
            classes = f"{name} changed".strip() if is_marked else name
            said = escape(text[first:last])
            parts.append(f'<span class="{classes}">{said}</span>' if classes else said)
        start += len(text)
    return Markup("".join(parts))  # noqa: S704  (each text was escaped, the classes are ours)
