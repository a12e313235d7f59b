"""Masks secrets wherever text is shown; in the archive itself only where MASK_STORED says so."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MASK = "•••"


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    """A pattern, and words without which it cannot match: most texts hold none of them."""

    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    replacement: str = MASK


# Prefixes by which the issuers themselves let their tokens be recognised.
_RULES = (
    _Rule(("sk-",), re.compile(r"sk-[A-Za-z0-9_-]{16,}")),
    _Rule(("k_live_", "k_test_"), re.compile(r"\b[srp]k_(?:live|test)_[A-Za-z0-9]{10,}")),
    _Rule(("whsec_",), re.compile(r"\bwhsec_[A-Za-z0-9+/=]{16,}")),
    _Rule(
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        re.compile(r"\bgh[pousr]_[A-Za-z0-9]{16,}"),
    ),
    _Rule(("github_pat_",), re.compile(r"github_pat_\w{20,}")),
    _Rule(("glpat-", "gldt-", "glrt-"), re.compile(r"\bgl(?:pat|dt|rt)-[\w-]{16,}")),
    _Rule(("npm_", "pypi-"), re.compile(r"\b(?:npm_|pypi-)[\w-]{20,}")),
    _Rule(("hf_",), re.compile(r"\bhf_[A-Za-z0-9]{20,}")),
    _Rule(("akia", "asia"), re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    _Rule(("aiza",), re.compile(r"AIza[\w-]{30,}")),
    _Rule(("gocspx-", "ya29."), re.compile(r"\b(?:GOCSPX-|ya29\.)[\w-]{20,}")),
    _Rule(("xox", "xapp-"), re.compile(r"\b(?:xox[abeoprs]|xapp)-[\w-]{10,}")),
    _Rule(
        ("hooks.slack.com",),
        re.compile(r"(hooks\.slack\.com/(?:services|workflows)/)[\w/+-]{20,}"),
        rf"\1{MASK}",
    ),
    _Rule(("sg.",), re.compile(r"\bSG\.[\w-]{16,}\.[\w-]{16,}")),
    _Rule(("dop_v1_", "doo_v1_"), re.compile(r"\bdo[op]_v1_[a-f0-9]{32,}")),
    _Rule(("shpat_", "shpss_", "shpca_"), re.compile(r"\bshp(?:at|ss|ca)_[a-fA-F0-9]{24,}")),
    _Rule(("dapi",), re.compile(r"\bdapi[a-f0-9]{32}\b")),
    _Rule(("hvs.", "hvb."), re.compile(r"\bhv[sb]\.[\w-]{20,}")),
    _Rule(("lin_api_", "ntn_"), re.compile(r"\b(?:lin_api_|ntn_)[A-Za-z0-9]{20,}")),
    _Rule(("atatt3",), re.compile(r"\bATATT3[\w=-]{30,}")),
    _Rule(("age-secret-key-",), re.compile(r"\bAGE-SECRET-KEY-1[A-Z0-9]{20,}")),
    _Rule((":aa",), re.compile(r"\b\d{8,10}:AA[\w-]{32,}")),
    _Rule(
        ("accountkey=", "sharedaccesskey="),
        re.compile(r"((?:Account|SharedAccess)Key=)[A-Za-z0-9+/=]{20,}", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    _Rule(
        (" -u ", "--user "),
        re.compile(r"((?:\s-u|--user)\s+[\"']?[^\s:\"']+:)[^\s\"']{4,}"),
        rf"\1{MASK}",
    ),
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
        (
            *("password", "passwd", "passphrase", "pwd", "secret", "token"),
            *("apikey", "api_key", "api-key", "accesskey", "access_key", "access-key"),
            *("privatekey", "private_key", "private-key"),
        ),
        re.compile(
            r"""((?:passw(?:or)?d|passphrase|pwd|secret|token|(?:api|access|private)[_-]?key)
            [\w-]{0,20}["']?\s*[=:]\s*)
            (?:"[^"\n]+"|'[^'\n]+'|[^\s"',;&)}\]]{4,})""",
            re.IGNORECASE | re.VERBOSE,
        ),
        rf"\1{MASK}",
    ),
)


# From frequent to rare in transcripts; what is not listed is rarer than all that is.
_FREQUENT = " eotainsrhldcumfpgy/-_.:bvw="
# `find` gives -1 for what is rarer; this turns it into the highest rank.
_RAREST = len(_FREQUENT) + 1


def _any_of(hints: Iterable[str]) -> re.Pattern[str]:
    """One pattern for all: it stops at a hint's rarest character only, and looks around there."""
    by_character: dict[str, list[str]] = {}
    for hint in sorted(set(hints)):
        at = max(range(len(hint)), key=lambda i: _FREQUENT.find(hint[i]) % _RAREST)
        before, after = re.escape(hint[: at + 1]), re.escape(hint[at + 1 :])
        by_character.setdefault(re.escape(hint[at]), []).append(f"(?<={before}){after}")
    return re.compile("|".join(f"{c}(?:{'|'.join(p)})" for c, p in by_character.items()))


_HINTS = tuple((hint, rule) for rule in _RULES for hint in rule.hints)
_ANY_HINT = _any_of(hint for hint, _ in _HINTS)
# The name of a field whose whole value is a secret.
_SECRET_NAME = re.compile(
    r"(?:passw(?:or)?d|passphrase|pwd|secret|token|(?:api|access|private|account)[_-]?key)$",
    re.IGNORECASE,
)


def mask_secrets(text: str) -> str:
    """The text with what looks like a key, token or password replaced by dots."""
    lowered = text.lower()
    # Most texts hold no hint at all, and this runs for every record.
    if not _ANY_HINT.search(lowered):
        return text
    hinted = {rule for hint, rule in _HINTS if hint in lowered}
    for rule in _RULES:
        if rule in hinted:
            text = rule.pattern.sub(rule.replacement, text)
    return text


def mask_value(value: Any) -> Any:
    """A JSON value with the secrets in its texts masked, also where only a key names them."""
    if isinstance(value, str):
        return mask_secrets(value)
    if isinstance(value, list):
        return [mask_value(item) for item in value]
    if isinstance(value, dict):
        return {
            key: MASK
            if isinstance(item, str) and item and _SECRET_NAME.search(key)
            else mask_value(item)
            for key, item in value.items()
        }
    return value
