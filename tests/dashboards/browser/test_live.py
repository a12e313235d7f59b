"""An open page follows what is written: list, transcript, status."""

import contextlib
import itertools
import re
import socket
import threading
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright drives Chromium")
from playwright.sync_api import expect

from cca.dashboards.browser.live import Pulse
from cca.mongo import archive, changes
from tests.helpers import eventually

SESSION = "44444444-4444-4444-8444-444444444444"
WAIT = 8000


@pytest.fixture
def site(run_site: Any, new_story: Any) -> Any:
    site = run_site()
    site.story = new_story(SESSION, title="Growing")
    site.story.prompt("Start here")
    for number in range(60):
        site.story.says(f"Step {number}")
    site.store(site.story)
    return site


def write(site: Any, known: int) -> None:
    """Stores what the story gained since it had `known` documents."""
    settings, story = site.settings, site.story
    with archive.connect(settings.mongo_uri) as client:
        archive.conversations(client, settings).insert_many(story.documents[known:])
        rows = archive.database(client, settings)["sessions"]
        rows.replace_one({"_id": story.session}, story.rollup())
        changes.note(rows.database, [story.session])


def test_new_messages_come_by_themselves_and_leave_the_reader_in_place(
    site: Any, open_page: Any
) -> None:
    page = open_page(f"{site.url}/?session={SESSION}")
    expect(page.locator(".live")).to_have_text("Live", timeout=15_000)
    page.evaluate("document.documentElement.dataset.kept = 1")
    known = len(site.story.documents)
    site.story.says("Freshly said", {"type": "tool_use", "id": "t9", "name": "Bash", "input": {}})
    site.story.says("And this")
    write(site, known)
    expect(page.locator("article")).to_have_count(63, timeout=WAIT)
    chip = page.get_by_role("button", name="2 new messages")
    expect(chip).to_be_visible()
    expect(page.get_by_text("Start here")).to_be_in_viewport()
    expect(page.locator("a.row .facts")).to_contain_text("63 messages", timeout=WAIT)
    chip.click()
    expect(page.get_by_text("And this")).to_be_in_viewport()
    expect(chip).to_have_count(0)
    tool = page.locator("details.tool")
    expect(tool).to_have_class("tool waiting")
    known = len(site.story.documents)
    site.story.prompt([{"type": "tool_result", "tool_use_id": "t9", "content": "done"}])
    site.story.says("At the end")
    write(site, known)
    expect(page.get_by_text("At the end")).to_be_in_viewport(timeout=WAIT)
    expect(tool).to_have_class("tool ok")
    expect(page.get_by_text("Freshly said")).to_have_count(1)
    assert page.evaluate("document.documentElement.dataset.kept") == "1", "nothing was reloaded"


def test_a_new_session_appears_in_the_list(site: Any, new_story: Any, open_page: Any) -> None:
    page = open_page(site.url)
    expect(page.locator(".live")).to_have_text("Live", timeout=15_000)
    other = new_story("55555555-5555-4555-8555-555555555555", title="Just begun", at=site.story.at)
    other.prompt("Hello")
    site.store(other)
    expect(page.locator("a.row .title").first).to_have_text("Just begun", timeout=WAIT)
    assert page.get_by_text("2 sessions", exact=True).is_visible()


def test_quiet_pages_ask_mongodb_nothing_but_whether_rows_changed(
    site: Any, open_page: Any
) -> None:
    pages = [open_page(site.url) for _ in range(3)]
    for page in pages:
        expect(page.locator(".live")).to_have_text("Live", timeout=15_000)
    with archive.connect(site.settings.mongo_uri) as client:
        database = archive.database(client, site.settings)
        database.command("profile", 2)
        page.wait_for_timeout(5000)
        database.command("profile", 0)
        reads = {"ns": {"$not": {"$regex": "profile"}}, "op": {"$in": ["query", "command"]}}
        asked = [
            read["command"]
            for read in database["system.profile"].find(reads)
            if {"find", "aggregate", "count"} & set(read.get("command", {}))
        ]
    looks = [one for one in asked if one.get("filter", {}).get("_id") == "changes"]
    assert asked == looks
    # One watcher asks for all pages.
    assert 0 < len(looks) <= 5 / 0.1 + 1


class Relay:
    """A port before MongoDB that can be closed and opened again."""

    def __init__(self, port: int) -> None:
        self.behind = port
        self.sockets: list[socket.socket] = []
        self.port = 0
        self.open()

    def open(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self.sockets = [listener]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def close(self) -> None:
        for one in self.sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self.behind))
                self.sockets += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=pair, daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


def test_a_page_says_that_mongodb_is_away_and_recovers_by_itself(
    run_site: Any, mongo_uri: str, new_story: Any, open_page: Any
) -> None:
    port = int(re.search(r":(\d+)/", mongo_uri)[1])  # type: ignore[index]
    relay = Relay(port)
    site = run_site(f"{mongo_uri.replace(f':{port}/', f':{relay.port}/')}&socketTimeoutMS=2000")
    story = new_story(SESSION, title="Still here")
    story.prompt("Hello")
    site.store(story)
    page = open_page(site.url)
    expect(page.locator(".live")).to_have_text("Live", timeout=15_000)
    relay.close()
    expect(page.locator(".live")).to_have_text("MongoDB not reachable", timeout=15_000)
    expect(page.locator(".pick[inert], .dates[inert], .list-head[inert]")).to_have_count(3)
    page.get_by_text("Still here").click()
    page.get_by_role("heading", name="MongoDB does not answer").first.wait_for(timeout=15_000)
    relay.open()
    expect(page.locator(".live")).to_have_text("Live", timeout=15_000)
    page.get_by_role("heading", name="Still here").wait_for(timeout=10_000)
    expect(page.locator("article")).to_contain_text("Hello")
    expect(page.locator(".list-head")).to_be_visible()
    expect(page.locator("[inert]")).to_have_count(0)
    relay.close()


def test_an_archive_that_is_away_is_named(run_site: Any, open_page: Any) -> None:
    page = open_page(run_site("mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=500").url)
    expect(page.locator(".live")).to_have_text("MongoDB not reachable", timeout=15_000)


def test_the_pulse_names_the_rows_that_changed_and_takes_all_for_changed_after_many(
    collection: Any,
) -> None:
    database = collection.database
    pulse, told = Pulse(database), list[str]()
    pulse.listeners.add(told.append)
    pulse.start()
    try:
        eventually(lambda: told == [""])
        before = pulse.number
        changes.note(database, ["s1", "s2"])
        eventually(lambda: sorted(told) == ["", "s1", "s2"])
        assert pulse.has_changed("s1", before)
        assert not pulse.has_changed("s3", before)
        changes.note(database, [f"many{number}" for number in range(500)])
        eventually(lambda: told[-1] == "")
        assert pulse.has_changed("s3", before)
        database.drop_collection("follower")
        changes.note(database, ["after the loss"])
        eventually(lambda: len(told) == 5)
        assert told[-1] == ""
    finally:
        pulse.stop()


def test_what_is_dear_is_asked_again_only_when_a_row_has_changed(collection: Any) -> None:
    pulse, asked = Pulse(collection.database), itertools.count(1)

    def ask() -> int:
        return next(asked)

    assert [pulse.kept("x", ask) for _ in range(2)] == [1, 2], "nothing is known yet"
    pulse._noted("s1")
    assert [pulse.kept("x", ask) for _ in range(3)] == [3, 3, 3]
    assert pulse.kept("y", ask) == 4
    pulse._noted("s1")
    assert [pulse.kept("x", ask) for _ in range(2)] == [5, 5]
