"""Terminal output as plain text: no colours, no titles, and lines as they looked at the end."""

import re

# CSI, OSC and the other strings up to their end, then the two-character escapes. An unclosed
# string ends with its line, a cut sequence with the text.
ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*(?:[@-~]|\Z)"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]"
    r"|\x1b"
)
_ERASE = re.compile(r"(?:\x1b\[|\x9b)([012]?)K")
_ERASED = "\x00"
OTHER_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def has_controls(text: str) -> bool:
    """Tells whether a terminal would act on the text: escapes, overprinting, backspaces."""
    # Written out, as this is asked of every text there is.
    if "\x1b" in text or "\r" in text or "\b" in text:
        return True
    return not text.isascii() and ("\x9b" in text or "\x9d" in text or "\x90" in text)


def plain(text: str) -> str:
    """Returns the text as it stood on the screen; one without controls comes back as it is."""
    if not has_controls(text):
        return text
    text = text.replace("\r\n", "\n")
    if "\r" not in text and "\b" not in text:
        return OTHER_CONTROLS.sub("", ESCAPE.sub("", text))
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    """Returns one line after everything that was printed over it."""
    if "\r" not in line and "\b" not in line:
        return OTHER_CONTROLS.sub("", ESCAPE.sub("", line))
    marked = _ERASE.sub(lambda found: f"{_ERASED}{found[1] or '0'}", line.replace(_ERASED, ""))
    shown: list[str] = []
    column = 0
    characters = iter(ESCAPE.sub("", marked))
    for character in characters:
        if character == "\r":
            column = 0
        elif character == "\b":
            column = max(0, column - 1)
        elif character == _ERASED:
            _erase(shown, column, next(characters, "0"))
        elif character >= " " or character == "\t":
            shown[column : column + 1] = [character]
            column += 1
    return OTHER_CONTROLS.sub("", "".join(shown)).rstrip()


def _erase(shown: list[str], column: int, how: str) -> None:
    if how == "0":
        del shown[column:]
    else:
        end = len(shown) if how == "2" else min(column + 1, len(shown))
        shown[:end] = [" "] * end
