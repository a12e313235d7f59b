"""Calls with a form of their own, and the figure that one line says of a call."""

import shlex
from pathlib import Path
from typing import Any

import pytest

from cca.conversation.cards import card_of, web_links
from cca.conversation.figures import figure_of
from cca.conversation.resume import resume_of

REGION = {
    "question": "Which region?", "header": "Region",
    "options": [{"label": "Frankfurt", "description": "Large"}, {"label": "Warsaw"}],
}  # fmt: skip


def chosen(card: Any) -> list[list[str]]:
    return [
        [option.label for option in question.options if option.is_chosen] + [question.answer]
        for question in card.questions
    ]


def test_a_question_knows_its_answer_from_the_facts_or_from_the_words() -> None:
    asked = {"questions": [REGION]}
    assert chosen(card_of("AskUserQuestion", asked)) == [[""]]
    facts = {"answers": {"Which region?": "Warsaw"}}
    card = card_of("AskUserQuestion", asked, facts)
    assert card is not None
    assert (chosen(card), card.is_answered, card.headline) == (
        [["Warsaw", ""]],
        True,
        "Which region?",
    )
    words = 'User has answered your questions: "Which region?"="Frankfurt". You can now'
    assert chosen(card_of("AskUserQuestion", asked, None, words)) == [["Frankfurt", ""]]
    own = {"answers": {"Which region?": "Paris, please"}}
    assert chosen(card_of("AskUserQuestion", asked, own)) == [["Paris, please"]]


def test_several_options_can_be_chosen() -> None:
    asked = {"questions": [{**REGION, "multiSelect": True}]}
    facts = {"answers": {"Which region?": "Frankfurt, Warsaw"}}
    assert chosen(card_of("AskUserQuestion", asked, facts)) == [["Frankfurt", "Warsaw", ""]]
    facts = {"answers": {"Which region?": ["Warsaw"]}}
    assert chosen(card_of("AskUserQuestion", asked, facts)) == [["Warsaw", ""]]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("AskUserQuestion", None), ("AskUserQuestion", {"questions": "x"}),
        ("AskUserQuestion", {"questions": [1, {"question": 2}]}), ("TodoWrite", {"todos": {}}),
        ("TodoWrite", {"todos": [None, {"content": 1}]}), ("ExitPlanMode", {"plan": ["x"]}),
        ("Bash", {"plan": "x"}),
    ],
)  # fmt: skip
def test_odd_input_has_no_card(name: str, given: Any) -> None:
    assert card_of(name, given, "x", "x") is None


def test_a_search_lists_its_links() -> None:
    text = (
        'Results\n\nLinks: [{"title": "A", "url": "https://a.example"}, {"url": "file:///x"}]\n\nSo'
    )
    assert web_links(text) == ([("A", "https://a.example")], "Results\n\n\n\nSo")
    assert web_links("Links: [broken") == ([], "Links: [broken")


@pytest.mark.parametrize(
    ("name", "given", "facts", "text", "figure"),
    [
        ("Edit", {}, {"structuredPatch": [{"lines": ["+a", "+b", "-c"]}]}, "ok", "+2 \u22121"),
        ("Edit", {"old_string": "a", "new_string": "b\nc"}, None, "ok", "+2 \u22121"),
        ("Write", {"content": "a\nb\n"}, {"type": "create", "structuredPatch": []}, "ok", "+2"),
        ("Grep", {}, {"mode": "content", "numLines": 29}, "x", "29 matches"),
        ("Grep", {}, {"mode": "files_with_matches", "numFiles": 1}, "x", "1 file"),
        ("Grep", {}, None, "Found 3 files\na\nb\nc", "3 files"),
        ("Grep", {}, {"mode": "content", "numLines": 0}, "No matches found", "none"),
        ("Read", {}, {"file": {"numLines": 42}}, "x", "42 lines"),
        ("Read", {}, None, "1\n2\n3\n", "3 lines"),
        ("TodoWrite", {"todos": [{"content": "a", "status": "completed"}, {"content": "b"}]}, None,
         "ok", "1 of 2 done"),
        ("Bash", {}, None, "one line", ""),
        ("Bash", {}, None, "x" * 5000, "5.0 kB"),
        ("Edit", {"old_string": 1}, {"structuredPatch": "odd"}, "ok", ""),
    ],
)  # fmt: skip
def test_a_call_has_a_figure(name: str, given: Any, facts: Any, text: str, figure: str) -> None:
    assert figure_of(name, given, facts, text, card=card_of(name, given)) == figure


def test_how_a_call_failed_is_its_figure() -> None:
    assert figure_of("Bash", {}, "Error", "Exit code 2\nno", status="failed") == "exit 2"
    assert figure_of("Bash", {}, "Error", "\x1b[31mExit code 1", status="failed") == "exit 1"
    assert figure_of("Edit", {}, None, "not found", status="failed") == ""
    assert figure_of("Bash", {}, None, "The user doesn't want", status="rejected") == ""


SESSION = "11111111-1111-4111-8111-111111111111"


def test_a_session_is_resumed_in_its_folder_where_its_transcript_is(tmp_path: Path) -> None:
    row = {"_id": SESSION, "cwd": "/home/ada/my shop", "projectId": "-p", "host": "here"}
    (tmp_path / "-p").mkdir()
    found = resume_of(row, "here", [tmp_path])
    assert found.command == f"cd '/home/ada/my shop' && claude --resume {SESSION}"
    assert "no longer" in found.remark
    (tmp_path / "-p" / f"{SESSION}.jsonl").write_text("{}")
    assert resume_of(row, "here", [tmp_path]).remark == ""
    assert "another machine: here" in resume_of(row, "there", [tmp_path]).remark
    assert resume_of(row, "here", [tmp_path / "none"]).remark == "", "nothing is known of it"


@pytest.mark.parametrize("folder", ["/a; rm -rf ~", "/it's", "/$(x)", "/a\nb"])
def test_a_folder_is_quoted(folder: str) -> None:
    command = resume_of({"_id": SESSION, "cwd": folder}, "here", []).command
    assert shlex.split(command)[:3] == ["cd", folder, "&&"]


def test_other_systems_and_other_ids() -> None:
    row = {"_id": SESSION, "cwd": "C:\\Users\\ada\\shop"}
    assert resume_of(row, "", []).command.startswith('cd "C:\\Users\\ada\\shop" && claude')
    assert resume_of({"_id": "notes; rm x"}, "", []).command == ""
