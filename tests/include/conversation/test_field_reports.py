"""Reports of users, read and exported: nothing lost, nothing under the wrong name, links right."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pymongo.collection import Collection

from cca.conversation.calls import calls_in, find_result
from cca.conversation.excerpt import Anchor, read_excerpt
from cca.conversation.reader import prompts, read_entries
from cca.conversation.stored import find_entry
from cca.conversation.subagents import started_by, subagents
from cca.conversation.turns import Turn, turn_of
from cca.dashboards.browser.reading import articles
from cca.export.sessions import SessionFilter, chosen
from cca.export.write import export
from cca.settings import Settings
from cca.sync_agent.agent import sync_once

READ = ("md", "html", "csv")


@dataclass
class Report:
    """A report's sessions in an archive, and what is right."""

    entries: Collection[Any]
    expected: dict[str, Any]

    @property
    def sessions(self) -> list[str]:
        return sorted(self.entries.distinct("sessionKey"))

    def turns(self, session: str = "") -> list[Turn]:
        found = read_entries(self.entries, session or self.sessions[0], is_read_once=True)
        return [turn for turn in map(turn_of, found) if turn]

    def said_by(self, name: str, session: str = "") -> list[str]:
        """The prompts and commands that stand under a name."""
        turns = self.turns(session)
        return [
            f"{part.label} {part.text}".strip()
            for turn in turns
            if turn.name == name
            for part in turn.parts
            if part.kind in {"prompt", "command"}
        ]

    def written(self, form: str) -> str:
        return "".join(export(self.entries, chosen(self.entries, SessionFilter()), form))


@pytest.fixture
def report(
    settings: Settings, collection: Collection[Any], shared_transcripts: Path
) -> Callable[[str], Report]:
    """Reads one report's files into the test's archive."""

    def read(number: str) -> Report:
        [folder] = (shared_transcripts / "field-reports").glob(f"{number}-*")
        given = settings.model_copy(update={"claude_dir": str(folder / "projects")})
        sync_once(given, settings.mongo_uri)
        return Report(collection, json.loads((folder / "expected.json").read_text()))

    return read


def test_a_workflow_s_agents_open_from_its_call(report: Any) -> None:
    found = report("12")
    [session] = found.sessions
    assert len(subagents(found.entries, session)) == found.expected["subagents"]
    opened = opens(found.entries, session)
    assert list(opened.values()) == [["a000000000000000", "a100000000000000"]]
    talk = read_excerpt(found.entries, session, "a100000000000000", Anchor())
    assert [article.name for article in articles(talk)] == ["Task", "Claude"]


@pytest.mark.parametrize("number", ["39", "39b"])
def test_each_call_opens_its_own_agent(report: Any, number: str) -> None:
    found = report(number)
    [session] = found.sessions
    opened = opens(found.entries, session)
    told = {call: agent for call, agent in found.expected["opens"].items() if call in opened}
    assert {call: [agent[0][:2]] for call, agent in opened.items()} == {
        call: [agent.rstrip("…")] for call, agent in told.items()
    }
    known = {agent.id: agent for agent in subagents(found.entries, session)}
    assert len(known) == found.expected["fct_subagents"]
    mate = known["areviewer-4444444444444444"]
    assert (mate.title, mate.is_teammate) == ("reviewer", True)
    talk = articles(read_excerpt(found.entries, session, mate.id, Anchor()))
    assert [article.name for article in talk] == ["team-lead", "Claude"]


def test_a_compaction_s_agent_is_among_the_subagents(report: Any) -> None:
    found = report("33")
    titles = [agent.title for agent in subagents(found.entries, found.sessions[0])]
    assert titles == ["Compaction"]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("20", ["Start the long build in the background", "also bump the version"]),
        ("26", ["Convert this to async", "rename foo", "fix these warnings"]),
        ("27", ["Format everything"]),
        ("28", ["/loop 1h check the deploy"]),
        ("87", ["Refactor the heron module", "rename it to bar"]),
    ],
)
def test_a_person_s_words_stand_alone_under_you(report: Any, number: str, said: list[str]) -> None:
    found = report(number)
    assert found.said_by("You") == said
    [session] = found.sessions
    asked = [text for _, text in prompts(found.entries, session, "")]
    assert asked == said
    assert len(said) == found.expected["prompts"]


def test_teammates_speak_under_their_own_names(report: Any) -> None:
    found = report("21")
    mate, lead = found.sessions
    assert found.said_by("You", lead) == ["Create a team of two to audit the parser"]
    assert found.said_by("You", mate) == []
    assert found.said_by("reviewer", lead) == ["Three findings in parser.py."]
    assert found.said_by("team-lead", mate) == ["Review parser.py and report."]
    text = found.written("md")
    assert "### reviewer ·" in text
    assert "<teammate-message" not in text


def test_a_prompt_about_tags_is_shown_and_exported_whole(report: Any) -> None:
    found = report("29")
    assert found.said_by("You")[0] == found.expected["first_prompt"]
    for form in READ:
        text = found.written(form)
        assert "test_gannet" in text
        assert re.search(r"(<|&lt;)command-name(>|&gt;)/clear", text), form


@pytest.mark.parametrize("form", READ)
@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("24", ["wheatear", "skylark", "nightjar"]),
        ("27", ["dotterel", "sandpiper", "lapwing", "3 files are unformatted", "context added"]),
        ("41", ["Corncrake", "dunlin.txt", "Turnstone", "whimbrel", "godwit", "avocet", "a.pdf",
                "look at this shot", "Structured content", "Grep"]),
    ],
)  # fmt: skip
def test_every_kind_of_content_leaves(
    report: Any, number: str, words: list[str], form: str
) -> None:
    text = report(number).written(form)
    assert [word for word in words if word not in text] == []


def test_a_result_stands_under_its_call_and_pictures_are_pictures(report: Any) -> None:
    found = report("41")
    shown = articles(read_excerpt(found.entries, found.sessions[0], "", Anchor()))
    calls = [part.call for article in shown for part in article.parts if part.call]
    assert {call.status for call in calls} == {"ok"}
    kinds = [part.kind for article in shown for part in article.parts]
    assert "result" not in kinds
    assert kinds.count("image") == 2
    text = found.written("md")
    assert text.index("**srv echo**") < text.index("whimbrel") < text.index("godwit")
    assert "JVBERi0xLjQK" not in text
    assert found.written("html").count("<img ") == 4


@pytest.mark.parametrize("form", READ)
def test_terminal_output_leaves_plain(report: Any, form: str) -> None:
    text = report("40").written(form)
    assert "\x1b" not in text
    for words in ("FAILED tests/test_kestrel.py::test_hover - AssertionError", "3 passed",
                  "100% done", "Context Usage"):  # fmt: skip
        assert words in text
    assert "10%\r" not in text


def opens(entries: Collection[Any], session: str) -> dict[str, list[str]]:
    """The subagents that each call of a session opens, of calls that open any."""
    found = {}
    for entry in read_entries(entries, session):
        for call in calls_in([entry]):
            stored = find_entry(entries, session, call)
            assert stored is not None
            agents = started_by(entries, stored, call, find_result(entries, session, call))
            if agents:
                found[call] = [agent.id for agent in agents]
    return found
