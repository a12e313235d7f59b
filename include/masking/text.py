"""Masking of texts and of JSON values."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ahocorasick_rs import AhoCorasick, Implementation

from cca.masking import formats, named
from cca.masking.judge import looks_secret
from cca.masking.rules import MASK, Rule

_RULES = (*formats.RULES, *named.RULES)

_HINTED = tuple((hint, rule) for rule in _RULES for hint in rule.hints)
# All hints are looked for at once, in one pass over the text.
_FINDER = AhoCorasick([hint for hint, _ in _HINTED], implementation=Implementation.DFA)


# A replacement may leave a second secret before the first one, as in `curl -H … -u …`.
_MOST_PASSES = 4

Span = tuple[int, int, str]


def mask_secrets(text: str) -> str:
    """Returns the text with each secret replaced by `MASK`."""
    for _ in range(_MOST_PASSES):
        masked = _masked_once(text)
        if masked is text:
            break
        text = masked
    return text


def _masked_once(text: str) -> str:
    lowered = text.lower()
    found = _hints_in(lowered)
    # Most texts hold no hint at all, and this runs for every record.
    if not found:
        return text
    # A few letters have small forms of another length: positions are of no use then.
    is_aligned = len(lowered) == len(text)
    places: dict[Rule, list[int]] = {}
    for number, start, _ in found:
        places.setdefault(_HINTED[number][1], []).append(start)
    spans = sorted(
        (start, -end, new)
        for rule, starts in places.items()
        for start, end, new in _spans(rule, text, starts if is_aligned else None)
    )
    return _replaced(text, spans) if spans else text


def _hints_in(lowered: str) -> list[tuple[int, int, int]]:
    """Returns (number of the hint, start, end) of each hint in a text of small letters."""
    try:
        return _FINDER.find_matches_as_indexes(lowered, overlapping=True)
    except UnicodeEncodeError:
        # Half of a surrogate pair: one sign instead of it keeps all positions.
        mended = lowered.encode("utf-8", "replace").decode("utf-8")
        return _FINDER.find_matches_as_indexes(mended, overlapping=True)


def _spans(rule: Rule, text: str, starts: list[int] | None) -> Iterator[Span]:
    pattern = rule.pattern.compiled
    matches: Iterable[re.Match[str] | None] = pattern.finditer(text)
    if rule.is_at_hint and starts is not None:
        matches = (pattern.match(text, start) for start in starts)
    for found in matches:
        if found is not None and (new := rule.replaced(found)) != found[0]:
            yield found.start(), found.end(), new


def _replaced(text: str, spans: list[tuple[int, int, str]]) -> str:
    """Returns the text with spans of (start, -end, new text) replaced; the first wins."""
    parts, position = [], 0
    for start, negative_end, new in spans:
        if start >= position:
            parts += [text[position:start], new]
            position = -negative_end
    return "".join([*parts, text[position:]])


def mask_value(value: Any) -> Any:
    """Returns a JSON value with the secrets in its texts masked.

    A field with the name of a secret is masked where its value looks like one.
    """
    if isinstance(value, str):
        return mask_secrets(value)
    if isinstance(value, list):
        return [mask_value(item) for item in value]
    if isinstance(value, dict):
        return {key: _field(key, item) for key, item in value.items()}
    return value


def _field(name: str, value: Any) -> Any:
    if isinstance(value, str) and named.FIELD.compiled.search(name) and looks_secret(value):
        return MASK
    return mask_value(value)
