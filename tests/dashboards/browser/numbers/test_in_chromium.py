"""The analytics in Chromium: width, keys, tables, filters that travel, hostile names."""

import csv
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from cca.dashboards.browser.numbers.pages import PAGES
from cca.dashboards.browser.numbers.parts import (
    tables_of,
)
from cca.dashboards.browser.numbers.sheets import csv_of
from cca.dashboards.browser.numbers.write import Figure
from cca.gold.measures.calls import SUCCESS_RATE
from cca.settings import Settings
from tests.dashboards.browser.numbers.figures import (
    EVIL,
    asked,
)

AXE_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}  # fmt: skip


@pytest.mark.parametrize("slug", PAGES)
def test_no_page_is_wider_than_a_phone_nor_runs_what_it_shows(
    site: Any, open_page: Any, slug: str
) -> None:
    page = open_page(
        f"{site.url}/numbers/{slug}", viewport={"width": 360, "height": 740}, color_scheme="dark",
        bypass_csp=True,
    )  # fmt: skip
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.locator(".pages [aria-current]").is_visible()
    assert barriers(page) == {}


@pytest.mark.parametrize("slug", ["", "usage", "tools", "activity"])
def test_nobody_is_barred_from_a_wide_page(site: Any, open_page: Any, slug: str) -> None:
    page = open_page(f"{site.url}/numbers/{slug}", color_scheme="light", bypass_csp=True)
    assert barriers(page) == {}


