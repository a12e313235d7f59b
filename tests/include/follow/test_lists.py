"""Rows of `sessions` and `activity`, from crafted sessions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson.datetime_ms import DatetimeMS

from cca.follow.lists import Lists
from cca.follow.rebuild import rebuild_lists, update_lists
from cca.transcript.prompts import is_human_prompt
from tests.include.follow.scribe import START

MESSAGE = "<command-message>it is on its way…</command-message>\n"
COPIED = datetime(2026, 11, 21, 9, 19, tzinfo=UTC)


@pytest.fixture
def row(collection, caught_up):
    def session(key: str = "s1"):
        caught_up()
        return collection.database["sessions"].find_one({"_id": key})

    return session


def test_a_session_counts_its_entries_once_and_all_its_documents(scribe, row):
    first = scribe.prompt("Fix the <bug>", uuid="u1")
    call = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {}}
    scribe.answer("I will", uuid="a1", message="m1")
    scribe.answer(call, uuid="a2", message="m1")
    error = {"type": "tool_result", "tool_use_id": "t1", "is_error": True, "content": "no"}
    scribe.prompt([error], uuid="u2")
    scribe.prompt([error], uuid="u2")
    scribe.answer(call, uuid="a2", message="m1")
    scribe.write({"type": "user", "uuid": "u3", "isMeta": True, "message": {"content": "meta"}})
    scribe.write(
        {
            "type": "assistant", "uuid": "b1", "isSidechain": True, "agentId": "x",
            "gitBranch": "dev",
            "message": {"id": "m2", "model": "haiku", "content": [{**call, "id": "t2"}]},
        },
        stream="s1/agent-x",
    )  # fmt: skip
    last = scribe.write({"type": "mode", "mode": "plan"}, at=first["eventAt"] + timedelta(days=9))
    found = row()
    assert found["updatedAt"] == last["ingestedAt"]
    assert found["endedAt"] == last["eventAt"]
    assert found["startedAt"] == first["eventAt"]
    shown = (
        "projectId", "host", "title", "firstPrompt", "entries", "prompts", "userMessages",
        "assistantMessages", "toolCalls", "toolErrors", "subagents", "models", "branches",
        "tools", "failedTools", "isSpoken",
    )  # fmt: skip
    assert {name: found[name] for name in shown} == {
        "projectId": "-p1", "host": "laptop", "title": "Fix the <bug>",
        "firstPrompt": "Fix the <bug>", "entries": 9, "prompts": 1, "userMessages": 3,
        "assistantMessages": 3, "toolCalls": 2, "toolErrors": 1, "subagents": 1,
        "models": ["opus", "haiku"], "branches": [],
        "tools": ["Bash"], "failedTools": ["Bash"], "isSpoken": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    "odd",
    [
        {"sessionKey": ["s1"]}, {"sessionKey": ["s1", "s2"]}, {"sessionKey": None},
        {"eventAt": "today"}, {"eventAt": DatetimeMS(10**17)}, {"ingestedAt": None},
    ],
)  # fmt: skip
def test_a_document_that_no_agent_wrote_counts_for_no_session_and_ends_nothing(
    scribe, row, settings, odd
):
    scribe.prompt("One", uuid="u1")
    document = scribe.document({"type": "user", "uuid": "u1", "message": {"content": "Two"}})
    scribe.collection.insert_one(document | odd)
    scribe.prompt("Three", uuid="u2")
    assert row()["entries"] == 2
    rebuild_lists(settings, settings.mongo_uri)
    assert row()["entries"] == 2


def test_a_session_tells_in_which_quarters_of_an_hour_it_has_messages(scribe, row):
    for minutes in (0, 14, 16, 60 * 24 * 40):
        scribe.prompt(f"at {minutes}", at=START + timedelta(minutes=minutes))
    scribe.write({"type": "mode", "mode": "plan"}, at=START + timedelta(days=3))
    quarters = [START + timedelta(minutes=minutes) for minutes in (0, 15, 60 * 24 * 40)]
    assert row()["activeAt"] == quarters


def test_a_session_that_nobody_prompted_is_named_by_what_it_was_told(scribe, row):
    scribe.prompt(
        '<teammate-message teammate_id="lead" summary="Review it">\nx\n</teammate-message>'
    )
    found = row()
    assert (found["title"], found["firstPrompt"], found["prompts"]) == ("Review it", None, 0)


def test_a_title_is_one_line_of_the_first_prompt(scribe, row):
    scribe.prompt("\n  Please\n  look ")
    found = row()
    assert (found["title"], found["firstPrompt"]) == ("Please look", "Please\n  look")


def test_a_call_that_a_person_did_not_allow_is_no_failure(scribe, row):
    said = [
        "The user doesn't want to proceed with this tool use. The tool use was rejected",
        "Exit code 1: user rejected nothing here" + "." * 300,
        "x" * 300 + " the user doesn't want to proceed",
        [{"type": "text", "text": "[Request interrupted by user for tool use]"}],
        "no such file",
        "permission denied",
    ]
    tools = ("Edit", "Bash", "Read", "Bash", "Read", "Write")
    for number, (name, text) in enumerate(zip(tools, said, strict=True)):
        scribe.answer({"type": "tool_use", "id": f"t{number}", "name": name, "input": {}})
        content = [
            {"type": "tool_result", "tool_use_id": f"t{number}", "is_error": True, "content": text}
        ]
        denial = {"toolDenialKind": "permission-rule"} if text == "permission denied" else {}
        message = {"role": "user", "content": content}
        scribe.write({"type": "user", "uuid": f"r{number}", "message": message, **denial})
    found = row()
    assert (found["toolCalls"], found["toolErrors"], found["failedTools"]) == (6, 2, ["Read"])


def test_what_a_fork_repeats_counts_for_the_session_that_had_it_first(scribe, row, collection):
    at = scribe.prompt("one", uuid="u1")["eventAt"]
    scribe.prompt("one", uuid="u1", session="fork", at=at)
    scribe.prompt("two", uuid="u2", session="fork", at=at + timedelta(hours=1))
    assert (row()["prompts"], row("fork")["prompts"], row("fork")["entries"]) == (1, 1, 2)
    activity = collection.database["activity"].find().sort("_id")
    names = ("projectId", "projectKey", "hour", "role", "count")
    hour = at.replace(minute=0, second=0)
    assert [tuple(row[name] for name in names) for row in activity] == [
        ("-p1", "-p1", h, "user", 1) for h in (hour, hour + timedelta(hours=1))
    ]


def test_two_directories_that_share_a_folder_are_two_projects(scribe, row, collection):
    """A session that turns out to be of another project takes its hours along."""
    for session, cwd in (("han", "/srv/数据"), ("kana", "/srv/接続")):
        scribe.prompt("one", session=session, project="-srv---", cwd=cwd, at=START)
    scribe.prompt("two", session="moved", project="-srv---", at=START)
    assert (row("han")["projectKey"], row("han")["cwd"]) == ("/srv/数据", "/srv/数据")
    assert (row("kana")["projectKey"], row("kana")["projectId"]) == ("/srv/接続", "-srv---")
    assert _messages(collection) == {"/srv/数据": 1, "/srv/接続": 1, "-srv---": 1}
    scribe.prompt("three", session="moved", project="-srv---", cwd="/srv/接続", at=START)
    assert row("moved")["projectKey"] == "/srv/接続"
    assert _messages(collection) == {"/srv/数据": 1, "/srv/接続": 3}


def _messages(collection):
    return {each["projectKey"]: each["count"] for each in collection.database["activity"].find()}


CALL = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {}}
FAILURE = {"type": "tool_result", "tool_use_id": "t1", "is_error": True, "content": "no such"}


def _write_and_repeat(scribe, *, is_fork_first: bool) -> None:
    """An original of four entries, one its own, and a fork that repeats three and has one more."""
    shared = {"timestamp": START.isoformat(), "cwd": "/p1"}
    for session in ("fork", "s1") if is_fork_first else ("s1", "fork"):
        scribe.prompt("one", uuid="u1", session=session, at=START, **shared)
        scribe.answer(CALL, uuid="a1", session=session, at=START, **shared)
        scribe.prompt([FAILURE], uuid="r1", session=session, at=START, **shared)
        own = START + timedelta(hours=2 if session == "fork" else 1)
        scribe.prompt("next", session=session, at=own, timestamp=own.isoformat())


@pytest.mark.parametrize("is_fork_first", [True, False])
def test_the_order_in_which_sessions_arrive_does_not_matter(scribe, row, is_fork_first):
    _write_and_repeat(scribe, is_fork_first=is_fork_first)
    names = ("prompts", "userMessages", "assistantMessages", "toolCalls", "toolErrors", "tools")
    original, fork = row(), row("fork")
    assert [original[name] for name in names] == [2, 3, 1, 1, 1, ["Bash"]]
    assert [fork[name] for name in names] == [1, 1, 0, 0, 0, []]
    assert (original["startedAt"], fork["startedAt"]) == (START, START + timedelta(hours=2))
    assert fork["title"] == "one"


def test_a_session_that_only_repeats_another_is_listed_with_no_messages(scribe, row):
    at = scribe.prompt("one", uuid="u1")["eventAt"]
    scribe.write({"type": "ai-title", "aiTitle": "T"}, at=at)
    scribe.prompt("one", uuid="u1", session="fork", at=at)
    scribe.write({"type": "ai-title", "aiTitle": "T"}, session="fork", at=at + timedelta(hours=1))
    found = row("fork")
    assert (found["prompts"], found["userMessages"], found["isSpoken"]) == (0, 0, True)
    assert row()["prompts"] == 1


def test_a_fork_inherits_what_it_repeats_when_the_original_is_erased(
    scribe, row, collection, settings
):
    _write_and_repeat(scribe, is_fork_first=False)
    assert row("fork")["toolCalls"] == 0
    collection.delete_many({"sessionKey": "s1"})
    Lists(collection, "any").renew(["s1"], [])
    found = collection.database["sessions"].find_one({"_id": "fork"})
    assert (found["prompts"], found["toolCalls"], found["toolErrors"]) == (2, 1, 1)


def test_an_original_that_arrives_later_takes_its_entries_back(scribe, row):
    scribe.prompt("one", uuid="shared", session="fork", at=START)
    scribe.prompt("two", session="fork", at=START + timedelta(hours=2))
    assert row("fork")["prompts"] == 2
    scribe.prompt("one", uuid="shared", at=START)
    scribe.prompt("next", at=START + timedelta(hours=1))
    assert (row("fork")["prompts"], row()["prompts"]) == (1, 2)


def test_without_the_index_copies_count_and_the_rows_change_once_it_is_there(
    scribe, collection, settings, caught_up
):
    _write_and_repeat(scribe, is_fork_first=False)
    sessions = collection.database["sessions"]
    lists = Lists(collection, "any")
    lists.touch(collection.find())
    lists.flush(None, is_all=True)
    assert sessions.find_one({"_id": "fork"})["prompts"] == 2
    caught_up()
    assert sessions.find_one({"_id": "fork"})["prompts"] == 1


def test_a_follower_makes_the_indexes_that_it_reads_by(scribe, collection, caught_up):
    # A first pass of the sync agent makes them at its end.
    scribe.prompt("one")
    caught_up()
    keys = [next(iter(index["key"])) for index in collection.list_indexes()]
    assert {"ingestedAt", "sessionKey", "uuid"} <= set(keys)


def test_the_title_follows_rank_and_then_the_last_written(scribe, row):
    first = scribe.prompt("<system-reminder>x</system-reminder> first prompt " + "long " * 100)
    assert row()["title"].startswith("first prompt long")
    assert len(row()["title"]) == 300
    for entry, title in (
        ({"type": "summary", "summary": "old summary"}, "old summary"),
        ({"type": "ai-title", "aiTitle": "A"}, "A"),
        ({"type": "ai-title", "aiTitle": "B"}, "B"),
        ({"type": "ai-title", "aiTitle": "A"}, "A"),
        ({"type": "summary", "summary": "new summary"}, "A"),
        ({"type": "agent-name", "agentName": "N"}, "N"),
        ({"type": "custom-title", "customTitle": "C"}, "C"),
        ({"type": "custom-title", "customTitle": "  "}, "C"),
        ({"type": "ai-title", "aiTitle": "D"}, "C"),
    ):
        scribe.write({"leafUuid": first["uuid"]} | entry | {"sessionId": "s1"})
        assert row()["title"] == title
    late = scribe.document({"type": "custom-title", "customTitle": "earlier in the file"})
    scribe.collection.insert_one({**late, "sourceOffset": 1})
    assert row()["title"] == "C"


def test_a_summary_of_another_session_s_messages_is_no_title_of_its_file(scribe, row):
    scribe.prompt("what this one is about")
    for leaf in ({"leafUuid": "of another file"}, {}):
        scribe.write({"type": "summary", "summary": "the one before", **leaf})
    assert row()["title"] == "what this one is about"


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        (f"{MESSAGE}<command-name>/init</command-name>", "/init"),
        (
            f"{MESSAGE}<command-name>/fix</command-name>\n<command-args>the bug</command-args>",
            "/fix the bug",
        ),
        ("Say <b>hello</b>", "Say <b>hello</b>"),
    ],
)  # fmt: skip
def test_a_slash_command_is_titled_as_it_was_typed(scribe, row, typed, title):
    scribe.prompt(typed)
    assert (row()["prompts"], row()["title"], row()["firstPrompt"]) == (1, title, title)


def test_a_session_s_times_are_those_that_its_entries_tell(scribe, row):
    first = scribe.prompt("when the file was copied", at=COPIED)
    assert (row()["endedAt"], row()["isDated"]) == (first["eventAt"], False)
    own = scribe.write({"type": "user", "timestamp": START.isoformat(), "uuid": "u",
                        "message": {"content": "hi"}}, at=START)  # fmt: skip
    scribe.write({"type": "mode", "mode": "plan"}, at=COPIED)
    assert (row()["startedAt"], row()["endedAt"]) == (own["eventAt"], own["eventAt"])
    assert row()["isDated"] is True


def test_the_folder_a_project_is_named_after_wins(scribe, row):
    scribe.write({"type": "user", "uuid": "1", "cwd": "/elsewhere", "message": {"content": "a"}})
    scribe.write({"type": "user", "uuid": "2", "cwd": "/p1", "message": {"content": "b"}})
    scribe.write({"type": "user", "uuid": "3", "cwd": "/last", "message": {"content": "c"}})
    assert row()["cwd"] == "/p1"


@pytest.mark.parametrize(
    ("entry", "is_prompt"),
    [
        ({"promptSource": "typed", "message": {"content": "hi"}}, True),
        ({"promptSource": "sdk", "message": {"content": "hi"}}, True),
        ({"promptSource": "system", "message": {"content": "hi"}}, False),
        ({"origin": {"kind": "human"}, "message": {"content": "<command-message>x"}}, True),
        ({"origin": {"kind": "task-notification"}, "message": {"content": "hi"}}, False),
        ({"message": {"content": "<command-message>init</command-message>"}}, True),
        ({"message": {"content": "<command-name>/clear</command-name>"}}, False),
        ({"message": {"content": "[Request interrupted by user]"}}, False),
        ({"message": {"content": [{"type": "text", "text": "hi"}]}}, True),
        ({"message": {"content": [{"type": "image", "source": {}}]}}, True),
        ({"isCompactSummary": True, "message": {"content": "hi"}}, False),
        ({"isSidechain": True, "message": {"content": "hi"}}, False),
        ({"type": "message", "message": {"role": "user", "content": "hi"}}, True),
        ({"type": "message", "message": {"role": "assistant", "content": "hi"}}, False),
        ({"type": "attachment", "attachment": {"type": "queued_command", "prompt": "hi"}}, True),
    ],
)
def test_prompts_are_what_a_person_asked(entry, is_prompt):
    assert is_human_prompt({"type": "user", **entry}) is is_prompt


def test_what_comes_while_lists_are_rebuilt_is_counted(scribe, collection, monkeypatch):
    scribe.prompt("before")
    flush = Lists.flush

    def flush_then_hear(lists, *arguments, **options):
        made = flush(lists, *arguments, **options)
        if collection.count_documents({}) == 1:
            scribe.prompt("meanwhile", ingestedAt=datetime.now(UTC))
        return made

    monkeypatch.setattr(Lists, "flush", flush_then_hear)
    update_lists(collection)
    assert collection.database["sessions"].find_one({"_id": "s1"})["prompts"] == 2
    assert [row["count"] for row in collection.database["activity"].find()] == [2]


def test_rebuilt_lists_equal_the_kept_ones_and_lose_what_is_gone(
    scribe, row, collection, settings, mongo_uri
):
    scribe.prompt("stays")
    scribe.prompt("goes", session="s2", project="-p2")
    assert row("s2") is not None
    database = collection.database
    collection.delete_many({"sessionKey": "s2"})
    kept = {
        name: list(database[name].find({"projectId": "-p1"})) for name in ("sessions", "activity")
    }
    rebuild_lists(settings, mongo_uri)
    assert {name: list(database[name].find()) for name in kept} == kept


def test_a_first_pass_counts_each_session_once_and_reads_no_hour_again(
    scribe, collection, settings, mongo_uri, monkeypatch
):
    """Its rows are those of sessions and hours that are counted one by one."""
    for session, repeated in (("s1", 0), ("s2", 2), ("s3", 3), ("s4", 0)):
        for number in range(repeated):
            scribe.prompt("said", uuid=f"u{number}", session=session, at=START)
        scribe.prompt("own", uuid=f"u{repeated}", session=session, at=START)
        scribe.answer("done", message="m1", session=session, project="-p2")
        scribe.prompt("a clock ran ahead", session=session, at=COPIED.replace(year=2199))
    database = collection.database

    def rebuilt() -> tuple[int, list[list[dict[str, Any]]]]:
        made = rebuild_lists(settings, mongo_uri)
        return made, [list(database[name].find().sort("_id")) for name in ("sessions", "activity")]

    monkeypatch.setattr("cca.follow.lists.MOST_NOTED", 0)
    made, expected = rebuilt()
    assert made > 4
    assert all(expected)
    monkeypatch.setattr("cca.follow.lists.MOST_NOTED", 1000)
    monkeypatch.setattr("cca.follow.lists._MANY", 0)
    monkeypatch.delattr("cca.follow.lists.activity")
    assert rebuilt() == (4, expected)
    # Those that share entries do not fit into one group.
    monkeypatch.setattr("cca.follow.origins._TOGETHER", 2)
    assert rebuilt()[1] == expected
