"""What a person typed, taken apart into terms; no index is needed to understand it."""

import re
from dataclasses import dataclass, field, replace
from functools import cached_property

from cca.search.blocks import KINDS
from cca.search.normalise import analyser, normalise
from cca.search.patterns import Pattern, understood

# The filters, and what follows the colon of each.
_FIELDS = {
    "kind": f"one of {', '.join(KINDS)}",
    "project": "its directory or its folder",
    "session": "its id",
    "host": "the name of a machine",
    "pr": "a pull request, such as 12 or owner/name#12",
}

# One minus before a word leaves it out; `--flag`, `->` and a lone `-` are what they look like.
# The browser's page.js has the same rule, to highlight what was found.
_PIECE = re.compile(
    rf"""
    (?: (?<!\S)(?P<minus>-)(?![->\s]) )?
    (?: (?P<field>{"|".join(_FIELDS)}):(?: "(?P<exact>[^"]*)"? | (?P<value>\S+) )
      | "(?P<phrase>[^"]*)"?
      | (?P<literal>\S+) )
    """,
    re.VERBOSE,
)
# Slashes around a path are no regular expression; these signs between them are.
_REGEX = re.compile(
    r"(?<!\S)/(?![\s/])(?P<pattern>.*?[\\\[\](){}*+?|^$].*?)(?<!\s)/(?!\S)", re.DOTALL
)
_ANALYSER = analyser()


@dataclass(frozen=True)
class Term:
    """One thing to find, or to leave out."""

    text: str
    is_negated: bool = False
    is_quoted: bool = False

    @cached_property
    def tokens(self) -> list[str]:
        found: list[str] = _ANALYSER.analyze(normalise(self.text))
        return found

    @property
    def is_prefix(self) -> bool:
        return not self.is_quoted and self.text.endswith("*") and len(self.tokens) == 1

    @property
    def is_open_at_start(self) -> bool:
        """Whether the first token may be the end of a longer word."""
        return not self.is_quoted and normalise(self.text)[:1].isalnum()

    @property
    def is_open_at_end(self) -> bool:
        return not self.is_quoted and normalise(self.text)[-1:].isalnum()

    @property
    def has_signs(self) -> bool:
        """Whether it holds what the index does not keep; spaces of a phrase do not count."""
        signs = self.text.removesuffix("*") if self.is_prefix else self.text
        return any(sign.isascii() and not (sign.isalnum() or sign in "_ ") for sign in signs)


@dataclass(frozen=True)
class Typed:
    terms: list[Term] = field(default_factory=list)
    filters: list[tuple[str, str, bool]] = field(default_factory=list)  # field, value, is_negated
    message: str = ""  # why this cannot be searched
    pattern: Pattern | None = None


def understand(text: str) -> Typed:
    """Terms and filters of a search; a message where nothing can be looked for."""
    pattern = understood(found["pattern"]) if (found := _REGEX.search(text)) else None
    if isinstance(pattern, str):
        return Typed(message=pattern)
    if found:
        text = f"{text[: found.start()]} {text[found.end() :]}"
    typed = Typed(pattern=pattern)
    unsearchable = []
    for piece in _PIECE.finditer(text):
        is_negated = piece["minus"] is not None
        if piece["field"]:
            value = piece["exact"] if piece["value"] is None else piece["value"]
            typed.filters.append((piece["field"], value or "", is_negated))
            continue
        is_quoted = piece["phrase"] is not None
        term = Term(piece["phrase"] if is_quoted else piece["literal"], is_negated, is_quoted)
        if term.tokens:
            typed.terms.append(term)
        elif term.text.strip():
            unsearchable.append(term.text)
    return replace(typed, message=_problem(typed, unsearchable))


def hint(text: str) -> str:
    """What to say where nothing is found: a filter without a value is looked for as text."""
    name, colon, rest = text.strip().partition(":")
    if not colon or rest or name not in _FIELDS:
        return ""
    return f"No text holds {name}: and as a filter it needs a value: {_FIELDS[name]}."


def _problem(typed: Typed, unsearchable: list[str]) -> str:
    for name, value, _ in typed.filters:
        if name == "kind" and value not in KINDS:
            return f"kind:{value} is none of the kinds: {', '.join(KINDS)}."
    if typed.pattern and not (typed.pattern.needs or typed.terms or typed.filters):
        return (
            f"/{typed.pattern.text}/ holds no three characters in a row that every match must "
            "have; add a word, or a filter such as kind: or session:."
        )
    if unsearchable and not typed.terms:
        return f"Signs alone ({' '.join(unsearchable)}) cannot be searched; add a word."
    return ""
