"""Which call started which subagent: by its meta file, its launch, or the words of its prompt."""

from typing import Any

from cca.conversation.calls import find_result
from cca.conversation.stored import find_entry
from cca.conversation.subagents import Subagent, find_subagent, started_by, subagents, tree
from tests.dashboards.browser.story import Story

SESSION = "99999999-9999-4999-8999-999999999999"


def opened(collection: Any, call: str) -> list[str]:
    entry = find_entry(collection, SESSION, call)
    assert entry is not None
    answer = find_result(collection, SESSION, call)
    return [agent.id for agent in started_by(collection, entry, call, answer)]


def with_meta(story: Story, agent: str, **content: Any) -> None:
    story.add({"type": "agent-meta", "agentId": agent, "content": content, "uuid": None})
    story.documents[-1]["stream"] = f"{SESSION}/agent-{agent}.meta.json"


def asking(story: Story, call: str, prompt: str, **given: Any) -> None:
    story.calls("Agent", {"prompt": prompt, "description": "d"}, "done", use=call, **given)


def test_the_meta_file_wins_over_the_launch_and_the_launch_over_the_words(collection: Any) -> None:
    story = Story(SESSION)
    asking(story, "t1", "Look", facts={"agentId": "b"})
    asking(story, "t2", "Look", facts={"agentId": "b"})
    asking(story, "t3", "Look")
    for agent in ("a", "b", "c"):
        story.prompt("Look", agent=agent)
    with_meta(story, "a", toolUseId="t1", description="The first")
    collection.insert_many(story.documents)
    assert [opened(collection, call) for call in ("t1", "t2", "t3")] == [["a"], ["b"], ["c"]]


def test_of_calls_with_the_same_words_each_opens_its_own(collection: Any) -> None:
    story = Story(SESSION)
    asking(story, "t1", "Look")
    story.prompt("Look", agent="z")
    asking(story, "t2", "Look")
    story.prompt("Look", agent="a")
    asking(story, "t3", "Nobody was asked this")
    collection.insert_many(story.documents)
    assert [opened(collection, call) for call in ("t1", "t2", "t3")] == [["z"], ["a"], []]


def test_a_launch_inside_a_subagent_names_the_agent_in_words(collection: Any) -> None:
    story = Story(SESSION)
    story.calls("Agent", {"prompt": "Dig"}, "Launched.\nagentId: deep", use="t1", agent="a")
    story.prompt("Other words", agent="deep")
    collection.insert_many(story.documents)
    assert opened(collection, "t1") == ["deep"]


def test_a_teammate_in_the_same_process_opens_by_its_name(collection: Any) -> None:
    story = Story(SESSION)
    facts = {"status": "teammate_spawned", "name": "reviewer"}
    asking(story, "t1", "Review", facts=facts)
    story.prompt('<teammate-message teammate_id="lead">go</teammate-message>', agent="r-1")
    with_meta(story, "r-1", name="reviewer", taskKind="in_process_teammate")
    collection.insert_many(story.documents)
    assert opened(collection, "t1") == ["r-1"]


def test_a_call_of_another_tool_opens_nothing(collection: Any) -> None:
    story = Story(SESSION)
    story.calls("Bash", {"prompt": "Look"}, "done", use="t1")
    story.prompt("Look", agent="a")
    collection.insert_many(story.documents)
    assert opened(collection, "t1") == []


def test_a_subagent_has_its_own_title_times_and_length(collection: Any) -> None:
    story = Story(SESSION)
    story.prompt("Main")
    story.prompt("\x1b[1mFind\x1b[0m the callers\nand list them", agent="a")
    story.says("Found", agent="a")
    story.calls("Bash", {"command": "x"}, "no", agent="a", error=True)
    story.calls("Bash", {"command": "y"}, "The user doesn't want to proceed", agent="a", error=True)
    story.says("A summary", agent="acompact-1")
    collection.insert_many(story.documents)
    assert [agent.title for agent in subagents(collection, SESSION)] == [
        "Find the callers", "Compaction",
    ]  # fmt: skip
    found = find_subagent(collection, SESSION, "a")
    assert found is not None
    assert (found.tally.entries, found.started_at) == (6, story.documents[1]["eventAt"])
    assert (found.tally.calls, found.tally.failed) == (2, 1), "a declined call is no failed one"
    assert found.tally.models == ("claude-opus-4-8",)
    assert found.tally.ended_at == story.documents[6]["eventAt"]
    assert find_subagent(collection, SESSION, "gone") is None


def test_each_stands_below_the_one_that_started_it_even_in_a_circle() -> None:
    found = [
        Subagent("child", parent="top"), Subagent("top"), Subagent("x", parent="y"),
        Subagent("y", parent="x"), Subagent("stray", parent="gone"),
        Subagent("low", parent="child"),
    ]  # fmt: skip
    shown = [(depth, agent.id) for depth, agent in tree(found)]
    assert shown == [
        (0, "top"), (1, "child"), (2, "low"), (0, "stray"), (0, "x"), (0, "y"),
    ]  # fmt: skip