def barriers(page: Any) -> dict[str, list[str]]:
    """What axe-core finds, by its rule."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415  (after the skip)

    found = Axe().run(page, options=AXE_RULES).response["violations"]
    return {one["id"]: [node["html"][:120] for node in one["nodes"][:3]] for one in found}


def test_a_table_is_sorted_shown_whole_and_taken_along(site: Any, open_page: Any) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415  (after the skip)

    page = open_page(f"{site.url}/numbers/code")
    table = page.locator("#most-edited-files")
    head = table.locator("th", has_text="Added")
    order = "els => els.map(e => Number(e.cells[3].dataset.v))"
    head.get_by_role("button", name="Added", exact=True).click()
    expect(head).to_have_attribute("aria-sort", "descending")
    added = table.locator("tbody tr").evaluate_all(order)
    assert added == sorted(added, reverse=True)
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert table.locator("tbody tr").evaluate_all(order) == sorted(added)
    expect(table.locator("th[aria-sort]")).to_have_count(1)
    page.reload()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert table.locator("tbody tr").evaluate_all(order) == sorted(added)
    assert len(added) > 12
    expect(table.locator("tbody tr:visible")).to_have_count(12)
    table.get_by_role("button", name=f"Show all {len(added)}").click()
    expect(table.locator("tbody tr:visible")).to_have_count(len(added))
    with page.expect_download() as download:
        table.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "code-most-edited-files.csv"
    lines = list(csv.reader(Path(download.value.path()).read_text().splitlines()))
    assert lines[0] == ["File", "Folder", "Changes", "Sessions", "Added", "Removed", "Last"]
    assert sorted(float(line[4]) for line in lines[1:]) == sorted(added)


def test_a_table_that_is_not_there_cannot_be_taken_along(site: Any) -> None:
    import urllib.error  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{site.url}/numbers/code?csv=nothing")


def test_each_table_has_a_name_and_a_file_of_its_own(published: Settings) -> None:
    for slug, page in PAGES.items():
        tables = list(tables_of(page.make(asked(published))))
        assert len({table.name for table in tables}) == len(tables), slug
        for table in tables:
            assert len(list(csv.reader(csv_of(table).splitlines()))) == len(table.rows) + 1
            figures = [
                cell.text
                for row in table.rows
                for cell, column in zip(row, table.columns, strict=True)
                if column.is_number and cell.text
            ]
            assert all(isinstance(text, Figure) for text in figures), (slug, table.title)


def test_keys_walk_a_chart_and_a_legend_shows_one_name_alone(site: Any, open_page: Any) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415  (after the skip)

    page = open_page(f"{site.url}/numbers/tools?since=2026-11-01&until=2026-11-20")
    chart = page.locator(".chart").first
    expect(chart.locator(".bar[tabindex='0']")).to_have_count(1)
    chart.locator(".bar[tabindex='0']").focus()
    page.keyboard.press("ArrowLeft")
    expect(chart.locator(".bar").nth(-2)).to_be_focused()
    page.keyboard.press("Home")
    expect(chart.locator(".bar").first).to_be_focused()
    alone = page.get_by_role("button", name="failed", exact=True)
    alone.focus()
    page.keyboard.press("Enter")
    expect(alone).to_have_attribute("aria-pressed", "true")
    expect(chart.locator("i.well:visible")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(chart.locator("i.well:visible").first).to_be_visible()
    page.get_by_role("button", name="What is Success rate?").first.click()
    expect(page.locator("#tip")).to_contain_text(SUCCESS_RATE.description)


def test_an_area_filters_by_key_and_the_table_is_remembered(site: Any, open_page: Any) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415  (after the skip)

    page = open_page(f"{site.url}/numbers/usage")
    areas = page.locator(".treemap .cell")
    expect(page.locator("#projects-and-models")).to_be_hidden()
    areas.last.focus()
    page.keyboard.press("Home")
    expect(areas.first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(areas.nth(1)).to_be_focused()
    expect(page.locator("#tip")).to_contain_text("Share")
    address = areas.nth(1).get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")
    chosen = parse_qs(urlsplit(address).query)
    expect(page.get_by_label("Model", exact=True)).to_have_value(chosen["model"][0])
    page.get_by_role("button", name="Table").click()
    expect(page.locator("#projects-and-models")).to_be_visible()
    page.reload()
    expect(page.locator(".treemap")).to_be_hidden()
    expect(page.get_by_role("button", name="Table")).to_have_attribute("aria-pressed", "true")


def test_a_day_of_the_year_leads_to_its_sessions(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/numbers/activity?until=2026-11-20")
    day = page.locator(".year a.cell").last
    address = day.get_attribute("href")
    day.click()
    page.wait_for_url(f"**{address}")
    since, until = (parse_qs(urlsplit(address).query)[name] for name in ("since", "until"))
    assert since == until


def test_filters_travel_to_the_analytics_and_back(site: Any, open_page: Any) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415  (after the skip)

    query = (
        "project=%2Fp&user=ada&model=opus&host=desk&pr=12&branch=main&tool=Bash"
        "&since=2026-11-01&until=2026-11-20"
    )
    page = open_page(f"{site.url}/?{query}")
    page.get_by_role("link", name="Analytics").click()
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query) == parse_qs(query))
    page.reload()
    expect(page.get_by_label("Person")).to_have_value("ada")
    page.get_by_role("link", name="Tools", exact=True).click()
    page.wait_for_url("**/numbers/tools?*")
    page.get_by_role("link", name="Conversations").click()
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query) == parse_qs(query))


def test_the_first_page_leads_into_the_analytics_with_its_filters(
    site: Any, open_page: Any, new_story: Any
) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415  (after the skip)

    story = new_story("34343434-3434-4434-8434-343434343434", title="A talk")
    story.prompt("Hello")
    site.store(story)
    page = open_page(f"{site.url}/?since=2026-11-09&until=2026-11-15")
    spent = page.get_by_role("region", name="Chosen days")
    expect(spent.get_by_role("link", name="$")).to_have_attribute(
        "href", "/numbers?since=2026-11-09&until=2026-11-15"
    )
    spent.get_by_role("button", name="What is Failed calls?").focus()
    expect(page.get_by_role("tooltip")).to_contain_text("whose result is an error")
    expect(page.locator(".spent .head")).to_contain_text(re.compile(r"Updated\s+\d{4}-\d\d-\d\d"))
    expensive = page.get_by_role("region", name="Most expensive sessions").get_by_role("listitem")
    expensive.get_by_role("link").first.click()
    page.wait_for_url("**/?session=*since=2026-11-09&until=2026-11-15")
    # The way back shows the figures again, and a filter other ones.
    page.go_back()
    expect(spent).to_be_visible()
    page.get_by_role("button", name="Clear period").click()
    expect(spent).to_have_count(0)
    expect(page.locator(".spent .tiles")).to_be_visible()
    page.get_by_role("link", name="All analytics").click()
    page.get_by_role("heading", name="Overview").wait_for(state="attached")


@pytest.mark.parametrize(("width", "lines"), [(1440, 1), (1024, 2)])
def test_every_tab_is_in_sight(site: Any, open_page: Any, width: int, lines: int) -> None:
    page = open_page(f"{site.url}/numbers/health", viewport={"width": width, "height": 800})
    boxes = [tab.bounding_box() for tab in page.locator(".pages a").all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    assert len({box["y"] for box in boxes}) == lines


def test_a_wide_screen_is_used_and_the_head_stands_where_the_browser_has_it(
    site: Any, open_page: Any
) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415  (after the skip)

    page = open_page(site.url, viewport={"width": 2560, "height": 1200})
    names = ("Conversations", "Analytics", "Files")
    tabs = [page.get_by_role("link", name=name, exact=True) for name in names]
    places = [tab.bounding_box() for tab in tabs]
    tabs[1].click()
    page.get_by_role("heading", name="Overview").wait_for(state="attached")
    for tab, place in zip(tabs, places, strict=True):
        box = tab.bounding_box()
        assert [box["x"], box["y"]] == pytest.approx([place["x"], place["y"]], abs=1), tab
    page.goto(f"{site.url}/numbers/usage?since=2026-11-01&until=2026-11-20")
    chart, head = page.locator(".chart").first, page.locator("section .head").first
    assert head.bounding_box()["x"] == places[0]["x"]
    assert chart.bounding_box()["width"] > 2400
    for bar in (chart.locator("a.bar").first, chart.locator("a.bar").last):
        bar.hover()
        tip = page.locator("#tip").bounding_box()
        assert tip["y"] >= head.bounding_box()["y"] + head.bounding_box()["height"] - 1
    expect(chart.locator("a.bar em").first).to_have_text(re.compile(r"^\$"))
    page.emulate_media(media="print")
    arrows = "one => getComputedStyle(one, '::after').display"
    assert {page.locator(".pick").nth(at).evaluate(arrows) for at in range(2)} == {"none"}


def test_a_person_goes_from_a_bar_to_the_conversations_behind_it(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/numbers/tools")
    bar = page.locator("a.bar", has=page.locator("i")).first
    bar.hover()
    assert "succeeded" in page.locator("#tip").inner_text()
    title = json.loads(bar.get_attribute("data-tip"))["title"]
    bar.focus()
    assert page.locator("#tip h3").inner_text() == title
    address = bar.get_attribute("href")
    bar.click()
    page.wait_for_url(f"**{address}")
    page.get_by_role("search").wait_for()


def test_a_person_chooses_project_period_and_page(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/numbers")
    choice = page.get_by_label("Project", exact=True)
    value = choice.locator("option").nth(1).get_attribute("value")
    choice.select_option(value)
    value = quote(value, safe="")
    page.wait_for_url(f"**/numbers?project={value}*")
    page.get_by_role("link", name="90 days").click()
    page.wait_for_url("**days=90*")
    page.get_by_role("link", name="Errors").click()
    page.wait_for_url(f"**/numbers/errors?days=90&project={value}")
    page.go_back()
    page.wait_for_url("**/numbers?days=90*")


def test_an_hour_of_the_week_shows_its_conversations(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/numbers/activity")
    page.locator(".heat a.cell").first.click()
    page.wait_for_url("**of=*")
    table = page.locator("#of table")
    table.wait_for()
    assert table.locator("a").first.get_attribute("href").startswith("/?session=")


def test_hostile_names_stay_text_on_the_page(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/numbers?project=%22%3E{EVIL}&of={EVIL}")
    page.get_by_role("heading", name="Nothing here in this period").wait_for()
    page = open_page(f"{site.url}/numbers/code?of=%22%3E{EVIL}")
    page.get_by_text("No session changed this file").wait_for()
    page = open_page(f"{site.url}/numbers")
    page.locator("a", has_text=EVIL).first.wait_for()


def test_unknown_pages_lead_home(site: Any, open_page: Any) -> None:
    import urllib.error  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{site.url}/numbers/nowhere")
