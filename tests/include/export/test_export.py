"""Conversations that leave the archive: each format, what is masked, what may run in them."""

import csv
import itertools
import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pymongo.collection import Collection

from cca.annotations import Annotation, amend
from cca.conversation.reader import count_entries
from cca.errors import NotFound
from cca.export import write
from cca.export.masking import MaskedPlaces
from cca.export.sessions import SessionFilter, chosen, whole_id
from cca.export.write import FORMATS, export
from cca.mongo.archive import ANNOTATIONS
from cca.settings import Settings, child_environment

START = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
SECRET = "sk-ant-" + "a1B2" * 10
EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>"
numbers = itertools.count()


def keep(
    collection: Collection[Any], session: str, entries: list[dict[str, Any]], **given: Any
) -> None:
    for number, entry in enumerate(entries):
        at = given.get("at", START) + timedelta(seconds=number)
        place = {
            "_id": f"{session}{next(numbers)}",
            "stream": session + given.get("agent", ""),
            "generation": given.get("generation", 0),
            "sourceOffset": number * 100,
            "projectId": given.get("project", "-p-atlas"),
            "sessionKey": session,
            "sourceFile": f"-p-atlas/{session}.jsonl",
            "host": "here",
            "eventAt": at,
            "ingestedAt": at,
            "preview": "",
        }
        collection.insert_one({"timestamp": at.isoformat(), **entry, **place})


def person(content: Any, **more: Any) -> dict[str, Any]:
    return {"type": "user", "message": {"role": "user", "content": content}, **more}


def claude(*blocks: dict[str, Any]) -> dict[str, Any]:
    message = {"id": "m", "role": "assistant", "model": "claude-opus-4-8", "content": list(blocks)}
    return {"type": "assistant", "message": message}


def conversation() -> list[dict[str, Any]]:
    command = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls -l"}}
    edit = {"file_path": "/p/a.py", "old_string": "old = 1", "new_string": "new = 2"}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "total 0 ``` ok"}
    return [
        person(f"Use the key {SECRET} please"),
        claude({"type": "thinking", "thinking": "Let me *look*"}, {"type": "text", "text": "Yes."}),
        claude(command),
        person([result]),
        claude({"type": "tool_use", "id": "t2", "name": "Edit", "input": edit}),
        {"type": "ai-title", "aiTitle": "Nothing to read"},
    ]


def written(collection: Collection[Any], form: str, **choice: Any) -> str:
    revealed = choice.pop("revealed", False)
    sessions = chosen(collection, SessionFilter(**choice))
    return "".join(export(collection, sessions, form, places=MaskedPlaces(is_revealed=revealed)))


@pytest.mark.parametrize("form", FORMATS)
def test_secrets_leave_only_when_revealed(collection: Collection[Any], form: str) -> None:
    keep(collection, "s1", conversation())
    assert SECRET not in written(collection, form)
    assert "•••" in written(collection, form)
    assert SECRET in written(collection, form, revealed=True)


def test_each_format_says_how_many_places_it_masked(collection: Collection[Any]) -> None:
    # Somebody's own dots are no masked place.
    keep(collection, "s1", [person(f"{SECRET} and {SECRET} and •••"), person("nothing")])
    for form in ("md", "html"):
        assert "2 places that look like secrets are masked." in written(collection, form)
        assert "are masked" not in written(collection, form, revealed=True)
    whole = json.loads(written(collection, "json"))
    assert whole["masked_places"] == 2
    lines = [json.loads(line) for line in written(collection, "jsonl").splitlines()]
    for entries in (whole["sessions"][0]["entries"], lines):
        assert [entry.get("masked_places") for entry in entries] == [2, None]
    cells = [row["masked_places"] for row in csv.DictReader(StringIO(written(collection, "csv")))]
    assert cells == ["2", "0"]


def test_a_wrong_clock_does_not_leave(collection: Collection[Any]) -> None:
    ahead = {"eventAt": datetime(2099, 1, 1, tzinfo=UTC), "timestamp": "2099-01-01T00:00:00Z"}
    keep(collection, "s1", [person("before"), person("ahead"), person("after")])
    collection.update_one({"message.content": "ahead"}, {"$set": ahead})
    times = [row["at"] for row in csv.DictReader(StringIO(written(collection, "csv")))]
    assert times == [f"2026-11-03T09:00:0{second}+00:00" for second in (0, 0, 2)]
    assert "2099" not in written(collection, "md")
    assert "before" not in written(collection, "md", since=datetime(2050, 1, 1, tzinfo=UTC))


