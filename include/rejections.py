"""Tool calls that a person did not allow: they never ran, so they are no failures."""

import re
from typing import Any

from cca.extract.blocks import ERROR_CHARACTERS

# The first rule of dbt's macro `error_class`, which a test holds equal to this one.
PATTERN = "the user doesn.t want to (?:proceed|take this action)|user rejected|request interrupted"
_SAYS_SO = re.compile(PATTERN)


def is_rejection(entry: dict[str, Any], text: str) -> bool:
    """Whether a result that is an error, of this entry and text, says that a person said no."""
    has_kind = entry.get("toolDenialKind") is not None
    return has_kind or _SAYS_SO.search(text[:ERROR_CHARACTERS].lower()) is not None
