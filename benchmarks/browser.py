"""Times the conversation browser in Chromium: `python -m benchmarks.browser [--mb N]`.

The server, the follower and Chromium share the machine with the clock that measures them.
"""

import argparse
import shutil
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psutil
from playwright.sync_api import Page, sync_playwright

from benchmarks.corpus import Corpus, Row, corpus, table
from benchmarks.crowd import crowd
from cca.mongo import archive
from cca.search.searcher import Searcher

RUNS = 5
IDLE_PERCENT = 5
LONG = {"2000": 2000, "5000": 5000}
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
# The page comes in parts: its last one is there, and Panel has taken over what was painted.
USABLE = "() => document.querySelector('#tip') && !document.querySelector('.painted')"
BEGAN = datetime(2026, 11, 1, 9, tzinfo=UTC)


def _id(session: str, number: int) -> str:
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{session}{number}").hex


def write(made: Corpus, session: str, first: int, count: int) -> None:
    """Messages of a session that is as long as it has to be, ingested now."""
    with archive.connect(made.settings.mongo_uri) as client:
        now = client.admin.command("hello")["localTime"]
        archive.conversations(client, made.settings).insert_many(
            {
                "_id": _id(session, number),
                "type": "assistant" if number % 5 else "user", "uuid": f"{session}-{number}",
                "message": {"role": "assistant" if number % 5 else "user", "id": f"{number}",
                            "content": f"Entry {number}: `code`, **words** and a list\n\n- a\n- b"},
                "stream": session, "generation": 0, "sourceOffset": number * 500,
                "projectId": "-bench", "sessionKey": session, "host": "bench",
                "sourceFile": f"-bench/{session}.jsonl", "ingestedAt": now,
                "eventAt": BEGAN + timedelta(seconds=number), "preview": "",
            }
            for number in range(first, first + count)
        )  # fmt: skip


def _ms(measure: Callable[[int], float]) -> str:
    times = [measure(run) for run in range(RUNS)]
    return f"{statistics.median(times) * 1000:.0f} ms (worst {max(times) * 1000:.0f})"


def _timed(act: Callable[[], object], seen: Callable[[], object]) -> float:
    before = time.perf_counter()
    act()
    seen()
    return time.perf_counter() - before


def ready(page: Page) -> None:
    # Whatever it says of the parts: a benchmark has no agent and no pipeline.
    page.locator(".live:not(:empty, .away)").wait_for(state="attached", timeout=30_000)
    page.wait_for_function(USABLE)


def first_sight(browser: Any, url: str) -> list[Row]:
    """First contentful paint, and the moment from which a click does something."""
    paints, usable = [], []
    for _ in range(RUNS):
        page = browser.new_page()
        before = time.perf_counter()
        page.goto(url, wait_until="commit")
        page.wait_for_function(USABLE, timeout=60_000)
        usable.append(time.perf_counter() - before)
        painted = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
        paints.append(page.wait_for_function(painted, timeout=60_000).json_value() / 1000)
        page.close()
    return [
        Row("first paint", f"{statistics.median(paints) * 1000:.0f} ms", "≤ 500 ms"),
        Row("usable", f"{statistics.median(usable) * 1000:.0f} ms", "≤ 1,000 ms"),
    ]


def clicks(page: Page, url: str) -> list[Row]:
    page.goto(url)
    ready(page)
    total = page.locator(".list-head p b")
    projects = page.locator("select[name=project] option").evaluate_all(
        "all => all.map(o => o.value)"
    )

    def filtered(run: int) -> float:
        before = total.text_content()
        value = projects[1:3][run % 2]
        changed = f"() => {DEEP}('.list-head p b')?.textContent !== {before!r}"
        return _timed(
            lambda: page.locator("select[name=project]").select_option(value),
            lambda: page.wait_for_function(changed),
        )

    def opened(session: str) -> Callable[[int], float]:
        def once(_: int) -> float:
            page.goto(f"{url}/?text={session}")
            ready(page)
            row = page.locator(f'a.row[data-session="{session}"]')
            row.wait_for()
            return _timed(row.click, page.locator(".feed article").nth(100).wait_for)

        return once

    rows = [Row("project filter → list replaced", _ms(filtered), "≤ 120 ms")]
    rows += [
        Row(f"open a session of {name} entries", _ms(opened(f"bench-{name}")), "≤ 200 ms")
        for name in LONG
    ]
    return rows


DEEP = (
    "((s) => { const find = (r) => r.querySelector(s) || [...r.querySelectorAll('*')]"
    ".map((e) => e.shadowRoot && find(e.shadowRoot)).find(Boolean); return find(document); })"
)


def middle(page: Page, url: str) -> Row:
    """A link from elsewhere: painted by the server, before any script."""

    def once(run: int) -> float:
        wanted = _id("bench-5000", 2500 + run)
        link = f"{url}/sessions/bench-5000/{wanted}"
        return _timed(
            lambda: page.goto(link, wait_until="commit"),
            page.locator(f'article[data-id="{wanted}"]').first.wait_for,
        )

    return Row("link into the middle of 5,000 entries → its text", _ms(once), "≤ 500 ms")


