"""The parts of what an entry shows: texts, calls, results, pictures, files, links; pure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from cca.transcript.blocks import is_call, is_result, kind_of
from cca.transcript.kinds import is_picture, label_of_block
from cca.transcript.results import document_text, is_error, result_text, without_tag
from cca.transcript.terminal import plain
from cca.transcript.tools import result_path
from cca.transcript.values import as_json, mapping, mended, string

KINDS = (
    "text", "prompt", "thinking", "call", "result", "image", "file", "link", "command", "note",
    "fold",
)  # fmt: skip
_FORMATS = {
    "application/pdf": "PDF", "text/plain": "text", "text/markdown": "Markdown",
    "text/csv": "CSV", "text/html": "HTML", "application/json": "JSON",
}  # fmt: skip
_WEB = ("https://", "http://")
_BESIDE_TEXT = frozenset({"image", "document", "resource_link"})
# Blocks that say nothing to a reader.
_SILENT = frozenset({"redacted_thinking", "fallback"})


@dataclass(frozen=True)
class Part:
    """One part of what an entry shows; kind: one of `KINDS`.

    `text` is whole, as written. `label` names a fold, a file, a link, a command or a call. `given`
    is the block of a call or a result; `block` is its place in the entry's content, or in a
    result's content. `call` is the id of the call that it is, or belongs to. `data` is the base64
    of a picture and `media` its type.
    """

    kind: str
    text: str = ""
    label: str = ""
    block: int = 0
    given: dict[str, Any] = field(default_factory=dict)
    call: str = ""
    url: str = ""
    media: str = ""
    data: str = ""
    is_failed: bool = False

    def __post_init__(self) -> None:
        """Makes label and address plain: names come from transcripts too."""
        object.__setattr__(self, "label", plain(mended(self.label)))
        object.__setattr__(self, "url", plain(mended(self.url)))

    @cached_property
    def plain(self) -> str:
        """The text as it stood on a screen: without colours, each line as it was at the end."""
        return plain(mended(self.text))


def of_claude(blocks: list[Any], body: dict[str, Any]) -> Iterator[Part]:
    """Yields the parts of an answer; `body` is the entry that its blocks stand in."""
    for index, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        kind = kind_of(block)
        if kind == "text":
            yield from texts("text", string(block.get("text")) or "", index)
        elif kind == "thinking":
            yield from texts("thinking", string(block.get("thinking")) or "", index)
        else:
            yield from of_block(index, block, body)


def texts(kind: str, text: str, block: int, label: str = "") -> Iterator[Part]:
    """Yields a part of this text, none where there is nothing to read."""
    if text.strip():
        yield Part(kind, text, label, block)


def of_block(index: int, block: dict[str, Any], body: dict[str, Any]) -> Iterator[Part]:
    """Yields the parts of a block that is neither text nor thinking."""
    kind = kind_of(block)
    if is_call(kind):
        yield Part("call", label=string(block.get("name")) or "tool", block=index, given=block,
                   call=string(block.get("id")) or "")  # fmt: skip
    elif is_result(kind):
        answers = string(block.get("tool_use_id")) or ""
        yield Part("result", _text_of_result(block), block=index, given=block, call=answers,
                   is_failed=is_error(block))  # fmt: skip
        yield from of_result(block, body)
    elif kind not in _SILENT:
        yield from _attached(index, block)


def of_result(block: dict[str, Any], answer: dict[str, Any]) -> Iterator[Part]:
    """Yields what a result holds beside its text: pictures, files, links and structured content.

    `answer` is the entry that the result block stands in.
    """
    call = string(block.get("tool_use_id")) or ""
    content = block.get("content")
    name = (result_path(answer.get("toolUseResult")) or "").replace("\\", "/").rsplit("/", 1)[-1]
    for index, item in enumerate(content if isinstance(content, list) else ()):
        if kind_of(item) in _BESIDE_TEXT:
            yield from (replace(part, call=call) for part in _attached(index, item, name))
    structured = mapping(answer.get("mcpMeta")).get("structuredContent")
    if structured is not None:
        yield Part("fold", pretty(structured), "Structured content", call=call)


def pretty(value: object) -> str:
    """Returns JSON as a person reads it."""
    return mended(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def size_of(chars: int) -> str:
    """Returns a number of characters or bytes as a person says it: 12.3 kB."""
    for unit, scale in (("MB", 1_000_000), ("kB", 1_000)):
        if chars >= scale:
            return f"{chars / scale:.1f} {unit}"
    return f"{chars} B"


def thousands(number: object) -> str:
    """Returns 12 345 as 12.3k, the way a person says it."""
    value = float(number) if isinstance(number, int | float) else 0.0
    for unit, scale in (("M", 1e6), ("k", 1e3)):
        if value >= scale:
            return f"{value / scale:.1f}{unit}"
    return f"{value:.0f}"


def _text_of_result(block: dict[str, Any]) -> str:
    """The words of a result; its files and links are parts of their own."""
    content = block.get("content")
    if isinstance(content, list):
        content = [item for item in content if kind_of(item) not in _BESIDE_TEXT]
    text = result_text(content)
    return without_tag(text) if is_error(block) else text


def _attached(index: int, block: dict[str, Any], name: str = "") -> Iterator[Part]:
    kind = kind_of(block)
    if is_picture(block):
        source = block["source"]
        yield Part("image", label="Image", block=index, data=str(source["data"]),
                   media=str(source["media_type"]))  # fmt: skip
    elif kind == "image":
        yield Part("file", label="Image that cannot be shown", block=index)
    elif kind == "document":
        yield _document(index, block, name)
    elif kind == "resource_link":
        url = string(block.get("uri")) or ""
        called = string(block.get("title")) or string(block.get("name")) or url
        about = string(block.get("description"))
        yield _link(index, f"{called}: {about}" if about else called, url)
    else:
        text = document_text(block) or as_json(block)
        yield from texts("fold", text, index, label_of_block(kind))


def _document(index: int, block: dict[str, Any], name: str) -> Part:
    """A document: its text where it is text, else what it is and how large."""
    source = mapping(block.get("source"))
    media = string(source.get("media_type")) or ""
    data = string(source.get("data")) or ""
    name = string(block.get("title")) or name or "Document"
    if source.get("type") == "base64":
        facts = [_FORMATS.get(media, media), size_of(len(data.rstrip("=")) * 3 // 4)]
        return Part("file", label=f"{name} ({', '.join(filter(None, facts))})", block=index)
    if source.get("type") == "url":
        return _link(index, name, string(source.get("url")) or "")
    text = data if source.get("type") == "text" else result_text(source.get("content"))
    return Part("file", text, name, index)


def _link(index: int, name: str, url: str) -> Part:
    """A link; only one that leads to a web page can be followed."""
    return Part("link", url, name, index, url=url if url.startswith(_WEB) else "")
