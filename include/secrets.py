"""Masks secrets in short texts for people: previews and lists, never the archive itself."""

import re
from dataclasses import dataclass

MASK = "•••"


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    """A pattern, and words without which it cannot match: most texts hold none of them."""

    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    replacement: str = MASK


_RULES = (
    _Rule(("sk-",), re.compile(r"sk-[A-Za-z0-9_-]{16,}")),
    _Rule(("_live_", "_test_"), re.compile(r"\b[srp]k_(?:live|test)_[A-Za-z0-9]{10,}")),
    _Rule(
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        re.compile(r"\bgh[pousr]_[A-Za-z0-9]{16,}"),
    ),
    _Rule(("github_pat_",), re.compile(r"github_pat_\w{20,}")),
    _Rule(("glpat-",), re.compile(r"glpat-[\w-]{16,}")),
    _Rule(("npm_", "pypi-"), re.compile(r"\b(?:npm_|pypi-)[\w-]{20,}")),
    _Rule(("hf_",), re.compile(r"\bhf_[A-Za-z0-9]{20,}")),
    _Rule(("akia", "asia"), re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    _Rule(("aiza",), re.compile(r"AIza[\w-]{30,}")),
    _Rule(("xox",), re.compile(r"xox[abeoprs]-[\w-]{10,}")),
    _Rule(("eyj",), re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*")),
    _Rule(
        ("private key",),
        re.compile(
            r"-----BEGIN[ A-Z]*PRIVATE KEY-----.*?(?:-----END[ A-Z]*PRIVATE KEY-----|\Z)", re.DOTALL
        ),
    ),
    _Rule(
        ("bearer ", "basic "),
        re.compile(r"\b(bearer|basic) +[a-z0-9._~+/=-]{12,}", re.IGNORECASE),
        rf"\1 {MASK}",
    ),
    _Rule(("://",), re.compile(r"(://[^\s:/@]*:)[^\s@/]+@"), rf"\1{MASK}@"),
    _Rule(
        ("password", "passwd", "passphrase", "pwd", "secret", "token", "api", "key"),
        re.compile(
            r"""((?:passw(?:or)?d|passphrase|pwd|secret|token|(?:api|access|private)[_-]?key)
            [\w-]{0,20}["']?\s*[=:]\s*)
            (?:"[^"\n]+"|'[^'\n]+'|[^\s"',;&)}\]]{4,})""",
            re.IGNORECASE | re.VERBOSE,
        ),
        rf"\1{MASK}",
    ),
)

_HINTED = tuple((hint, rule) for rule in _RULES for hint in rule.hints)


def mask_secrets(text: str) -> str:
    """The text with what looks like a key, token or password replaced by dots."""
    lowered = text.lower()
    # Most texts hold no hint at all, and this runs for every record: no generator, no call.
    hinted = [rule for hint, rule in _HINTED if hint in lowered]
    if not hinted:
        return text
    for rule in _RULES:
        if rule in hinted:
            text = rule.pattern.sub(rule.replacement, text)
    return text
