"""The part of a text that shows why it was found, with the places to mark."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from cca.masking import mask_secrets
from cca.search.normalise import UNDERSCORE, plain_letter
from cca.search.patterns import Pattern
from cca.search.typed import Term

_PICTURE = re.compile("ux([0-9a-f]{4,5})")
_BEFORE, _LENGTH = 36, 240
# Characters to each side of the place found that are searched for secrets.
_WINDOW = 1000
_MOST_MARKS = 50
# Signs of Markdown, and tags around a typed command, that a reader of a page does not see; of a
# link its text is left.
_MARKUP = re.compile(
    r"\*\*|`+|^ {0,3}#{1,6} +|^ {0,3}> ?|</?command-[a-z]+>|!?\[([^\]\n]*)\]\([^)\s]*\)",
    re.MULTILINE,
)
_ACCENTS = dict.fromkeys(c for c in range(0x300, 0x10000) if unicodedata.combining(chr(c)))

# Places in a text that a search found, in order.
Finder = Callable[[str], list[tuple[int, int]]]


@dataclass(frozen=True)
class Snippet:
    """Plain text, not HTML; `marks` are (start, end) in it."""

    text: str
    marks: list[tuple[int, int]]


class _Folding(dict[int, str]):
    """Each character as one character in lower case without accents: places stay the same."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = plain_letter(unicodedata.normalize("NFKD", character)[:1]) or character
        self[code] = plain if len(plain) == 1 else character
        return self[code]


_FOLDING = _Folding()


def folded(text: str) -> str:
    lower = text.lower()
    return lower if text.isascii() else text.translate(_FOLDING)


def _spelled_out(text: str) -> str:
    """Without accents and compatibility forms; unlike `folded`, characters may become several."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKD", text).translate(_ACCENTS).lower()


def holds_literally(text: str, terms: Sequence[Term]) -> bool:
    """Whether the text has the signs too that the index does not keep, and lacks those excluded."""
    plain = None
    for term in terms:
        if not term.has_signs or term.is_negated:
            continue
        plain = _spelled_out(text) if plain is None else plain
        wanted = term.text.removesuffix("*") if term.is_prefix else term.text
        if _spelled_out(wanted) not in plain:
            return False
    return True


def snippet_of(text: str, finder: Finder, *, is_markdown: bool = False) -> Snippet:
    """One line around the first place found, secrets masked; the beginning where none is seen.

    Of Markdown the words are shown without its signs.
    """
    first = next(iter(finder(text)), (0, 0))[0]
    near = max(0, first - _WINDOW)
    is_cut = len(text) > near + 2 * _WINDOW
    # Masked before it is cut to size: half a secret is not recognised any more.
    text = mask_secrets(text[near : near + 2 * _WINDOW])
    if is_markdown:
        text = _MARKUP.sub(lambda found: found[1] or "", text)
    places = finder(text)
    start = max(0, next(iter(places), (0, 0))[0] - _BEFORE)
    end = min(len(text), start + _LENGTH)
    shown = re.sub(r"\s", " ", text[start:end])
    before = "…" if start or near else ""
    after = "…" if end < len(text) or is_cut else ""
    moved = len(before) - start
    marks = [(a + moved, min(b, end) + moved) for a, b in places if a < end and b > a]
    return Snippet(before + shown + after, marks)


def of_terms(terms: Sequence[Term]) -> Finder:
    """Finds what was typed, over folded text."""
    pattern = _pattern([term for term in terms if not term.is_negated])

    def found(text: str) -> list[tuple[int, int]]:
        matches = pattern.finditer(folded(text)) if pattern else ()
        return [match.span() for match in islice(matches, _MOST_MARKS)]

    return found


def of_pattern(pattern: Pattern) -> Finder:
    def found(text: str) -> list[tuple[int, int]]:
        # A text that was matched in time may be slow once its secrets are masked.
        with suppress(TimeoutError):
            return pattern.spans(text, _MOST_MARKS)
        return []

    return found


def _pattern(terms: Sequence[Term]) -> re.Pattern[str] | None:
    """Terms as one pattern over folded text, longest first."""
    found = {r"[\W_]*".join(_token(token) for token in term.tokens) for term in terms}
    return re.compile("|".join(sorted(found, key=len, reverse=True))) if found else None


def _token(token: str) -> str:
    if picture := _PICTURE.fullmatch(token):
        return re.escape(chr(int(picture[1], 16)))
    return re.escape(token.replace(UNDERSCORE, "_"))
