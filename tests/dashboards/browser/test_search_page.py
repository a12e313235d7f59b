"""A search that fills the page: sessions with their matches, keys, live; dates; a restart."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from cca.follow.agent import catch_up
from cca.mongo import archive

pytest.importorskip("playwright", reason="playwright drives Chromium")
from playwright.sync_api import expect

MANY, BEST, LATE = (f"{digit * 8}-4444-4444-8444-444444444444" for digit in "123")


@pytest.fixture(scope="module")
def site(run_site: Any, new_story: Any) -> Any:
    site = run_site(cca_host="test-host")
    best = new_story(BEST, title="Short and good", at=datetime(2026, 11, 1, 9, tzinfo=UTC))
    best.prompt("otter otter otter")
    many = new_story(MANY, title="Many words", cwd="/home/ada/rivers", project="-home-ada-rivers",
                     at=datetime(2026, 11, 5, 9, tzinfo=UTC))  # fmt: skip
    for number in range(12):
        many.says(f"**The** `otter` of day {number} swims, and so do {'many ' * 40}others")
    for story in (best, many):
        name(story)
    site.store(best, many)
    catch_up(site.settings, site.settings.mongo_uri)
    return site


def name(story: Any) -> None:
    """Writes the title as Claude Code does: the follower knows no other."""
    story.add({"type": "ai-title", "aiTitle": story.title})


def ready(page: Any) -> Any:
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
    return page


def titles(page: Any) -> Any:
    return page.locator(".results .row.of .title")


def test_matches_fill_the_page_by_session_best_first(site: Any, open_page: Any) -> None:
    page = ready(open_page(f"{site.url}/?q=otter"))
    expect(page.locator("#side")).to_be_hidden()
    head = page.locator(".results .list-head [role=status]")
    expect(head).to_contain_text("13 matches in 2 sessions")
    expect(titles(page)).to_have_text(["Short and good", "Many words"])
    many = page.locator(".results .group", has_text="Many words")
    expect(many.locator(".facts")).to_contain_text("rivers")
    expect(many.locator(".facts")).to_contain_text("12 messages match")
    expect(many.locator("a.hit")).to_have_count(3)
    expect(many.locator(".snippet").first).to_have_text(re.compile("^The otter of day"))
    many.get_by_role("button", name="Show 9 more of 12").click()
    expect(many.locator("a.hit")).to_have_count(12)
    many.locator("a.hit").nth(7).click()
    count = page.locator(".find .count")
    expect(count).to_have_text(re.compile(r"^\d+ of 12 places$"))
    number = int(count.inner_text().split()[0])
    expect(page.locator("article.target mark.here")).to_have_text("otter")
    page.get_by_role("button", name="Next match").click()
    expect(count).to_have_text(f"{number % 12 + 1} of 12 places")
    expect(page.locator("article:not(.target) mark.here")).to_have_text("otter")


def test_the_match_in_focus_is_shown_in_its_conversation_at_the_side(
    site: Any, open_page: Any
) -> None:
    page = ready(open_page(f"{site.url}/?q=otter+day"))
    preview = page.get_by_role("complementary", name="The match in its conversation")
    expect(preview.locator("article.target mark").first).to_have_text("otter")
    page.keyboard.press("/")
    for key in ("ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    expect(preview.locator("article.target")).to_contain_text("The otter of day")
    first = preview.locator("article.target").get_attribute("data-id")
    page.keyboard.press("ArrowDown")
    expect(preview.locator("article.target")).not_to_have_attribute("data-id", first)
    # What stands before and after it is there, and the pointer moves it too.
    assert preview.locator("article").count() > 3
    page.locator(".results a.hit").nth(2).hover()
    third = page.locator(".results a.hit").nth(2).get_attribute("data-m")
    expect(preview.locator("article.target")).to_have_attribute("data-id", third)
    preview.get_by_role("link", name="Many words").click()
    opened = page.locator("#conversation article.target")
    expect(opened).to_have_attribute("data-id", third)
    page.keyboard.press("Escape")
    expect(preview.locator("article.target")).to_have_count(1)
    preview.get_by_role("button", name="Hide").click()
    expect(preview).to_be_hidden()
    page.reload()
    ready(page)
    switch = page.get_by_role("button", name="Preview", exact=True)
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.click()
    expect(preview).to_be_visible()
    page.set_viewport_size({"width": 1000, "height": 800})
    expect(preview).to_be_hidden()


def test_newest_first_is_remembered(site: Any, open_page: Any) -> None:
    page = ready(open_page(f"{site.url}/?q=otter"))
    page.locator(".results select[data-name=order]").select_option("newest")
    expect(titles(page)).to_have_text(["Many words", "Short and good"])
    page.goto(site.url)
    ready(page)
    page.keyboard.press("/")
    page.keyboard.type("otter")
    expect(titles(page)).to_have_text(["Many words", "Short and good"])


def test_a_bar_of_the_chart_narrows_the_search(site: Any, open_page: Any) -> None:
    page = ready(open_page(f"{site.url}/?q=otter"))
    bars = page.locator(".results .bar")
    assert bars.evaluate_all("all => all.filter(one => one.tabIndex === 0).length") == 1
    page.locator('.results .bar[title*="Nov 1"]').first.click()
    expect(titles(page)).to_have_text(["Short and good"])
    page.get_by_role("button", name="Clear period").click()
    expect(titles(page)).to_have_count(2)


def test_the_keys_lead_from_the_field_to_a_match_and_back(site: Any, open_page: Any) -> None:
    page = ready(open_page(site.url))
    page.keyboard.press("/")
    expect(page.locator(".syntax")).to_be_visible()
    page.keyboard.type("otter")
    expect(page.locator(".syntax")).to_be_hidden()
    expect(titles(page)).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".results a.row").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Search messages and tool calls")).to_be_focused()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("article.target")).to_contain_text("otter otter otter")
    # The words are found in the session too, from the match on.
    expect(page.locator(".find .count")).to_have_text("1 of 3 places")
    expect(page.locator("mark.here")).to_have_text("otter")
    page.keyboard.press("F3")
    expect(page.locator(".find .count")).to_have_text("2 of 3 places")
    # The search stays, beside what it found.
    expect(page.locator("#side .list-head [role=status]")).to_contain_text("13 matches")
    page.keyboard.press("Escape")
    expect(page.locator(".results a.hit").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#side .list-head [role=status]")).to_contain_text("2 sessions")
    page.keyboard.press("/")
    page.keyboard.type("otter")
    expect(titles(page)).to_have_count(2)
    page.keyboard.press("Enter")
    expect(page.locator("article.target")).to_be_visible()


def test_a_search_is_live_and_says_what_it_lacks(site: Any, open_page: Any, new_story: Any) -> None:
    page = ready(open_page(f"{site.url}/?q=platypus"))
    expect(page.get_by_role("heading", name="No matches")).to_be_visible()
    late = new_story(LATE, title="Came late")
    late.prompt("A platypus")
    name(late)
    with archive.connect(site.settings.mongo_uri) as client:
        now = client.admin.command("hello")["localTime"]
        for document in late.documents:
            document["ingestedAt"] = now
        archive.conversations(client, site.settings).insert_many(late.documents)
    behind = ready(open_page(f"{site.url}/?q=otter")).locator(".results .remark")
    expect(behind).to_contain_text("2 new entries are missing")
    catch_up(site.settings, site.settings.mongo_uri)
    expect(titles(page)).to_have_text(["Came late"], timeout=30_000)
    expect(page.locator(".results .remark")).to_have_count(0)


def test_dates_are_typed_and_chosen_together(site: Any, open_page: Any) -> None:
    page = ready(open_page(site.url))
    page.get_by_text("Any date").first.click()
    since, until = page.get_by_label("From", exact=True), page.get_by_label("To", exact=True)
    since.focus()
    page.keyboard.type("11042026")
    expect(since).to_have_value("2026-11-04")
    expect(since).to_be_visible()
    assert "since" not in page.url
    until.fill("2026-11-06")
    page.keyboard.press("Enter")
    page.wait_for_url("**since=2026-11-04&until=2026-11-06**")
    expect(page.locator("#side a.row .title")).to_have_text(["Many words"])
    page.locator("details.dates > summary").click()
    page.get_by_role("button", name="Last 90 days").click()
    page.wait_for_url(lambda url: "until" not in url and "since" in url)


def test_a_page_comes_back_after_the_server_was_restarted(
    run_site: Any, new_story: Any, chromium: Any
) -> None:
    site = run_site()
    story = new_story(LATE, title="Still here")
    story.prompt("Hello")
    site.store(story)
    # The server's absence is an error in the console, which `open_page` would not forgive.
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{site.url}/?session={LATE}")
    ready(page)
    page.evaluate("window.isOld = true")
    site.restart()
    page.wait_for_function("() => !window.isOld", timeout=60_000)
    ready(page)
    expect(page.locator("article").first).to_contain_text("Hello")
    expect(page.locator(".live")).to_have_text("Live", timeout=30_000)
    context.close()
