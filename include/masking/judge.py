"""Whether a value looks like a secret: a judgement of its characters alone."""

import math
import re
from collections import Counter

SHORTEST = 8
# A short value needs three kinds of characters, such as `s3cr3t!`.
SHORTEST_MIXED = 6
LONGEST = 4096
_LEAST_BITS = 2.5
_MIXED_KINDS = 3
# Without any digit only a long value of many different letters is one.
_LEAST_LETTERS = 20
_LEAST_BITS_OF_LETTERS = 3.9

# Something that stands for a value: a variable, a template, a placeholder, a mask.
_STANDS_FOR = re.compile(
    r"""[$%{<\[(]|.*(?:\$\{|\$\(|\{\{|<[\w -]+>|\*\*\*|•••|\.\.\.|…|%\(|%[sd]\b)
    |.*\b(?:your|my|some|example|sample|placeholder|change[_-]?me|replace|dummy|redacted|insert
        |required|optional|undefined|process\.env|os\.environ|getenv|secrets?\.|vars?\.)
    |.*(?:x{4,}|0{6,}|-here\b|_here\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_PATH = re.compile(
    r"(?:[~.]{0,2}/[\w.-]+)+/?$|[a-z][a-z0-9+.-]*://|[A-Za-z]:\\|[\w./-]+\.[a-z]{2,5}$"
)
# A name of a program: words joined by dots, arrows or underscores, perhaps a call or an index.
_EXPRESSION = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|::|->|\?\.)[A-Za-z_$][\w$]*)*(?:[(\[{<].*)?$")
_TIME = re.compile(r"\d{4}-\d\d-\d\d|\d\d?:\d\d")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
# Random characters change often between capitals, small letters and digits; words do not.
_FEWEST_NUMBERS = 3
_LONGEST_PIECE = 4
_LONGEST_PIECE_OF_LETTERS = 3
_FEWEST_WORDS = 2


def looks_secret(value: str, *, is_literal: bool = True) -> bool:
    """Tells whether a value looks like a key, a token or a password.

    is_literal: the value is written as it is (in quotes, in a file of settings), so that a word
    with digits may be a password; in code it is more likely a name, and only random characters
    count.
    """
    kinds = _kinds(value)
    shortest = SHORTEST_MIXED if kinds >= _MIXED_KINDS else SHORTEST
    if not shortest <= len(value) <= LONGEST or _STANDS_FOR.match(value):
        return False
    if any(map(str.isspace, value)) or _PATH.match(value) or _TIME.match(value):
        return False
    if not is_literal and _EXPRESSION.match(value):
        return is_random(value)
    if not any(map(str.isdigit, value)):
        return _is_long_word(value) or (kinds >= _MIXED_KINDS and not _EXPRESSION.match(value))
    if value.replace(".", "").replace(",", "").replace("_", "").isdigit():
        return False
    return bits(value) >= _LEAST_BITS and kinds > 1 and not _is_numbered_name(value)


def is_random(value: str) -> bool:
    """Tells whether letters and digits are mixed as no name in a program mixes them."""
    words = _WORD.findall(value)
    if len(value) < SHORTEST or not any(map(str.isdigit, value)):
        return False
    numbers = sum(word.isdigit() for word in words)
    return (
        numbers >= _FEWEST_NUMBERS
        and bits(value) >= _LEAST_BITS
        and len(value) / len(words) < _LONGEST_PIECE
    )


def is_encoded(value: str) -> bool:
    """Tells base64 from words: capitals and small letters change as in no word."""
    pieces = _WORD.findall(value)
    is_mixed = any(map(str.islower, value)) and any(map(str.isupper, value[1:]))
    return is_mixed and len(value) / max(len(pieces), 1) < _LONGEST_PIECE_OF_LETTERS


def bits(value: str) -> float:
    """Returns the entropy of a text in bits for each character."""
    counts = Counter(value).values()
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts)


def _kinds(value: str) -> int:
    """Returns how many of small letters, capitals, digits and signs stand in a value."""
    return (
        any(map(str.islower, value)) + any(map(str.isupper, value))
        + any(map(str.isdigit, value)) + any(not c.isalnum() and c not in "_-." for c in value)
    )  # fmt: skip


def _is_long_word(value: str) -> bool:
    is_mixed = any(map(str.islower, value[1:])) and any(map(str.isupper, value[1:]))
    is_long = len(value) >= _LEAST_LETTERS and bits(value) >= _LEAST_BITS_OF_LETTERS
    return (
        is_long and is_mixed and len(value) / len(_WORD.findall(value)) < _LONGEST_PIECE_OF_LETTERS
    )


def _is_numbered_name(value: str) -> bool:
    """Tells names such as `token_1`, `sha256` or `user-name2` from passwords such as `hunter22`."""
    words = _WORD.findall(value)
    return (
        len(words) > _FEWEST_WORDS
        and words[-1].isdigit()
        and not any(map(str.isdigit, words[:-1]))
        and ("_" in value or "-" in value)
    )
