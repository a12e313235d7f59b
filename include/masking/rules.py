"""What a rule is: words without which it cannot match, a pattern, and what stands there instead."""

import re
from collections.abc import Callable
from dataclasses import dataclass

MASK = "•••"
Replacement = str | Callable[[re.Match[str]], str]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """hints: small letters; a text that holds none of them cannot match. Most texts hold none.

    is_at_hint: each match begins with a hint, so nothing else needs to be looked at.
    """

    hints: tuple[str, ...]
    pattern: re.Pattern[str]
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
    pattern = re.compile(rf"(?<![A-Za-z0-9])(?:{found}){rest}")
    return Rule(tuple((hints or prefixes).lower().split()), pattern, is_at_hint=not hints)
