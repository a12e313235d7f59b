"""An open page follows what is written: list, transcript, status."""

import asyncio
import contextlib
import itertools
import re
import socket
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright drives Chromium")
from playwright.sync_api import expect
from pymongo.errors import PyMongoError

from cca.dashboards.browser.arrivals import Arrivals
from cca.dashboards.browser.live import _ANSWER_SECONDS, Pulse
from cca.dashboards.browser.reach import answered
from cca.mongo import archive, changes
from cca.sync_agent.deliver import ensure_indexes
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
    expect(page.locator(".live")).to_have_text("Live", timeout=30_000)
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


def test_a_reader_at_the_top_of_a_long_session_is_told_of_new_messages(
    site: Any, new_story: Any, open_page: Any
) -> None:
    site.story = new_story("66666666-6666-4666-8666-666666666666", title="Long")
    site.story.prompt("The first of many")
    for number in range(450):
        site.story.says(f"Line {number}")
    site.store(site.story)
    page = open_page(f"{site.url}/?session={site.story.session}")
    expect(page.locator(".live")).to_have_text("Live", timeout=30_000)
    expect(page.locator(".stepper")).to_be_visible()
    known = len(site.story.documents)
    site.story.says("The last of many")
    write(site, known)
    chip = page.get_by_role("button", name="1 new message")
    expect(chip).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("The first of many")).to_be_in_viewport()
    chip.click()
    expect(page.get_by_text("The last of many")).to_be_in_viewport()
    expect(chip).to_have_count(0)


def test_a_new_session_appears_in_a_list_that_asks_seldom(
    site: Any, new_story: Any, open_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It asks every ten seconds from now on, which is longer than the test waits.
    monkeypatch.setattr("cca.dashboards.browser.page._RESTS_AFTER_SECONDS", 0)
    page = open_page(site.url)
    expect(page.locator(".live")).to_have_text("Live", timeout=30_000)
    other = new_story("55555555-5555-4555-8555-555555555555", title="Just begun", at=site.story.at)
    other.prompt("Hello")
    site.store(other)
    expect(page.locator("a.row .title").first).to_have_text("Just begun", timeout=WAIT)
    assert page.get_by_text("2 sessions", exact=True).is_visible()


def test_an_open_session_shows_entries_before_the_follower_has_counted_them(
    site: Any, open_page: Any
) -> None:
    with archive.connect(site.settings.mongo_uri) as client:
        entries = archive.conversations(client, site.settings)
        ensure_indexes(entries)
        page = open_page(f"{site.url}/?session={SESSION}")
        expect(page.locator(".live")).to_have_text("Live", timeout=30_000)
        told = page.get_by_text("Straight from the archive")

        def is_told() -> bool:
            # What comes before the first look at the archive, the page is not told of.
            site.story.says("Straight from the archive")
            entries.insert_one(site.story.documents[-1])
            page.wait_for_timeout(200)
            return bool(told.count())

        # No row of the list is written, so nothing but the archive can tell.
        eventually(is_told)


def test_arrivals_name_each_entry_once_however_late_a_batch_becomes_visible(
    collection: Any,
) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)

    def write(session: str, seconds: float, count: int = 1) -> None:
        when = at + timedelta(seconds=seconds)
        collection.insert_many(
            {"_id": uuid.uuid4().hex, "sessionKey": session, "ingestedAt": when}
            for _ in range(count)
        )

    write("old", 0)
    assert Arrivals(collection).sessions() == set(), "a first pass makes the index at its end"
    ensure_indexes(collection)
    arrivals = Arrivals(collection)
    assert [arrivals.sessions() for _ in range(2)] == [set(), set()]
    write("s1", 1)
    assert [arrivals.sessions() for _ in range(2)] == [{"s1"}, set()]
    # The same time as what was seen, and a little earlier.
    write("s2", 1)
    write("s3", 0.5)
    assert [arrivals.sessions() for _ in range(2)] == [{"s2", "s3"}, set()]
    write("many", 2, 1000)
    assert [arrivals.sessions() for _ in range(2)] == [set(), set()], "a load tells by its rows"
    write("s4", 4)
    assert arrivals.sessions() == {"s4"}


@pytest.mark.parametrize("address", ["", f"/?session={SESSION}"])
def test_quiet_pages_ask_mongodb_nothing_but_whether_something_came(
    site: Any, open_page: Any, address: str
) -> None:
    pages = [open_page(site.url + address) for _ in range(3)]
    for page in pages:
        expect(page.locator(".live")).to_have_text("Live", timeout=30_000)
    with archive.connect(site.settings.mongo_uri) as client:
        database = archive.database(client, site.settings)
        database.command("profile", 2)
        page.wait_for_timeout(2500)
        database.command("profile", 0)
        reads = {"ns": {"$not": {"$regex": "profile"}}, "op": {"$in": ["query", "command"]}}
        asked = [
            read["command"]
            for read in database["system.profile"].find(reads)
            if {"find", "aggregate", "count"} & set(read.get("command", {}))
        ]
    looks = [one for one in asked if one.get("filter", {}).get("_id") == "changes"]
    arrivals = [one for one in asked if "ingestedAt" in one.get("filter", {})]
    assert len(asked) == len(looks) + len(arrivals)
    # One watcher asks for all pages.
    assert 0 < len(looks) <= 2.5 / 0.1 + 1
    assert len(arrivals) <= (2.5 / 0.1 + 1 if address else 0)