def test_markdown_keeps_prose_and_fences_what_holds_fences(collection: Collection[Any]) -> None:
    keep(collection, "s1", conversation())
    text = written(collection, "md")
    assert "### You · 2026-11-03 09:00:00" in text
    assert "```bash\nls -l\n```" in text
    assert "````\ntotal 0 ``` ok\n````" in text
    assert "-old = 1\n+new = 2" in text
    assert "Nothing to read" not in text


def note(collection: Collection[Any], session: str, entry: str = "", **given: Any) -> None:
    mark = Annotation(session, entry, by="ada", at=START, **given)
    origin = {"projectId": "-p-atlas", "host": "here"}
    amend(collection.database[ANNOTATIONS], Annotation(session, entry), lambda _: mark, origin)


def test_what_people_wrote_leaves_with_it(collection: Collection[Any]) -> None:
    keep(collection, "s1", [person("first draft", uuid="u1"), person("after it", uuid="u2")])
    marked = collection.find_one({"uuid": "u1"})["_id"]
    keep(collection, "s1", [person("second draft", uuid="u1")], generation=1)
    note(collection, "s1", is_starred=True, tags=("to do",), note=f"Try {SECRET}\nlater")
    note(collection, "s1", marked, note=f"Odd {EVIL}")
    text = written(collection, "md")
    assert "> ★ · `to do` · ada\n>\n> Try •••" in text
    assert text.index("second draft") < text.index(f"> Odd {EVIL}")
    assert text.count("> Odd") == 1
    [session] = json.loads(written(collection, "json"))["sessions"]
    assert [(each["uuid"], each["starred"], each["tags"]) for each in session["marks"]] == [
        (None, True, ["to do"]), ("u1", False, []),
    ]  # fmt: skip
    assert session["marks"][1] == {
        "uuid": "u1", "starred": False, "tags": [], "note": f"Odd {EVIL}", "by": "ada",
        "at": START.isoformat(),
    }  # fmt: skip
    page = written(collection, "html")
    assert "Odd &lt;img src=x" in page
    assert "<i>to do</i>" in page
    for form in ("md", "json", "html"):
        assert SECRET not in written(collection, form)
        assert SECRET in written(collection, form, revealed=True)
    assert "Odd" not in written(collection, "jsonl"), "these are the entries as written"


def test_jsonl_is_the_entries_as_written(collection: Collection[Any]) -> None:
    entries = conversation()
    keep(collection, "s1", entries)
    lines = [json.loads(line) for line in written(collection, "jsonl", revealed=True).splitlines()]
    assert [line["type"] for line in lines] == [entry["type"] for entry in entries]
    assert lines[0]["message"] == entries[0]["message"]
    assert "_id" not in lines[0]
    assert "sessionKey" not in lines[0]


def test_json_of_many_sessions_is_one_object(collection: Collection[Any]) -> None:
    keep(collection, "s1", conversation())
    keep(collection, "s2", conversation(), at=START + timedelta(days=1))
    found = json.loads(written(collection, "json"))["sessions"]
    assert [(each["session_id"], len(each["entries"])) for each in found] == [("s1", 6), ("s2", 6)]


def test_csv_cells_are_text_to_a_spreadsheet(collection: Collection[Any]) -> None:
    keep(collection, "s1", [person("=cmd|' /C calc'!A0"), person("plain\nlines")])
    rows = list(csv.DictReader(StringIO(written(collection, "csv"))))
    assert [row["text"] for row in rows] == ["'=cmd|' /C calc'!A0", "plain\nlines"]
    assert rows[0]["project_id"] == "-p-atlas"


def test_a_choice_of_project_and_period_holds_at_once(collection: Collection[Any]) -> None:
    keep(collection, "old", conversation(), at=START - timedelta(days=9))
    keep(collection, "new", conversation())
    keep(collection, "other", conversation(), project="-p-other")
    found = chosen(collection, SessionFilter(project="-p-atlas", since=START - timedelta(days=1)))
    assert [session.id for session in found] == ["new"]
    found = chosen(collection, SessionFilter(until=START - timedelta(days=1)))
    assert [session.id for session in found] == ["old"]


def test_the_beginning_of_an_id_must_be_that_of_one_session(collection: Collection[Any]) -> None:
    for session in ("ab.1", "ab.12", "abx3"):
        keep(collection, session, [person("one")])
    asked = ("ab.1", "ab.12", "abx", "nosuch", "")
    assert [whole_id(collection, each) for each in asked] == ["ab.1", "ab.12", "abx3", "nosuch", ""]
    with pytest.raises(NotFound, match=r"2 sessions begin with ab\."):
        whole_id(collection, "ab.")


