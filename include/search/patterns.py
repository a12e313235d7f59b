"""Regular expressions in a search: what every match must hold, and matching within a time."""

import re
import re._constants as ops
import re._parser as parser
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import regex

# A pattern may need exponential time for one text; so long each text is given.
_TEXT_SECONDS = 0.5
_LITERAL_CHARS = 3

# A nested condition: a text, or all or any of others.
Need = str | tuple[str, tuple["Need", ...]]


@dataclass(frozen=True)
class Pattern:
    """`needs` are texts of three characters or more without which nothing can match."""

    text: str
    needs: tuple[Need, ...]
    compiled: Any

    def spans(self, text: str, most: int) -> list[tuple[int, int]]:
        """Where it matches; raises TimeoutError for a text that takes too long."""
        matches = self.compiled.finditer(text, timeout=_TEXT_SECONDS)
        return [match.span() for match in islice(matches, most)]

    def is_in(self, text: str) -> bool:
        return self.compiled.search(text, timeout=_TEXT_SECONDS) is not None


def understood(text: str) -> Pattern | str:
    """The pattern, or a sentence that says what is wrong with it.

    Upper and lower case are the same, as everywhere in the search.
    """
    try:
        # Both must understand it: one says what a match must hold, the other matches.
        parsed = parser.parse(text, re.IGNORECASE)
        return Pattern(text, tuple(_needs(parsed)), regex.compile(text, regex.IGNORECASE))
    except (re.error, regex.error, OverflowError, RecursionError) as error:
        return f"/{text}/ is no regular expression: {error}."


def _needs(items: Iterable[tuple[Any, Any]]) -> Iterator[Need]:
    run = ""
    for kind, given in _flat(items):
        if kind is ops.LITERAL:
            run += chr(given)
        elif kind is not ops.AT:  # a place has no width: the text goes on
            yield from _long_enough(run)
            yield from _inside(kind, given, run)
            run = ""
    yield from _long_enough(run)


def _flat(items: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """Groups without choice are read as if their brackets were not there."""
    for kind, given in items:
        if kind is ops.SUBPATTERN:
            yield from _flat(given[3])
        elif kind is ops.ATOMIC_GROUP:
            yield from _flat(given)
        else:
            yield kind, given


def _inside(kind: Any, given: Any, before: str) -> Iterator[Need]:
    if kind in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        least, _, repeated = given
        if least:
            yield from _needs(repeated)
    elif kind is ops.BRANCH:
        # `one|other` is parsed as `o(?:ne|ther)`.
        common = [(ops.LITERAL, ord(character)) for character in before]
        ways = [tuple(_needs([*common, *way])) for way in given[1]]
        if all(ways):
            yield "any", tuple(("all", way) for way in ways)


def _long_enough(run: str) -> Iterator[Need]:
    if len(run) >= _LITERAL_CHARS:
        yield run
