"""Entries with their secrets masked: what the browser shows unless somebody asks to see them."""

from dataclasses import replace
from typing import Any

from cca.dashboards.browser.window import Entry, Window
from cca.masking import mask_secrets, mask_value

# A page shows the first 20,000 characters of a text; what follows is masked as it is asked for.
_MASKED_CHARS = 100_000
# Names and pictures: no text, and a call must keep its id to find its result.
_KEPT = frozenset({"id", "tool_use_id", "source", "signature", "data", "type", "model"})
_TEXTS = ("message", "content", "attachment", "error", "toolUseResult")


def masked(entry: Entry) -> Entry:
    """The entry as a page may show it; `is_masked` where that is not all."""
    texts = {name: entry.body[name] for name in _TEXTS if name in entry.body}
    if "toolUseResult" in texts:
        texts["toolUseResult"] = _patch(texts["toolUseResult"])
    shown = {name: _masked(text) for name, text in texts.items()}
    return replace(entry, body=entry.body | shown, is_masked=shown != texts)


def masked_window(window: Window) -> Window:
    results = {use: masked(entry) for use, entry in window.results.items()}
    return replace(window, entries=[masked(entry) for entry in window.entries], results=results)


def masked_text(text: str, start: int, end: int) -> str:
    """A part of a long text; a key written over many lines is masked in all of its parts."""
    if "PRIVATE KEY" in text:
        return mask_secrets(text)[start:end]
    return mask_secrets(text[start:end])


def _patch(result: Any) -> Any:
    """What a page shows of a tool's own record: the diff, and whose conversation it started."""
    if not isinstance(result, dict):
        return None
    return {name: result[name] for name in ("structuredPatch", "agentId") if name in result}


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_secrets(value[:_MASKED_CHARS]) + value[_MASKED_CHARS:]
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if isinstance(value, dict):
        # What is under `input` may be named as a secret instead of looking like one.
        return {
            key: item if key in _KEPT else mask_value(item) if key == "input" else _masked(item)
            for key, item in value.items()
        }
    return value
