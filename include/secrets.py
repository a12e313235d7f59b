"""Masks secrets in short texts for people: previews and lists, never the archive itself."""

import re

MASK = "•••"

# Each alternative is anchored on a fixed word, so that prose costs one pass and is left alone.
_TOKENS = re.compile(
    r"""
      sk-(?:ant-|proj-|live-|or-)?[A-Za-z0-9_-]{16,}        # Anthropic, OpenAI and look-alikes
    | \b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}         # Stripe
    | \bgh[pousr]_[A-Za-z0-9]{16,} | \bgithub_pat_\w{20,}   # GitHub
    | \bglpat-[\w-]{16,} | \bnpm_[A-Za-z0-9]{30,} | \bhf_[A-Za-z0-9]{20,} | \bpypi-[\w-]{20,}
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b                         # AWS
    | \bAIza[\w-]{30,}                                      # Google
    | \bxox[abeoprs]-[\w-]{10,}                             # Slack
    | \beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*                  # JSON web tokens
    | -----BEGIN[ A-Z]*PRIVATE[ ]KEY-----.*?(?:-----END[ A-Z]*PRIVATE[ ]KEY-----|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)(\s+)[A-Za-z0-9._~+/=-]{12,}")
_URL_PASSWORD = re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]*:)[^\s@/]+@", re.IGNORECASE)
_NAMED = re.compile(
    r"""(?ix)
    ((?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key
        |private[_-]?key|client[_-]?secret)
     [\w-]{0,20} ["']? \s* (?:=|:) \s*)
    (?:"[^"\n]+" | '[^'\n]+' | [^\s"',;&)}\]]{4,})
    """
)


def mask_secrets(text: str) -> str:
    """The text with what looks like a key, token or password replaced by dots."""
    text = _TOKENS.sub(MASK, text)
    text = _BEARER.sub(rf"\1\2{MASK}", text)
    if "://" in text:
        text = _URL_PASSWORD.sub(rf"\1{MASK}@", text)
    return _NAMED.sub(rf"\1{MASK}", text)
