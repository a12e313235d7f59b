"""The part of a text that shows why it was found, with the places to mark."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from include.search.normalise import UNDERSCORE
from include.search.typed import Term
from include.secrets import mask_secrets

_PICTURE = re.compile("ux([0-9a-f]{4,5})")
_BEFORE, _LENGTH = 60, 240
# Characters to each side of the place found that are searched for secrets.
_WINDOW = 1000


@dataclass(frozen=True)
class Snippet:
    """Plain text, not HTML; `marks` are (start, end) in it."""

    text: str
    marks: list[tuple[int, int]]


class _Folding(dict[int, str]):
    """Each character as one character in lower case without accents: places stay the same."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = unicodedata.normalize("NFKD", character)[:1].lower() or character
        self[code] = plain if len(plain) == 1 else character
        return self[code]


_FOLDING = _Folding()


def folded(text: str) -> str:
    lower = text.lower()
    return lower if text.isascii() else text.translate(_FOLDING)


def holds_literally(text: str, terms: Sequence[Term]) -> bool:
    """Whether the text has the signs too that the index does not keep, and lacks those excluded."""
    plain = None
    for term in terms:
        if not term.has_signs or term.is_negated:
            continue
        plain = folded(text) if plain is None else plain
        if folded(term.text.removesuffix("*") if term.is_prefix else term.text) not in plain:
            return False
    return True


def snippet_of(text: str, terms: Sequence[Term]) -> Snippet:
    """One line around the first place found, secrets masked; the beginning where none is seen."""
    pattern = _pattern([term for term in terms if not term.is_negated])
    first = pattern.search(folded(text)) if pattern else None
    near = max(0, first.start() - _WINDOW) if first else 0
    is_cut = len(text) > near + 2 * _WINDOW
    # Masked before it is cut to size: half a secret is not recognised any more.
    text = mask_secrets(text[near : near + 2 * _WINDOW])
    plain = folded(text)
    first = pattern.search(plain) if pattern else None
    start = max(0, first.start() - _BEFORE) if first else 0
    end = min(len(text), start + _LENGTH)
    shown = re.sub(r"\s", " ", text[start:end])
    marks = [m.span() for m in pattern.finditer(plain[start:end])] if pattern else []
    before = "…" if start or near else ""
    after = "…" if end < len(text) or is_cut else ""
    moved = [(a + len(before), b + len(before)) for a, b in marks]
    return Snippet(before + shown + after, moved)


def _pattern(terms: Sequence[Term]) -> re.Pattern[str] | None:
    """Terms as one pattern over folded text, longest first."""
    found = {r"[\W_]*".join(_token(token) for token in term.tokens) for term in terms}
    return re.compile("|".join(sorted(found, key=len, reverse=True))) if found else None


def _token(token: str) -> str:
    if picture := _PICTURE.fullmatch(token):
        return re.escape(chr(int(picture[1], 16)))
    return re.escape(token.replace(UNDERSCORE, "_"))
