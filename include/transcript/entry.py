"""A transcript entry as MongoDB keeps it, and back: the one place that knows our own fields."""

import json
from collections.abc import Mapping
from typing import Any

OWN_FIELDS = frozenset({
    "_id", "stream", "generation", "sourceOffset", "projectId", "sessionKey", "sourceFile",
    "host", "eventAt", "ingestedAt", "preview", "rawLine", "rawFile",
})  # fmt: skip

# What code that reads an entry may raise where JSON is valid and of no shape anyone foresaw.
# One odd entry must never stop what reads them all.
ODD_ENTRY = (TypeError, ValueError, KeyError, AttributeError, IndexError, RecursionError)


def entry_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the entry as written, from its MongoDB document; `rawLine` wins where there is one.

    Broken UTF-8 comes back as U+FFFD; lone surrogates stay, so encode with `errors="replace"`.

    Raises:
        ValueError: `rawLine` holds no JSON.
        AttributeError: It is neither text nor bytes.

    """
    raw = document.get("rawLine")
    if raw is None:
        # A copy without a few names costs a third of choosing among all of them.
        entry = dict(document)
        for name in OWN_FIELDS:
            entry.pop(name, None)
        return entry
    text = raw if isinstance(raw, str) else raw.decode("utf-8", errors="replace")
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def read_in_place(document: dict[str, Any]) -> dict[str, Any]:
    """Returns what an entry's fields can be read from by name, without a copy where there is one.

    Our own fields may stand beside them, so it is nothing to take all fields of: an entry that has
    a field of such a name is kept as its line.

    Raises:
        ValueError: `rawLine` holds no JSON.
        AttributeError: It is neither text nor bytes.

    """
    return document if document.get("rawLine") is None else entry_of(document)
