"""The list in a real Chromium: any number of rows, filters, hits page by page, the chart."""

import re
from datetime import timedelta
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright drives Chromium")
from playwright.sync_api import expect

from cca.mongo import archive

SESSIONS = 900


@pytest.fixture(scope="module")
def site(run_site: Any, new_story: Any) -> Any:
    site = run_site()
    with archive.connect(site.settings.mongo_uri) as client:
        rows = archive.database(client, site.settings)["sessions"]
        story = new_story("pattern")
        story.prompt("x")
        row = story.rollup()
        rows.insert_many(
            [
                {**row, "_id": f"s{number:04}", "title": f"Session {number}", "models": ["old"],
                 "endedAt": row["endedAt"] - timedelta(hours=number)}
                for number in range(SESSIONS)
            ]
        )  # fmt: skip
        archive.database(client, site.settings)["annotations"].insert_many(
            {"_id": f"s{number:04}", "sessionKey": f"s{number:04}", "entryId": "", "starred": True}
            for number in range(30, 60)
        )
    talk = new_story("talk", title="A talk of otters", branch="otters")
    for number in range(130):
        talk.says(f"Otter number {number:03} swims", after=60)
    talk.calls("Bash", {"command": "count otters"}, "no such otter", error=True)
    fork = new_story("fork", title="A fork of it", at=talk.at)
    copied = talk.documents[129]
    fork.add({**{k: copied[k] for k in ("type", "message")}, "uuid": copied["uuid"]})
    work = new_story("work", title="Work", cwd="/home/ada/rivers", project="-home-ada-rivers")
    for number in range(60):
        work.calls("Grep", {"pattern": f"beaver {number}"}, f"A dam of beaver {number}")
    site.store(talk, fork, work)
    site.index()
    return site


def ready(page: Any) -> None:
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)


def test_a_list_of_any_length_is_scrolled_to_its_end_and_back(site: Any, open_page: Any) -> None:
    page = open_page(site.url)
    ready(page)
    assert page.get_by_text(f"{SESSIONS + 3} sessions", exact=True).is_visible()
    first = page.locator("a.row .title").first.text_content()
    last = page.locator("a.row .title", has_text=f"Session {SESSIONS - 1}")
    for _ in range(60):
        if last.count():
            break
        page.locator(".page").last.evaluate("one => one.scrollIntoView({block: 'end'})")
        page.wait_for_timeout(80)
    expect(last).to_be_attached()
    page.locator(".page").last.evaluate("one => one.scrollIntoView({block: 'end'})")
    expect(last).to_be_in_viewport()
    assert page.locator("a.row").count() < SESSIONS / 2, "rows far away are dropped"
    assert page.locator(".page").count() == -(-(SESSIONS + 2) // 60)
    page.locator(".page").nth(4).evaluate("one => one.scrollIntoView()")
    expect(page.locator("a.row", has_text="Session 240")).to_be_visible()
    page.locator(".page").first.evaluate("one => one.scrollIntoView()")
    expect(page.locator("a.row .title").first).to_have_text(first)
    days = page.locator(".page").nth(0).locator("li.day").all_text_contents()
    assert len(days) == len(set(days)), "a day is named once"


def test_a_reload_and_the_way_back_keep_the_place_in_the_list(site: Any, open_page: Any) -> None:
    page = open_page(site.url)
    ready(page)
    row = page.locator("a.row", has_text="Session 240")
    for _ in range(60):
        if row.count():
            break
        page.locator(".page").last.evaluate("one => one.scrollIntoView({block: 'end'})")
        page.wait_for_timeout(80)
    row.evaluate("one => one.scrollIntoView({block: 'center'})")
    page.wait_for_function("() => history.state?.list?.pages.length > 4")
    page.reload()
    ready(page)
    expect(row).to_be_in_viewport()
    row.click()
    expect(page.locator('a.row[aria-current="page"]')).to_contain_text("Session 240")
    page.reload()
    ready(page)
    expect(row).to_be_in_viewport()
    expect(row).to_have_attribute("aria-current", "page")
    # Another list begins at its top; the way back to this one leads to its place.
    page.goto(f"{site.url}/?branch=otters")
    ready(page)
    page.go_back()
    ready(page)
    expect(row).to_be_in_viewport()


def test_few_stops_of_the_tab_key_lead_to_the_list(site: Any, open_page: Any) -> None:
    page = open_page(site.url)
    ready(page)
    first = page.locator("a.row").first
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the list")).to_be_focused()
    page.keyboard.press("Enter")
    expect(first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("a.row").nth(1)).to_be_focused()
    # The list is one stop, and so is each group of controls.
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Failures", exact=True)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="Starred", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("a.row").nth(1)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#overview").get_by_role("button").first).to_be_focused()


