"""Cases that users of such tools reported, by the rules alone; files come from outside."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cca.transcript.blocks import blocks_of, is_result
from cca.transcript.patches import lines_of_result
from cca.transcript.prompts import is_human_prompt, prompt_text
from cca.transcript.results import error_class, is_error, is_rejection, result_text
from cca.transcript.terminal import plain
from cca.transcript.titles import TITLE_RANKS, title_of, title_of_prompt
from cca.transcript.usage import usage_rows

Entry = dict[str, Any]


def _sessions(field_reports: Path, name: str) -> list[list[Entry]]:
    """The main transcripts of a case, by the time they begin."""
    files = (
        path for path in field_reports.glob(f"{name}/**/*.jsonl") if "subagents" not in path.parts
    )
    read = [[json.loads(line) for line in path.open(encoding="utf-8")] for path in sorted(files)]
    return sorted(read, key=lambda entries: str(entries[0].get("timestamp")))


def _entries(field_reports: Path, name: str) -> list[Entry]:
    return [entry for entries in _sessions(field_reports, name) for entry in entries]


def _expected(field_reports: Path, name: str) -> Any:
    return json.loads((field_reports / name / "expected.json").read_text(encoding="utf-8"))


def _prompts(entries: list[Entry]) -> list[str]:
    return [prompt_text(entry) for entry in entries if is_human_prompt(entry)]


def _title(entries: list[Entry]) -> str:
    named = {found[0]: found[1] for entry in entries if (found := title_of(entry))}
    ranked = sorted((TITLE_RANKS[kind], title) for kind, title in named.items() if title)
    return ranked[0][1] if ranked else next(filter(None, map(title_of_prompt, entries)), "")


@pytest.mark.parametrize(
    "name",
    [
        "20-task-notification", "22-thinking-only", "26-ide", "27-hooks", "28-scheduled",
        "33-compaction", "34-rewind", "35-interrupted", "41-structured", "87-reminder-prefix",
        "12-workflow",
    ],
)  # fmt: skip
def test_as_many_prompts_as_a_person_gave(field_reports: Path, name: str) -> None:
    assert len(_prompts(_entries(field_reports, name))) == _expected(field_reports, name)["prompts"]


@pytest.mark.parametrize("name", ["26-ide", "87-reminder-prefix"])
def test_a_title_is_what_a_person_typed(field_reports: Path, name: str) -> None:
    assert _title(_entries(field_reports, name)) == _expected(field_reports, name)["title"]


def test_teammates_are_no_persons_and_name_a_session_in_words(field_reports: Path) -> None:
    counts = {}
    for entries in _sessions(field_reports, "21-teammates"):
        is_mate = any(entry.get("agentName") for entry in entries)
        counts["mate" if is_mate else "lead"] = len(_prompts(entries))
        if is_mate:
            assert _title(entries) == "Review parser.py"
    expected = _expected(field_reports, "21-teammates")
    assert counts == {"lead": expected["prompts_lead"], "mate": expected["prompts_mate"]}


def test_a_session_that_begins_with_commands(field_reports: Path) -> None:
    titles = Counter(_title(entries) for entries in _sessions(field_reports, "23-command-first"))
    expected = _expected(field_reports, "23-command-first")
    assert titles == Counter([expected["title"], expected["title_init"]])
    assert [len(_prompts(entries)) for entries in _sessions(field_reports, "23-command-first")] == [
        1,
        1,
    ]


def test_a_person_who_writes_about_tags_loses_nothing(field_reports: Path) -> None:
    first, second = _prompts(_entries(field_reports, "29-tags-in-prompt"))
    assert first == _expected(field_reports, "29-tags-in-prompt")["first_prompt"]
    assert "Map<String, List<Foo>>" in second


def test_titles_in_their_order(field_reports: Path) -> None:
    titles = [_title(entries) for entries in _sessions(field_reports, "64-titles")]
    assert {"AI two", "deployer", "[Image]", "Please look at this"} <= set(titles)
    assert all(titles)
    assert max(map(len, titles)) <= 300


def test_a_legacy_summary_is_a_title(field_reports: Path) -> None:
    titles = {_title(entries) for entries in _sessions(field_reports, "69-legacy")}
    assert _expected(field_reports, "69-legacy")["title"] in titles


def test_rejections_and_errors(field_reports: Path) -> None:
    rejected = failed = 0
    for entry in _entries(field_reports, "35-interrupted"):
        for block in blocks_of(entry):
            if is_result(block["type"]) and is_error(block):
                text = result_text(block["content"])
                rejected += is_rejection(entry, text)
                failed += error_class(entry, text) == "file not found"
    expected = _expected(field_reports, "35-interrupted")
    assert (rejected, failed) == (expected["rejections"], expected["errors"])


@pytest.mark.parametrize(
    ("name", "models"),
    [
        ("01-advisor", {"claude-sonnet-4-6": 500, "claude-opus-4-8": 1500}),
        ("06-fallback", {"claude-opus-4-8": 900}),
        ("80-api-errors", {}),
    ],
)
def test_output_is_billed_at_the_model_that_gave_it(
    field_reports: Path, name: str, models: dict[str, int]
) -> None:
    tokens = {
        row.model: row.output_tokens
        for entry in _entries(field_reports, name)
        for row in usage_rows(entry)
    }
    assert tokens == models


def test_a_split_that_does_not_add_up_loses_no_tokens(field_reports: Path) -> None:
    entries = _entries(field_reports, "04-cache-split-zero")
    rows = [row for entry in entries for row in usage_rows(entry)]
    assert [row.cache_write_5m_tokens for row in rows] == [50_000, 50_000]


def test_terminal_output_is_plain(field_reports: Path) -> None:
    texts = [
        result_text(block.get("content"))
        for entry in _entries(field_reports, "40-ansi")
        for block in blocks_of(entry)
        if is_result(block["type"])
    ]
    shown = plain("\n".join(texts))
    assert "FAILED tests/test_kestrel.py::test_hover - AssertionError" in shown
    assert "\n100% done\n3 passed" in shown
    assert "\x1b" not in shown


def test_structured_results_are_words(field_reports: Path) -> None:
    words = "\n".join(
        result_text(block.get("content"))
        for entry in _entries(field_reports, "41-structured")
        for block in blocks_of(entry)
        if is_result(block["type"])
    ).lower()
    assert all(word in words for word in ("corncrake", "dunlin", "grep", "whimbrel", "godwit"))


def test_odd_shapes_are_read(field_reports: Path) -> None:
    for entry in _entries(field_reports, "42-odd-inputs"):
        assert is_human_prompt(entry) in {True, False}
        assert usage_rows(entry) is not None


def test_lines_of_code(field_reports: Path) -> None:
    entries = _entries(field_reports, "43-fences")
    lines = [found for entry in entries if (found := lines_of_result(entry.get("toolUseResult")))]
    assert sum(added for added, _ in lines) == _expected(field_reports, "43-fences")["lines_added"]
