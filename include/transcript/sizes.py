"""How much of an entry the model has to read."""

from collections.abc import Mapping
from typing import Any

from cca.transcript.blocks import as_blocks, is_result, kind_of
from cca.transcript.values import mapping

_PICTURES = frozenset({"image", "document"})


def characters(*texts: str | None) -> int:
    """Returns the characters of texts together."""
    return sum(len(text) for text in texts if text)


def pictures(block: Any) -> int:
    """Returns how many pictures and documents stand in a block, or in the result that it is."""
    kind = kind_of(block)
    if kind in _PICTURES:
        return 1
    if not is_result(kind):
        return 0
    return sum(kind_of(part) in _PICTURES for part in as_blocks(block.get("content")))


def attached_characters(entry: Mapping[str, Any]) -> int | None:
    """Returns the characters that an attachment shows the model; None where it does not say.

    Claude Code writes what it sends beside the attachment, as `rendered`.
    """
    rendered = entry.get("rendered")
    if not isinstance(rendered, list):
        return None
    texts = (mapping(part).get("content") for part in rendered)
    return sum(len(text) for text in texts if isinstance(text, str))
