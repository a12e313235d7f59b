"""What a tool answered: its text, why it failed, and whether a person said no."""

import re
from collections.abc import Iterator
from typing import Any

from cca.transcript.terminal import plain
from cca.transcript.values import as_json, string

ERROR_CHARACTERS = 300  # enough to tell what kind of error it is
REJECTED = "rejected by the user"
_HOOK = "blocked by a hook"
# The first rule that matches wins.
_RULES = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (
            REJECTED,
            (
                r"the user doesn.t want to (?:proceed|take this action)|user rejected"
                r"|request interrupted"
            ),
        ),
        (_HOOK, r"hook (?:blocked|denied|error)|blocked by .*hook|pretooluse"),
        (
            "permission",
            r"permission|not allowed|denied|haven.t granted|eacces|operation not permitted",
        ),
        ("timeout", r"timed? ?out|timeout|etimedout"),
        (
            "file not read",
            (
                r"has not been read yet|file has been (?:modified|unexpectedly modified)"
                r"|read it (?:first|again)"
            ),
        ),
        (
            "text not found",
            (
                r"string to replace not found|no match(?:es)? found|not found in file"
                r"|found \d+ matches"
            ),
        ),
        ("file not found", r"no such file|does not exist|file not found|enoent|eisdir"),
        ("unknown tool", r"no such tool|unknown tool|tool .* not (?:found|available)"),
        (
            "invalid input",
            r"inputvalidationerror|invalid|validation|required parameter|unexpected parameter",
        ),
        (
            "network",
            (
                r"econnrefused|enotfound|connection|network|http \d{3}|status code [45]"
                r"|fetch failed|socket"
            ),
        ),
        ("too large", r"exceeds maximum|too large|maximum allowed"),
        ("exit code", r"^\s*(?:error: )?exit code \d+|command failed"),
    )
)
ERROR_CLASSES = (*(name for name, _ in _RULES), "other")
_TAG, _CLOSING = "<tool_use_error>", "</tool_use_error>"
# Parts without words, and the parts whose words are another's.
_PICTURES = frozenset({"image"})
# What the words of a part stand under, where it is no plain text.
_WORDS = (
    "title", "name", "tool_name", "uri", "url", "description", "text", "stdout", "stderr",
    "error_code", "error_message", "file_id", "content",
)  # fmt: skip
_DEEPEST = 6


def result_text(content: Any) -> str:
    """Returns the words of a result's content, a part a line; "" without any.

    Texts, links, documents, references to tools, search results and what code printed are words;
    pictures and encoded files are not.
    """
    if isinstance(content, str):
        return content
    return "\n".join(_words(content, _DEEPEST)) if content is not None else ""


def is_error(block: dict[str, Any]) -> bool:
    """Tells whether a result block says that the call failed."""
    if block.get("is_error") is True:
        return True
    content = block.get("content")
    kind = content.get("type") if isinstance(content, dict) else None
    return isinstance(kind, str) and kind.endswith("_error")


def error_text(text: str) -> str:
    """Returns the start of an error's text, without tags and colours."""
    return plain(without_tag(text[: 4 * ERROR_CHARACTERS]))[:ERROR_CHARACTERS]


def without_tag(text: str) -> str:
    """Returns an error's text without the tag that Claude Code puts around it."""
    if text.lstrip().startswith(_TAG):
        return text.replace(_TAG, "", 1).replace(_CLOSING, "", 1)
    return text


def error_class(entry: dict[str, Any], text: str) -> str:
    """Returns one of `ERROR_CLASSES` for a result that is an error, of this entry and text."""
    denial = entry.get("toolDenialKind")
    if denial is not None:
        return _of_denial(str(denial).lower())
    said = error_text(text).lower()
    return next((name for name, rule in _RULES if rule.search(said)), "other")


def is_rejection(entry: dict[str, Any], text: str) -> bool:
    """Tells whether such a result says that a person said no: the call never ran."""
    if entry.get("toolDenialKind") is not None:
        return error_class(entry, text) == REJECTED
    return _RULES[0][1].search(error_text(text).lower()) is not None


def _of_denial(kind: str) -> str:
    """Whatever a person, or a rule of theirs, did not allow is one class; a hook is a program."""
    return _HOOK if "hook" in kind else REJECTED


def _words(value: Any, levels: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _words(part, levels - 1) if levels else ()
    elif isinstance(value, dict):
        yield from _of_part(value, levels)
    elif value is not None:
        yield as_json(value)


def _of_part(part: dict[str, Any], levels: int) -> Iterator[str]:
    kind = string(part.get("type"))
    if kind in _PICTURES or not levels:
        return
    if kind == "text":
        if isinstance(part.get("text"), str):
            yield part["text"]
        return
    source = part.get("source")
    if isinstance(source, dict):
        yield from _of_document(part, source, levels)
        return
    found = False
    for name in _WORDS:
        value = part.get(name)
        if isinstance(value, str | list | dict) and value:
            found = True
            yield from _words(value, levels - 1)
    resource = part.get("resource")
    if isinstance(resource, dict):
        yield from _of_part(resource, levels - 1)
    elif not found:
        yield as_json(part)


def _of_document(part: dict[str, Any], source: dict[str, Any], levels: int) -> Iterator[str]:
    """Words of a document: its title and its text; of an encoded one its kind."""
    title = part.get("title")
    if isinstance(title, str) and title:
        yield title
    kind = source.get("type")
    if kind == "text" and isinstance(source.get("data"), str):
        yield source["data"]
    elif kind == "content":
        yield from _words(source.get("content"), levels - 1)
    elif kind == "url" and isinstance(source.get("url"), str):
        yield source["url"]
    elif not title and isinstance(source.get("media_type"), str):
        yield f"[{source['media_type']}]"


def document_text(block: Any) -> str:
    """Returns the words of one block that is no plain text: a document, a link, a result part."""
    return "\n".join(_words(block, _DEEPEST))
