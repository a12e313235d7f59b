"""What a rule is: words without which it cannot match, a pattern, and what stands there instead."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

MASK = "•••"
Replacement = str | Callable[[re.Match[str]], str]


class Pattern:
    """A regular expression that is compiled when it is first needed.

    A command that masks nothing needs none, and all together are a tenth of a short one.
    """

    def __init__(self, text: str, flags: re.RegexFlag = re.NOFLAG) -> None:
        self._text = text
        self._flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self._text, self._flags)


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """hints: small letters; a text that holds none of them cannot match. Most texts hold none.

    is_at_hint: each match begins with a hint, so nothing else needs to be looked at.
    """

    hints: tuple[str, ...]
    pattern: Pattern
    replacement: Replacement = MASK
    is_at_hint: bool = False

    def replaced(self, found: re.Match[str]) -> str:
        """Returns what stands instead of a match; the match itself where it is no secret."""
        if callable(self.replacement):
            return self.replacement(found)
        return found.expand(self.replacement)


def prefixed(prefixes: str, rest: str, *, hints: str = "") -> Rule:
    """Returns the rule of a token that people recognise by its issuer's prefix.

    prefixes and hints: separated by spaces; prefixes are plain text.
    """
    names = prefixes.split()
    found = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    pattern = Pattern(rf"(?<![A-Za-z0-9])(?:{found}){rest}")
    return Rule(tuple((hints or prefixes).lower().split()), pattern, is_at_hint=not hints)
