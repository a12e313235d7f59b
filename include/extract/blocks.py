"""Rows of an entry's content blocks: one a block, whatever shape the content has."""

from typing import Any

from cca.transcript import patches, pull_requests, tools
from cca.transcript.blocks import block_text, is_call, is_result, kind_of
from cca.transcript.checks import check_of_call, reports_failure
from cca.transcript.commits import commit_of
from cca.transcript.results import REJECTED, document_text, error_class, error_text, is_error
from cca.transcript.results import result_text as words_of
from cca.transcript.sizes import pictures
from cca.transcript.values import as_json

# The columns of cca.records from `kind` on; values are as written, their conversion checks them.
BlockRow = tuple[Any, ...]
# What no result has, and what nothing but a call or a result has.
_NO_ERROR = (None, None, None)
_NO_CALL = (None, None, None, None)
_NO_FILE = (None, None, None)
_NO_PULL_REQUEST = (None, None)
_NO_COMMIT = (None, None)
_NOTHING_PRINTED = (None, *_NO_COMMIT)
_REST = (None, *_NO_ERROR, *_NO_FILE, None, *_NO_PULL_REQUEST, None, *_NOTHING_PRINTED)


def rows_of(entry: dict[str, Any], blocks: list[Any]) -> list[BlockRow]:
    """Returns a row each, in the order of the schema."""
    result = entry.get("toolUseResult")
    rows: list[BlockRow] = []
    for block in blocks:
        kind = kind_of(block)
        if not isinstance(block, dict):
            rows.append(_of_text(kind, as_json(block), 0))
        elif is_call(kind):
            is_subagent = bool(entry.get("isSidechain"))
            rows.append(_call(kind, block, is_subagent=is_subagent))
        elif is_result(kind):
            rows.append(_result(kind, block, entry, result))
            result = None  # It belongs to one result; the first takes it.
        else:
            text = block_text(block)
            if text is None and kind == "document":
                text = document_text(block)
            rows.append(_of_text(kind, text, pictures(block)))
    return rows


def _of_text(kind: str, text: str | None, shown: int) -> BlockRow:
    return (kind, *_NO_CALL, text, *_REST, len(text) if text else 0, shown)


def _call(kind: str, block: dict[str, Any], *, is_subagent: bool) -> BlockRow:
    name, values = block.get("name"), block.get("input")
    given = as_json(values)
    # A subagent's result has no patch, so its input must say what changed.
    is_counted = is_subagent and isinstance(name, str)
    added, removed = (patches.lines_of_input(name, values) if is_counted else None) or (None, None)
    return (
        kind, block.get("id"), name, given, None, None, tools.subject(values), *_NO_ERROR,
        tools.file_path(values), added, removed, pull_requests.opens(values), *_NO_PULL_REQUEST,
        check_of_call(name, values), *_NOTHING_PRINTED, len(given), 0,
    )  # fmt: skip


def _result(kind: str, block: dict[str, Any], entry: dict[str, Any], result: Any) -> BlockRow:
    added, removed = patches.lines_of_result(result) or (None, None)
    content = block.get("content")
    text = None if content is None else words_of(content)
    failure: BlockRow = _NO_ERROR
    failed = is_error(block)
    if failed or entry.get("toolDenialKind") is not None:
        name = error_class(entry, text or "")
        failure = (error_text(text or "") if failed else None, name, name == REJECTED)
    return (
        kind, block.get("tool_use_id"), None, None, failed or block.get("is_error"), text, None,
        *failure, tools.result_path(result), added, removed, None,
        *(pull_requests.opened(text or "") or _NO_PULL_REQUEST), None, *_printed(text, result),
        len(text) if text else 0, 0 if isinstance(content, str) else pictures(block),
    )  # fmt: skip


def _printed(text: str | None, result: Any) -> BlockRow:
    """What a shell command's output says: whether it failed, and the commit it made.

    A subagent's result does not tell whose it is, so its words are read as well.
    """
    if not text or (isinstance(result, dict) and "stdout" not in result):
        return _NOTHING_PRINTED
    return (reports_failure(text), *(commit_of(text) or _NO_COMMIT))