def within(page: Page, url: str) -> list[Row]:
    """A text in 5,000 entries, as the next letter is typed, and both ends of them."""
    page.goto(f"{url}/?session=bench-5000")
    ready(page)
    page.locator(".stepper").first.wait_for()
    page.keyboard.press("f")
    field, count = page.locator(".find input"), page.locator(".find .count")
    field.fill("Entry")
    count.filter(has_text="of 5,000").wait_for()

    def found(run: int) -> float:
        number = 4000 + run
        here = page.locator("mark.here", has_text=f"Entry {number}")
        return _timed(lambda: field.fill(f"Entry {number}"), here.wait_for)

    def ended(run: int) -> float:
        key, number = ("End", 4999) if run % 2 == 0 else ("Home", 0)
        # In the conversation: the list beside it has the first prompt as a title.
        there = page.locator(".feed").get_by_text(f"Entry {number}:").first
        return _timed(lambda: page.keyboard.press(key), there.wait_for)

    times = Row(
        "find in 5,000 entries → on screen (120 ms of it our pause)", _ms(found), "≤ 300 ms"
    )
    page.keyboard.press("Escape")
    return [times, Row("Home and End of 5,000 entries", _ms(ended), "≤ 1,000 ms")]


def searched(page: Page, url: str) -> Row:
    page.goto(url)
    ready(page)
    words = ["words", "test", "error", "code", "list", "function", "return"]

    def once(run: int) -> float:
        word = words[run % len(words)]
        seen = f"() => {DEEP}('.rows.hits[data-more*=\"q={word}\"]')"
        # In one step: where a slow machine pauses between word and Enter, the pause itself
        # searches, and Enter opens the first hit.
        send = f"(box) => {{ box.value = {word!r}; box.form.requestSubmit(); }}"
        return _timed(
            lambda: page.locator("input[name=q]").evaluate(send),
            # A locator that waits looks after 20, 70, 170 and 270 ms; this looks each frame.
            lambda: page.wait_for_function(seen),
        )

    return Row("search sent → hits on screen", _ms(once), "≤ 150 ms")


def arrived(page: Page, url: str, made: Corpus) -> list[Row]:
    """From the insert in MongoDB to the index and to an open page."""
    write(made, "bench-live", 0, 5)
    page.goto(f"{url}/?session=bench-live")
    ready(page)
    searcher = Searcher(made.settings)

    def on_screen(run: int) -> float:
        number = 100 + run
        seen = f"() => {DEEP}('article[data-id=\"{_id('bench-live', number)}\"]')"
        return _timed(
            lambda: write(made, "bench-live", number, 1),
            # A locator that waits looks each half second after a while; this looks each frame.
            lambda: page.wait_for_function(seen),
        )

    def found(run: int) -> float:
        word = f"Entry {200 + run}"

        def until() -> None:
            while not searcher.search(f'"{word}" session:bench-live', limit=1).total:
                time.sleep(0.01)

        return _timed(lambda: write(made, "bench-live", 200 + run, 1), until)

    return [
        Row("insert → on an open page", _ms(on_screen), "≤ 300 ms"),
        Row("insert → found by a search", _ms(found), "≤ 500 ms"),
    ]


def measure(made: Corpus) -> list[Row]:
    for name, count in LONG.items():
        write(made, f"bench-{name}", 0, count)
    url = f"http://127.0.0.1:{made.settings.browser_port}"
    follower, server = made.start("follow"), made.start("browser")
    try:
        _until_there(url, made, follower.pid)
        with sync_playwright() as playwright:
            chromium = shutil.which("chromium") or sys.exit("Chromium is absent")
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            rows = first_sight(browser, url)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            rows += [*clicks(page, url), *within(page, url), middle(page, url)]
            rows += [searched(page, url)]
            rows += arrived(page, url, made)
            browser.close()
        return [*rows, *crowd(url, server.pid)]
    finally:
        for process in (server, follower):
            process.terminate()
            process.wait(20)


def _until_there(url: str, made: Corpus, follower: int) -> None:
    """Until everything is found, and the lists are made as well."""
    searcher = Searcher(made.settings)
    deadline = time.monotonic() + 1800
    while time.monotonic() < deadline:
        time.sleep(0.5)
        try:
            httpx.get(f"{url}/healthz", timeout=2)
        except httpx.HTTPError:
            continue
        if searcher.search('"Entry 4999"', session="bench-5000").total and _is_idle(follower):
            return
    sys.exit("the browser or the follower did not get there in half an hour")


def _is_idle(process: int) -> bool:
    return psutil.Process(process).cpu_percent(interval=2) < IDLE_PERCENT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=float, default=200, help="size of the transcripts")
    with corpus(parser.parse_args().mb) as made:
        rows = measure(made)
        print(table(f"the browser over {made.documents:,} documents", rows))


if __name__ == "__main__":
    main()
