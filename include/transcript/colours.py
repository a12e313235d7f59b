"""The colours of terminal output: the same text as `terminal.plain`, in runs of one style."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from cca.transcript.terminal import ESCAPE, OTHER_CONTROLS, has_controls, plain

_SGR = re.compile(r"(?:\x1b\[|\x9b)([\d;:]*)m\Z")
_BRIGHT = 8
_FIRST_OF_CUBE, _FIRST_GREY = 16, 232
_CUBE = (0, 95, 135, 175, 215, 255)
# What terminals show for the sixteen colours that programs name by number.
_SIXTEEN = (
    (0, 0, 0), (187, 0, 0), (0, 150, 0), (170, 130, 0), (0, 60, 200), (170, 0, 170), (0, 150, 160),
    (170, 170, 170), (100, 100, 100), (255, 80, 80), (80, 220, 80), (240, 220, 80), (90, 130, 255),
    (255, 100, 255), (80, 230, 240), (255, 255, 255),
)  # fmt: skip


class Style(NamedTuple):
    """How text looks; colours are 0 to 15, or None for the terminal's own."""

    colour: int | None = None
    ground: int | None = None
    is_bold: bool = False
    is_dim: bool = False
    is_italic: bool = False
    is_underlined: bool = False
    is_struck: bool = False
    is_inverse: bool = False


PLAIN = Style()
_SWITCHES = {
    1: ("is_bold", True), 2: ("is_dim", True), 3: ("is_italic", True), 4: ("is_underlined", True),
    7: ("is_inverse", True), 9: ("is_struck", True), 21: ("is_underlined", True),
    23: ("is_italic", False), 24: ("is_underlined", False), 27: ("is_inverse", False),
    29: ("is_struck", False), 39: ("colour", None), 49: ("ground", None),
}  # fmt: skip


def styled(text: str) -> Iterator[tuple[Style, str]]:
    """Yields runs of text and their style; together they are what `plain` returns.

    A line that was printed over keeps the style of its last print.
    """
    if not has_controls(text):
        yield PLAIN, text
        return
    text = text.replace("\r\n", "\n")
    if "\r" not in text and "\b" not in text:
        yield from (run for run in _runs(PLAIN, text) if run[1])
        return
    style = PLAIN
    for number, line in enumerate(text.split("\n")):
        if number:
            yield style, "\n"
        runs = list(_runs(style, line))
        style = runs[-1][0]
        if "\r" not in line and "\b" not in line:
            yield from (run for run in runs if run[1])
        elif shown := plain(line):
            yield _last_seen(runs), shown


def _runs(style: Style, line: str) -> Iterator[tuple[Style, str]]:
    """Runs of text that nothing was printed over; the last has the style that goes on."""
    done = 0
    for escape in ESCAPE.finditer(line):
        yield style, OTHER_CONTROLS.sub("", line[done : escape.start()])
        style = _after(style, escape[0])
        done = escape.end()
    yield style, OTHER_CONTROLS.sub("", line[done:])


def _last_seen(runs: list[tuple[Style, str]]) -> Style:
    """The style of the last words that were printed."""
    return next((style for style, text in reversed(runs) if text.strip()), PLAIN)


def _after(style: Style, escape: str) -> Style:
    found = _SGR.match(escape)
    if found is None:
        return style
    codes = [int(code or 0) for code in found[1].replace(":", ";").split(";")]
    while codes:
        code = codes.pop(0)
        if code in {38, 48}:
            colour = _extended(codes)
            named = "colour" if code == 38 else "ground"  # noqa: PLR2004  (the text's own)
            style = _with(style, named, colour)
        else:
            style = _switched(style, code)
    return style


def _switched(style: Style, code: int) -> Style:
    if code == 0:
        return PLAIN
    if code == 22:  # noqa: PLR2004  (ends both)
        return style._replace(is_bold=False, is_dim=False)
    if code in _SWITCHES:
        name, value = _SWITCHES[code]
        return _with(style, name, value)
    tens, colour = divmod(code, 10)
    if colour < _BRIGHT:
        place = {3: ("colour", 0), 4: ("ground", 0), 9: ("colour", 8), 10: ("ground", 8)}.get(tens)
        if place:
            return _with(style, place[0], place[1] + colour)
    return style


def _with(style: Style, name: str, value: int | None) -> Style:
    return Style(**{**style._asdict(), name: value})


def _extended(codes: list[int]) -> int | None:
    """The colour of 256, or of three bytes, as the nearest of sixteen; takes its codes away."""
    kind = codes.pop(0) if codes else None
    if kind == 5 and codes:  # noqa: PLR2004  (an index)
        return _of_index(codes.pop(0))
    if kind == 2 and len(codes) >= 3:  # noqa: PLR2004  (red, green, blue)
        red, green, blue = codes[:3]
        del codes[:3]
        return _nearest(red, green, blue)
    codes.clear()
    return None


def _of_index(index: int) -> int | None:
    if index < _FIRST_OF_CUBE:
        return index
    if index < _FIRST_GREY:
        cube = index - _FIRST_OF_CUBE
        return _nearest(_CUBE[cube // 36], _CUBE[cube // 6 % 6], _CUBE[cube % 6])
    level = 8 + 10 * (index - _FIRST_GREY)
    return _nearest(level, level, level)


def _nearest(red: int, green: int, blue: int) -> int:
    def distance(number: int) -> int:
        r, g, b = _SIXTEEN[number]
        return (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2

    return min(range(len(_SIXTEEN)), key=distance)