def test_the_list_has_the_width_it_was_given_and_is_hidden_by_a_key(
    site: Any, open_page: Any
) -> None:
    page = open_page(site.url)
    ready(page)
    side, more = page.locator("#side"), page.locator("a.row .brief > span").first
    expect(more).to_be_hidden()
    edge = page.locator("#grip").bounding_box()
    page.mouse.move(edge["x"] + 2, 400)
    page.mouse.down()
    page.mouse.move(520, 400)
    page.mouse.up()
    page.reload()
    ready(page)
    assert side.bounding_box()["width"] == 520
    expect(more).to_be_visible()
    page.keyboard.press("b")
    expect(side).to_be_hidden()
    page.keyboard.press("b")
    expect(side).to_be_visible()


def seen(page: Any) -> int:
    """How many rows are whole on the screen."""
    return page.locator("a.row").evaluate_all(
        "all => all.filter(each => { const { top, bottom } = each.getBoundingClientRect();"
        " return top >= 0 && bottom <= innerHeight; }).length"
    )


def test_a_compact_list_shows_twenty_rows_and_is_remembered(site: Any, open_page: Any) -> None:
    page = open_page(site.url)
    ready(page)
    compact = page.get_by_role("button", name="Compact list")
    before = seen(page)
    compact.click()
    expect(compact).to_have_attribute("aria-pressed", "true")
    assert before < seen(page)
    page.reload()
    ready(page)
    expect(compact).to_have_attribute("aria-pressed", "true")
    assert seen(page) >= 20
    assert page.locator("a.row").nth(3).bounding_box()["height"] >= 24
    expect(page.locator("a.row .end .on").first).to_be_visible()
    compact.click()
    expect(page.locator("a.row .end .on").first).to_be_hidden()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_makes_a_page_longer_than_the_screen(site: Any, open_page: Any, width: int) -> None:
    page = open_page(f"{site.url}/?q=dam+beaver", viewport={"width": width, "height": 800})
    ready(page)
    expect(page.locator(".results a.hit").first).to_be_visible()
    if width >= 1280:
        # The words are marked in what a call gave back, too.
        expect(page.locator("#preview article.target .body mark").first).to_have_text("beaver")
    assert fits(page)
    page.goto(f"{site.url}/?session=work")
    ready(page)
    expect(page.locator("article .sign").nth(40)).to_be_attached()
    assert fits(page)
    page.goto(site.url)
    ready(page)
    expect(page.locator("a.row .star").nth(20)).to_be_attached()
    assert fits(page)