class Relay:
    """A port before MongoDB that can be closed and opened again."""

    def __init__(self, port: int) -> None:
        self.behind = port
        self.sockets: list[socket.socket] = []
        self.port = 0
        # Like a server whose process is stopped: it takes connections and answers nothing.
        self.runs = threading.Event()
        self.runs.set()
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
                    threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.runs.wait()
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
    expect(page.locator(".live")).to_have_text("Live", timeout=30_000)
    relay.close()
    expect(page.locator(".live")).to_have_text("MongoDB not reachable", timeout=30_000)
    expect(page.locator(".pick[inert], .dates[inert], .list-head[inert]")).to_have_count(3)
    page.get_by_text("Still here").click()
    page.get_by_role("heading", name="MongoDB does not answer").first.wait_for(timeout=30_000)
    relay.open()
    expect(page.locator(".live")).to_have_text("Live", timeout=30_000)
    page.get_by_role("heading", name="Still here").wait_for(timeout=10_000)
    expect(page.locator("article")).to_contain_text("Hello")
    expect(page.locator(".list-head")).to_be_visible()
    expect(page.locator("[inert]")).to_have_count(0)
    relay.close()


def test_the_pulse_notices_a_server_that_hangs_and_one_that_goes_on(mongo_uri: str) -> None:
    port = int(re.search(r":(\d+)/", mongo_uri)[1])  # type: ignore[index]
    relay = Relay(port)
    with archive.connect(mongo_uri.replace(f":{port}/", f":{relay.port}/")) as client:
        # pymongo alone would wait for the monitor of the connection, which takes much longer.
        pulse = Pulse(client["hangs"]["entries"])
        pulse.start()
        try:
            eventually(lambda: pulse.number > 0)
            relay.runs.clear()
            eventually(lambda: not pulse.is_reachable, _ANSWER_SECONDS + 5)
            relay.runs.set()
            eventually(lambda: pulse.is_reachable, 30)
        finally:
            pulse.stop()
            relay.runs.set()
            relay.close()


def test_an_archive_that_is_away_is_named(run_site: Any, open_page: Any) -> None:
    page = open_page(run_site("mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=500").url)
    expect(page.locator(".live")).to_have_text("MongoDB not reachable", timeout=30_000)


class Reader:
    """A page that notes what it is told."""

    is_looked_at = True
    reading = ""

    def __init__(self) -> None:
        self.told: list[str] = []

    def nudge(self, session: str) -> None:
        self.told.append(session)

    def wake(self) -> None:
        pass

    def grew(self) -> None:
        self.told.append("entries")


def test_the_pulse_names_the_rows_that_changed_and_takes_all_for_changed_after_many(
    collection: Any,
) -> None:
    database = collection.database
    pulse, looks = Pulse(collection, lambda: looks.append(1)), list[int]()
    pulse.pages.add(page := Reader())
    told = page.told
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
        assert looks, "the follower is told that somebody looks"
    finally:
        pulse.stop()


def test_what_is_dear_is_asked_again_only_when_a_row_has_changed(collection: Any) -> None:
    pulse, asked = Pulse(collection), itertools.count(1)

    def ask() -> int:
        return next(asked)

    assert [pulse.kept("x", ask) for _ in range(2)] == [1, 2], "nothing is known yet"
    pulse._noted("s1")
    assert [pulse.kept("x", ask) for _ in range(3)] == [3, 3, 3]
    assert pulse.kept("y", ask) == 4
    pulse._noted("s1")
    assert [pulse.kept("x", ask) for _ in range(2)] == [5, 5]
    assert pulse.kept("of s1", ask, "s1") == 6
    pulse._noted("s2")
    assert pulse.kept("of s1", ask, "s1") == 6
    pulse._noted("s1")
    assert pulse.kept("of s1", ask, "s1") == 7
    assert [pulse.kept("z", ask, is_worth_it=lambda _: False) for _ in range(2)] == [8, 9]


def test_a_read_is_given_up_once_mongodb_is_known_to_hang(collection: Any) -> None:
    pulse, hangs = Pulse(collection), threading.Event()

    async def both() -> int:
        with pytest.raises(PyMongoError):
            await answered(pulse, hangs.wait)
        number = await answered(pulse, collection.estimated_document_count)
        hangs.set()
        return number

    pulse.is_reachable = False
    # Playwright has an event loop of its own in this thread.
    with ThreadPoolExecutor(1) as pool:
        number = pool.submit(asyncio.run, both()).result()
    assert number == 0, "what answers is shown, whatever the pulse has seen last"
