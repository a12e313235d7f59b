"""News come into a page that somebody uses, and take nothing from whoever uses it."""

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright drives Chromium")
from playwright.sync_api import expect

from cca.annotations import Annotation, amend, changed
from cca.mongo import archive, changes
from tests.helpers import eventually

SESSION = "46464646-4646-4646-8646-464646464646"
OTHER = "47474747-4747-4747-8747-474747474747"
WAIT = 8000


@pytest.fixture
def site(run_site: Any, new_story: Any) -> Any:
    site = run_site()
    site.story, other = new_story(SESSION, title="Growing"), new_story(OTHER, title="Finished")
    other.prompt("Nothing comes here any more")
    site.first = site.story.prompt("Start here")
    site.call = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "make"}}
    site.story.says("Let me see", site.call, {"type": "thinking", "thinking": "Deep thoughts"})
    site.store(site.story, other)
    return site


def write(site: Any, act: Callable[[], Any]) -> None:
    """Stores what the story gains by `act`."""
    known = len(site.story.documents)
    act()
    with archive.connect(site.settings.mongo_uri) as client:
        archive.conversations(client, site.settings).insert_many(site.story.documents[known:])
        rows = archive.database(client, site.settings)["sessions"]
        rows.replace_one({"_id": SESSION}, site.story.rollup())
        changes.note(rows.database, [SESSION])


def test_what_is_used_stays_as_it_is_while_news_come(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session={SESSION}")
    expect(page.locator(".stepper.prompt")).to_be_visible(timeout=30_000)
    expect(page.locator(".live")).to_have_text("Live", timeout=30_000)
    articles = page.locator("article:not(.divider)")
    link = page.locator(".session-head .facts a").first
    step = page.get_by_role("button", name="Next prompt")
    for number, used in enumerate((link, step)):
        used.focus()
        write(site, lambda: site.story.prompt("More"))
        expect(articles).to_have_count(3 + number, timeout=WAIT)
        expect(page.locator(".stepper.prompt")).to_contain_text(str(2 + number), timeout=WAIT)
        expect(used).to_be_focused()
    # A message that gets a result is written again where it differs.
    thoughts, tool = page.locator("details.thinking"), page.locator("details.tool")
    thoughts.locator("summary").click()
    tool.locator("summary").focus()
    result = [{"type": "tool_result", "tool_use_id": "t1", "content": "done"}]
    write(site, lambda: site.story.prompt(result))
    expect(tool).to_have_class("tool ok", timeout=WAIT)
    expect(tool.locator("summary")).to_be_focused()
    expect(thoughts).to_have_attribute("open", "")


def test_a_click_is_of_the_row_where_it_began(site: Any, open_page: Any) -> None:
    page = open_page(site.url)
    told: list[str | bytes] = []
    # Playwright marks its listeners, so they are lambdas.
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: told.append(frame)),  # noqa: PLW0108
    )
    page.reload()
    expect(page.locator(".live")).to_have_text("Live", timeout=30_000)
    rows = page.locator("#side a.row")
    expect(rows).to_have_count(2)
    rows.nth(1).hover()
    first = rows.first.text_content()
    page.mouse.down()
    told.clear()
    write(site, lambda: [site.story.says("Another answer") for _ in range(3)])
    eventually(lambda: page.evaluate("1") and any("5 messages" in str(one) for one in told), 20)
    assert rows.first.text_content() == first, "it waits for the click"
    page.mouse.up()
    expect(page).to_have_url(f"{site.url}/?session={OTHER}")
    expect(rows.first).to_contain_text("5 messages", timeout=WAIT)
    # Nor does a choice of one's own take the focus.
    failures = page.get_by_role("button", name="Failures")
    failures.focus()
    page.keyboard.press("Enter")
    expect(failures).to_have_attribute("aria-pressed", "true")
    expect(failures).to_be_focused()


def test_what_is_noted_elsewhere_shows_at_once(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session={SESSION}")
    expect(page.locator(".live")).to_have_text("Live", timeout=30_000)

    def note(entry: str, **changes: Any) -> None:
        with archive.connect(site.settings.mongo_uri) as client:
            annotations = archive.database(client, site.settings)[archive.ANNOTATIONS]
            place = Annotation(SESSION, entry)
            amend(annotations, place, lambda before: changed(before, changes), {})

    head, message = page.locator(".session-head"), page.locator(f'article[data-id="{site.first}"]')
    note("", tags=["urgent"], title="Named elsewhere", starred=True)
    note(site.first, note="Look at this")
    expect(head.get_by_role("heading")).to_have_text("Named elsewhere", timeout=WAIT)
    expect(head.locator(".mark .tag")).to_have_text("urgent")
    expect(page.get_by_label("Star this session")).to_have_attribute("aria-pressed", "true")
    expect(message.locator(".note-text")).to_have_text("Look at this", timeout=WAIT)
    expect(page.locator("#side a.row .named")).to_contain_text(["Named elsewhere", "Finished"])
    note(site.first, note="")
    note("", tags=[], title="", starred=False)
    expect(message.locator(".mark")).to_have_count(0, timeout=WAIT)
    expect(head.get_by_role("heading")).to_have_text("Growing", timeout=WAIT)
    expect(head.locator(".mark")).to_be_hidden()


def test_what_is_erased_leaves_the_pages_that_show_it(site: Any, open_page: Any) -> None:
    reading, looking = open_page(f"{site.url}/?session={SESSION}"), open_page(site.url)
    for page in (reading, looking):
        expect(page.locator(".live")).to_have_text("Live", timeout=30_000)
    menu = looking.get_by_label("Project", exact=True)
    expect(menu).to_contain_text("(2)")
    with archive.connect(site.settings.mongo_uri) as client:
        # As an erasure and the follower after it do.
        archive.conversations(client, site.settings).delete_many({"sessionKey": SESSION})
        rows = archive.database(client, site.settings)["sessions"]
        rows.delete_one({"_id": SESSION})
        changes.note(rows.database, [SESSION])
    expect(reading.get_by_text("This session is not in the archive.")).to_be_visible(timeout=WAIT)
    expect(reading.get_by_text("Start here")).to_have_count(0)
    expect(looking.locator("#side a.row")).to_have_count(1, timeout=WAIT)
    expect(menu).to_contain_text("(1)", timeout=WAIT)
