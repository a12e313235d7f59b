"""Values that a name calls a secret: `password = …`, `"api_key": "…"`, `--token …`, `<secret>…`.

A name alone masks nothing, since programs talk about tokens and secrets all the time: the value
must look like one (`judge`), and it stands on the same line.
"""

import re

from cca.masking.judge import looks_secret
from cca.masking.rules import MASK, Pattern, Rule

_WORDS = (
    r"passw(?:or)?d|passphrase|passwort|pwd|secret|token|credential"
    r"|(?:api|access|private|auth|account|signing|encryption|master|service|license|storage|shared)"
    r"[_-]?key"
)
# What may follow: SECRET_KEY, secret_access_key, tokenValue, PASSWORD_PROD, password2.
_TAILS = (
    r"(?:[_-]?(?:access[_-]?)?(?:key|base|value|hash|string|text|prod|production|dev|staging|test))*"
    r"[_-]?\d{0,2}"
)
HINTS = (
    *("password", "passwd", "passphrase", "passwort", "pwd", "secret", "token", "credential"),
    *(
        f"{kind}{sign}key"
        for kind in ("api", "access", "private", "auth", "account", "signing", "encryption",
                     "master", "service", "license", "storage", "shared")
        for sign in ("", "_", "-")
    ),
)  # fmt: skip
_BARE = r"[^\s\"'`\\,;&|)}\]<>]+"
_ASSIGNED = Pattern(
    rf"""(?P<before>(?:{_WORDS}){_TAILS}(?P<close>\\*["'`\]]*)
    (?P<sign>[ \t]*(?:=>|:=|\?=|=(?!=)|:(?!:))[ \t]*))
    (?:(?P<open>[a-z]?\\*(?P<quote>["'`]))(?P<quoted>[^"'`\\\n]+)(?=\\*(?P=quote))
    |(?P<line>(?<=:[ ])[^\s"'`\\]+(?=[ \t]*\r?(?:\n|\Z)))
    |(?P<bare>{_BARE}))""",
    re.IGNORECASE | re.VERBOSE,
)
_OPTION = Pattern(
    rf"(?P<before>(?<!\S)--?[a-z-]*?(?:{_WORDS})[ ]+[\"']?)(?P<value>[^\s\"'$]+)",
    re.IGNORECASE,
)
_ELEMENT = Pattern(
    rf"(?P<before><(?:[\w:.-]*(?:{_WORDS}){_TAILS})[^<>\n]*>[ \t]*)(?P<value>[^<>\s]+)(?=[ \t]*</)",
    re.IGNORECASE,
)
_PAIR = Pattern(
    rf"(?P<before>(?:key|name)=[\"'][\w:.-]*(?:{_WORDS}){_TAILS}[\"'][ \t]+value=[\"'])"
    r"(?P<value>[^\"'\n]+)",
    re.IGNORECASE,
)


def _assigned(found: re.Match[str]) -> str:
    value = found["quoted"] or found["line"] or found["bare"]
    is_literal = bool(found["quoted"]) or _is_setting(found)
    if not looks_secret(value, is_literal=is_literal):
        return found[0]
    return f"{found['before']}{found['open'] or ''}{MASK}"


def _is_setting(found: re.Match[str]) -> bool:
    """Tells `NAME=value` of a shell and `name: value` of a file from a program's assignment."""
    if found["close"]:
        return False
    return found["sign"] == "=" or found["line"] is not None


def _valued(found: re.Match[str]) -> str:
    is_secret = looks_secret(found["value"])
    return f"{found['before']}{MASK}" if is_secret else found[0]


RULES = (
    Rule(HINTS, _ASSIGNED, _assigned, is_at_hint=True),
    Rule(tuple(f"{hint} " for hint in HINTS), _OPTION, _valued),
    Rule(("</",), _ELEMENT, _valued),
    Rule(("value=",), _PAIR, _valued),
)

# The name of a field whose whole value is a secret.
FIELD = Pattern(rf"(?:{_WORDS}){_TAILS}$", re.IGNORECASE)