def test_a_rewritten_file_is_read_once_and_kept_whole(collection: Collection[Any]) -> None:
    keep(collection, "s1", [person("first draft", uuid="u1")])
    keep(collection, "s1", [person("second draft", uuid="u1")], generation=1)
    text = written(collection, "md")
    assert ("first draft" in text, "second draft" in text) == (False, True)
    assert len(written(collection, "jsonl").splitlines()) == 2


def test_subagents_follow_their_conversation(collection: Collection[Any]) -> None:
    keep(collection, "s1", conversation())
    keep(collection, "s1", [person("Look around", isSidechain=True)], agent="/agent-a7.jsonl")
    text = written(collection, "md")
    assert text.index("## Subagent a7") > text.index("new = 2")
    assert "### Task" in text


def test_only_one_entry_is_held_at_a_time(collection: Collection[Any]) -> None:
    """The second entry is asked for only when the first one's text has left."""
    keep(collection, "s1", [person("one"), person("two"), person("three")])
    told: list[int] = []
    pieces = export(
        collection, chosen(collection, SessionFilter()), "jsonl", tell=lambda: told.append(1)
    )
    next(pieces)
    assert sum(told) == 0
    next(pieces)
    assert sum(told) == 1


def test_hostile_text_runs_nothing_and_loads_nothing(
    collection: Collection[Any], tmp_path: Path, chromium: Any
) -> None:
    tool = {"type": "tool_use", "id": "t", "name": EVIL, "input": {EVIL: EVIL, "b": EVIL}}
    image = {"type": "base64", "media_type": "image/svg+xml", "data": EVIL}
    keep(
        collection, EVIL, [
            person(f"{EVIL} ![x](http://127.0.0.1:9/x.png) [y](javascript:alert(3))", cwd=EVIL),
            claude({"type": "text", "text": EVIL}, tool, {"type": "thinking", "thinking": EVIL}),
            person([{"type": "tool_result", "tool_use_id": "t", "content": EVIL}]),
            person([{"type": "image", "source": image}]),
        ], agent=f"/agent-{EVIL}", project=EVIL,
    )  # fmt: skip
    path = tmp_path / "out.html"
    path.write_text(written(collection, "html"))
    troubles: list[str] = []
    page = chromium.new_page(color_scheme="dark")
    page.on("dialog", lambda dialog: (troubles.append("ran"), dialog.dismiss()))
    page.on("request", lambda request: troubles.append(request.url))
    page.goto(path.as_uri())
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 24, 28)"
    assert EVIL in page.locator("main").inner_text()
    assert page.locator("a[href^=javascript], script, img[src=x]").count() == 0
    page.close()
    assert troubles == [path.as_uri()]


def test_the_command_writes_a_private_file_or_nothing(
    collection: Collection[Any], settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cca import settings as module  # noqa: PLC0415
    from cca.cli.export import export as command  # noqa: PLC0415
    from cca.errors import NotFound  # noqa: PLC0415

    monkeypatch.setattr(module, "get_settings", lambda: settings)
    keep(collection, "s1", conversation())
    out = tmp_path / "out.md"
    done = CliRunner().invoke(command, ["--session", "s1", "--out", str(out)])
    assert (done.exit_code, "1 place that looks like a secret is masked." in done.output) == (
        0,
        True,
    )
    assert "Yes." in out.read_text()
    assert count_entries(collection, "s1") == 6
    missing = tmp_path / "missing.md"
    done = CliRunner().invoke(command, ["--session", "nobody", "--out", str(missing)])
    assert isinstance(done.exception, NotFound)
    assert list(tmp_path.glob("*missing*")) == []


def test_every_format_has_a_writer() -> None:
    from cca.cli.export import FORMATS as NAMED  # noqa: PLC0415

    assert set(NAMED) == set(write.FORMATS)


def test_markdown_holds_no_escapes_on_a_terminal_or_in_a_pipe_and_jsonl_keeps_them(
    collection: Collection[Any], settings: Settings
) -> None:
    keep(collection, "s1", [person("red \x1b[31m title \x1b]0;mine\x07 end")])
    source = "from cca.cli import main; main()"
    command = [sys.executable, "-c", source, "export", "--session", "s1"]
    environment = child_environment(settings.as_environment())
    reader, terminal = pty.openpty()
    subprocess.run(command, env=environment, stdout=terminal, check=True)
    os.close(terminal)
    shown = os.read(reader, 100_000).decode()
    assert "end" in shown
    assert "\x1b" not in shown
    piped = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
    assert b"red  title  end" in piped
    command += ["--format", "jsonl"]
    lines = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
    said = json.loads(lines)["message"]["content"]
    assert said == "red \x1b[31m title \x1b]0;mine\x07 end"
