"""Every row of the table of cases, through the rules in Python."""

from typing import Any

import pytest

from cca.transcript.blocks import blocks_of, is_result, kind_of, text_of
from cca.transcript.category import task_category
from cca.transcript.causes import Causes, causes_of
from cca.transcript.kinds import subtype_of
from cca.transcript.prompts import (
    command_of,
    is_human_prompt,
    prompt_text,
    queued_blocks,
    said,
)
from cca.transcript.pull_requests import PullRequest, linked, opened, opens
from cca.transcript.results import error_class, is_rejection, result_text
from cca.transcript.roles import role_of
from cca.transcript.slugs import slug_of, user_of
from cca.transcript.times import parse_timestamp
from cca.transcript.titles import TITLE_FIELDS, title_of, title_of_prompt
from cca.transcript.usage import usage_rows
from tests.transcript.cases import cases

Entry = dict[str, Any]
CASES = cases()


def _result(entry: Entry) -> Entry:
    return next(block for block in blocks_of(entry) if is_result(kind_of(block)))


def _title(entry: Entry) -> str | None:
    if entry["type"] not in TITLE_FIELDS:
        return title_of_prompt(entry)
    found = title_of(entry)
    return found[1] if found else None


def _said(entry: Entry, name: str) -> Any:
    found = said(entry)
    return getattr(found, name) if found else None


def _error(entry: Entry) -> str:
    return result_text(_result(entry).get("content"))


def _time(entry: Entry) -> str | None:
    found = parse_timestamp(entry.get("timestamp"))
    return found.isoformat() if found else None


def _usage(entry: Entry) -> list[list[Any]]:
    return [
        [
            row.kind, row.model, row.input_tokens, row.output_tokens, row.cache_write_5m_tokens,
            row.cache_write_1h_tokens, row.cache_read_tokens,
        ]
        for row in usage_rows(entry)
    ]  # fmt: skip


def _listed(found: PullRequest | None) -> list[str | None] | None:
    return None if found is None else list(found)


RULES = {
    "role": role_of,
    "speaker": lambda entry: _said(entry, "speaker"),
    "kind": lambda entry: _said(entry, "kind"),
    "headline": lambda entry: _said(entry, "headline"),
    "is_prompt": is_human_prompt,
    "prompt": prompt_text,
    "command": command_of,
    "title": _title,
    "blocks": lambda entry: [kind_of(block) for block in blocks_of(entry)],
    "text": lambda entry: text_of(queued_blocks(entry) or blocks_of(entry)),
    "result": lambda entry: result_text(_result(entry).get("content")),
    "error_class": lambda entry: error_class(entry, _error(entry)),
    "is_rejected": lambda entry: is_rejection(entry, _error(entry)),
    "timestamp": _time,
    "slug": lambda entry: slug_of(entry["cwd"]),
    "usage": _usage,
    "category": lambda entry: task_category(prompt_text(entry)),
    "causes": lambda entry: list(causes_of(entry, blocks_of(entry))),
    "pull_request": lambda entry: _listed(linked(entry)),
    "opened": lambda entry: _listed(opened(_error(entry))),
    "opens": lambda entry: opens(blocks_of(entry)[-1]["input"]),
    "user": lambda entry: user_of(entry["cwd"]),
}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_an_entry_is_what_the_table_says(case: Entry) -> None:
    found = {name: RULES[name](case["entry"]) for name in case["is"]}
    assert found == case["is"]


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_rule_has_cases(name: str) -> None:
    assert any(name in case["is"] for case in CASES)


@pytest.mark.parametrize("odd", [None, 7, "text", [], [1], {"type": ["x"]}, {"content": 9}, True])
@pytest.mark.parametrize("kind", ["user", "assistant", "system", "attachment", "summary", None])
def test_no_shape_raises(kind: str | None, odd: Any) -> None:
    names = ("message", "content", "attachment", "origin", "promptSource", "timestamp", "subtype")
    for entry in ({"type": kind} | {name: odd} for name in names):
        assert said(entry) is None or isinstance(said(entry), tuple)
        assert isinstance(blocks_of(entry), list)
        assert isinstance(title_of_prompt(entry), str)
        assert usage_rows(entry) == []
        assert isinstance(causes_of(entry, blocks_of(entry)), Causes)
        assert linked(entry) is None
        assert isinstance(subtype_of(entry), str | None)
