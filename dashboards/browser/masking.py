"""Entries with their secrets masked: what the browser shows unless somebody asks to see them."""

from dataclasses import replace
from typing import Any

from cca.conversation.excerpt import Excerpt
from cca.conversation.stored import StoredEntry
from cca.masking import mask_secrets, mask_value
from cca.transcript.kinds import is_hidden
from cca.transcript.roles import role_of
from cca.transcript.values import mapping

# A page shows the first 20,000 characters of a text; what follows is masked as it is asked for.
_MASKED_CHARS = 100_000
# Keys of identifiers and image data; they are never masked.
_KEPT = frozenset({"id", "tool_use_id", "signature", "type", "model"})
_FACTS = (
    "structuredPatch", "agentId", "runId", "name", "filePath", "file_path", "type", "answers",
    "mode", "numFiles", "numLines", "numMatches",
)  # fmt: skip
_FILE_FACTS = ("filePath", "numLines")
_TEXTS = ("message", "content", "mcpMeta", "toolUseResult")


def masked(entry: StoredEntry) -> StoredEntry:
    """The entry as a page may show it; `is_masked` where that is not all."""
    if is_hidden(str(entry.body.get("type"))):
        return entry
    # Of messages a page shows the content, of other entries whatever they hold.
    shows_all = role_of(entry.body) is None
    texts = {name: text for name, text in entry.body.items() if shows_all or name in _TEXTS}
    if "toolUseResult" in texts:
        texts["toolUseResult"] = _patch(texts["toolUseResult"])
    shown = {name: _masked(text) for name, text in texts.items()}
    return replace(entry, body=entry.body | shown, is_masked=shown != texts)


def masked_excerpt(excerpt: Excerpt) -> Excerpt:
    """The excerpt as a page may show it."""
    results = {call: masked(entry) for call, entry in excerpt.pairs.results.items()}
    entries = [masked(entry) for entry in excerpt.entries]
    return replace(excerpt, entries=entries, pairs=excerpt.pairs._replace(results=results))


def masked_text(text: str, start: int, end: int) -> str:
    """A part of a long text; a key written over many lines is masked in all of its parts."""
    if "PRIVATE KEY" in text:
        return mask_secrets(text)[start:end]
    return mask_secrets(text[start:end])


def _patch(result: Any) -> Any:
    """What a page shows of a tool's own record: the diff, the file, whose conversation it began."""
    if not isinstance(result, dict):
        return None
    facts = {name: result[name] for name in _FACTS if name in result}
    file = mapping(result.get("file"))
    told = {name: file[name] for name in _FILE_FACTS if name in file}
    return facts | ({"file": told} if told else {})


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_secrets(value[:_MASKED_CHARS]) + value[_MASKED_CHARS:]
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if isinstance(value, dict):
        return {key: _under(key, item) for key, item in value.items()}
    return value


def _under(key: str, item: Any) -> Any:
    if key in _KEPT or (key == "source" and mapping(item).get("type") == "base64"):
        return item
    # What is under `input` may be named as a secret instead of looking like one.
    return mask_value(item) if key == "input" else _masked(item)