def fits(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollHeight <= innerHeight"))


def test_a_phone_names_copies_below_the_words_of_a_match(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?q=129", viewport={"width": 390, "height": 844})
    ready(page)
    hit = page.locator(".results a.hit", has_text="also in 1 forked")
    words, copies = hit.locator(".snippet").bounding_box(), hit.locator("small").bounding_box()
    assert copies["y"] >= words["y"] + words["height"]


def test_several_sessions_are_selected_by_keys_and_clicks_and_changed_together(
    site: Any, open_page: Any
) -> None:
    page = open_page(f"{site.url}/?text=of", permissions=["clipboard-read", "clipboard-write"])
    ready(page)
    bar = page.get_by_role("region", name="Selected sessions")
    expect(page.locator("a.row")).to_have_count(2)
    expect(bar).to_be_hidden()
    page.locator("a.row").first.focus()
    page.keyboard.press("x")
    expect(bar.get_by_role("status")).to_have_text("1 selected")
    page.keyboard.press("j")
    page.keyboard.press("X")
    expect(bar.get_by_role("status")).to_have_text("2 selected")
    bar.get_by_role("button", name="Star the selected sessions").click()
    expect(page.locator("a.row .star")).to_have_count(2)
    bar.get_by_text("Tag", exact=True).click()
    bar.get_by_label("Tags", exact=True).fill("Otters, later")
    bar.get_by_role("button", name="Add").click()
    expect(page.locator("a.row .tag", has_text="otters")).to_have_count(2)
    bar.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        bar.get_by_role("link", name="ZIP of Markdown files").click()
    assert download.value.suggested_filename == "sessions.zip"
    bar.get_by_text("Tag", exact=True).click()
    bar.get_by_role("button", name="Remove the tag later").click()
    expect(page.locator("a.row .tag", has_text="later")).to_have_count(0)
    # Neither has an id that Claude Code knows.
    bar.get_by_role("button", name="Copy resume commands").click()
    page.get_by_text("Claude Code can resume none of these sessions").wait_for()
    bar.get_by_role("button", name="Star the selected sessions").click()
    expect(page.locator("a.row .star")).to_have_count(0)
    # One key leaves one thing: the session that is open, then the selection.
    page.locator("a.row").first.click()
    page.locator("article").first.wait_for()
    page.keyboard.press("Escape")
    expect(page.locator("article")).to_have_count(0)
    expect(bar.get_by_role("status")).to_have_text("2 selected")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    assert "text=of" in page.url


def test_clicks_with_shift_select_to_there_and_a_selection_outlives_its_list(
    site: Any, open_page: Any
) -> None:
    page = open_page(site.url)
    ready(page)
    bar, boxes = page.get_by_role("region", name="Selected sessions"), page.locator("input.pick")
    page.locator("li.item").first.hover()
    boxes.nth(0).click()
    boxes.nth(1).click(modifiers=["Shift"])
    expect(bar.get_by_role("status")).to_have_text("2 selected")
    page.locator("a.row").nth(2).click(modifiers=["Shift"])
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(3)
    assert page.url.endswith("/"), "no session was opened"
    assert len(page.context.pages) == 1
    page.get_by_label("Filter by title").fill("Session 890")
    expect(page.locator("a.row")).to_have_count(1)
    status, star = bar.get_by_role("status"), bar.get_by_role("button", name="Star the selected")
    expect(status).to_have_text("3 selected, 3 not in this list")
    bar.get_by_role("button", name="Select the whole list").click()
    expect(status).to_have_text("4 selected, 3 not in this list")
    boxes.click()
    with archive.connect(site.settings.mongo_uri) as client:
        marks = archive.database(client, site.settings)["annotations"]
        before = marks.count_documents({"starred": True})
        star.click()
        page.get_by_text("Starred", exact=True).wait_for()
        assert marks.count_documents({"starred": True}) == before + 3
        star.click()
        page.get_by_text("Stars removed").wait_for()
        assert marks.count_documents({"starred": True}) == before


def test_filters_are_chosen_removed_and_kept_in_the_address(site: Any, open_page: Any) -> None:
    page = open_page(site.url)
    ready(page)
    page.get_by_text("Filters", exact=True).click()
    page.locator("select[data-name=branch]").select_option("otters")
    page.get_by_text("1 session", exact=True).wait_for()
    assert "branch=otters" in page.url
    page.locator("select[data-name=tool]").select_option("Bash")
    expect(page).to_have_url(re.compile("tool=Bash"))
    page.get_by_role("button", name="Remove the filter Branch otters").click()
    expect(page).not_to_have_url(re.compile("branch="))
    page.get_by_label("Order", exact=True).select_option("longest")
    expect(page).to_have_url(re.compile("longest"))
    assert "tool=Bash" in page.url
    page.reload()
    ready(page)
    expect(page.locator("a.row .title")).to_have_text("A talk of otters")
    page.locator("a.row").click()
    page.get_by_role("heading", name="A talk of otters").wait_for()
    page.go_back()
    page.get_by_role("heading", name="Message activity").wait_for()
    page.go_forward()
    page.get_by_role("heading", name="A talk of otters").wait_for()


def test_hits_come_page_by_page_with_kinds_copies_and_a_sentence(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?q=otter+kind%3Aanswer")
    ready(page)
    head = page.locator(".results .list-head [role=status]")
    expect(head).to_contain_text("130 matches")
    hits = page.locator(".results a.hit")
    wanted = hits.filter(has_text="number 000")
    for count in (53, 103, 130):
        page.locator(".results button.more").first.click()
        expect(hits).to_have_count(count)
    expect(wanted).to_be_attached()
    expect(hits.filter(has_text="number 129")).to_contain_text(
        "also in 1 forked or resumed session"
    )
    page.goto(f"{site.url}/?q=otter")
    ready(page)
    page.get_by_role("button", name="Tool output 1").click()
    expect(head).to_contain_text("1 match in 1 session")
    assert "kind=tool_result" in page.url
    page.goto(f"{site.url}/?q=%2Fnumber+0%5B45%5D%5Cd%2F")
    ready(page)
    expect(head).to_contain_text("20 matches")
    newest = page.locator(".results select[data-name=order]")
    newest.select_option("newest")
    expect(page.locator(".results .hits mark").first).to_have_text("number 059")
    page.locator(".results .hits a.hit").first.click()
    expect(page.locator("article.target mark:not(.found)")).to_have_text("number 059")
    page.goto(f"{site.url}/?q=%3D%3E")
    assert page.get_by_text("Signs alone (=>) cannot be searched; add a word.").is_visible()


def test_a_bar_of_an_hour_filters_and_clearing_undoes_it(site: Any, open_page: Any) -> None:
    page = open_page(site.url)
    ready(page)
    page.get_by_role("button", name="Hour", exact=True).click()
    bar = page.locator("#overview .bar[title*=' 60 from Claude']").first
    bar.click()
    expect(page.locator("#overview .bar:not(.off)")).to_have_count(1)
    assert "T10" in page.url or "T11" in page.url
    shown = page.locator(".list-head b").text_content()
    page.get_by_role("button", name="Clear period").click()
    page.get_by_text(f"{SESSIONS + 3} sessions", exact=True).wait_for()
    assert shown != str(SESSIONS + 2)


def test_today_is_the_day_of_the_reports_time_zone(site: Any, open_page: Any) -> None:
    page = open_page(site.url)
    ready(page)
    page.clock.set_fixed_time("2026-11-20T12:00:00Z")
    page.locator("[data-preset]").evaluate_all(
        "all => all.forEach(each => { each.dataset.zone = 'Pacific/Kiritimati'; })"
    )
    page.get_by_text("Any date").first.click()
    page.get_by_role("button", name="Last 7 days").click()
    page.wait_for_url("**since=2026-11-15**")
