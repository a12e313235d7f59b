"""Geometry: bars over their dates, nothing cut off or out of reach on a phone."""

from datetime import timedelta
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright drives Chromium")
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}
SESSION = "66666666-6666-4666-8666-666666666666"


@pytest.fixture(scope="module")
def site(run_site: Any, new_story: Any) -> Any:
    site = run_site()
    story = new_story(SESSION, title="A title that is longer than what a phone can show in a line")
    story.prompt("Where is the needle (in hay)?")
    story.says("The **needle** lies in the haystack; another Needle too.")
    story.says("No match of it here.")
    story.at += timedelta(days=35)
    story.says("Late")
    site.store(story)
    site.index()
    return site


@pytest.mark.parametrize("width", [1280, 1920])
def test_every_label_of_the_axis_stands_under_its_bar(
    site: Any, open_page: Any, width: int
) -> None:
    page = open_page(site.url, viewport={"width": width, "height": 800})
    middles = """
        (bars) => bars.map((bar) => {
            const box = bar.getBoundingClientRect();
            return [bar.title.split(" · ")[0], (box.left + box.right) / 2,
                bar.firstElementChild.getBoundingClientRect().width];
        })"""
    bars = page.locator("#overview .bar").evaluate_all(middles)
    labels = page.locator("#overview .axis span").evaluate_all(
        "(all) => all.map((one) => { const box = one.getBoundingClientRect();"
        " return [one.textContent, (box.left + box.right) / 2]; })"
    )
    assert len(labels) > 5
    for text, middle in labels:
        name, nearest, _ = min(bars, key=lambda bar: abs(bar[1] - middle))
        assert f", {text}," in name
        assert abs(nearest - middle) <= 1
    assert max(bar[2] for bar in bars) <= 26
    chart = page.locator("#overview .chart").bounding_box()
    assert bars[-1][1] > chart["x"] + chart["width"] * 0.97, "bars reach the end of the axis"


def test_a_phone_reaches_everything(site: Any, open_page: Any) -> None:
    page = open_page(site.url, viewport=PHONE)
    expect(page.locator(".live")).to_have_text("Live", timeout=30_000)
    names = ("Search messages and tool calls", "Project")
    for control in [page.get_by_label(name, exact=True).last for name in names]:
        expect(control).to_be_in_viewport(ratio=1)
    for name in ("Keyboard shortcuts", "Switch theme", "Activity"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    page.get_by_text("Any date").first.click()
    expect(page.get_by_label("To", exact=True)).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Activity").click()
    expect(page.get_by_role("heading", name="Message activity")).to_be_in_viewport()
    assert narrow(page)
    page.get_by_role("button", name="atlas").click()
    # The row of the filtered list: the one before is about to be replaced.
    page.locator("a.row[href*='project=']").click()
    heading = page.get_by_role("heading", name="A title that is longer")
    expect(heading).to_be_in_viewport(ratio=1)
    assert narrow(page)
    page.get_by_role("button", name="Close").click()
    expect(page.locator("a.row")).to_be_in_viewport()


def test_words_searched_for_are_marked_in_the_opened_message(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?q=%22the+needle%22+-absent+hay*+kind%3Aanswer")
    expect(page.locator(".live")).to_have_text("Live", timeout=30_000)
    page.locator(".results a.hit", has_text="haystack").click()
    # Find begins with the same words, and marks them inside these.
    marks = page.locator("article.target mark:not(.found)")
    expect(marks).to_have_text(["The", "needle", "hay"])
    expect(page.locator("article.target mark:empty")).to_have_count(0)
    assert page.locator("article:not(.target) mark").count() == 0


def test_an_unknown_address_leads_home(site: Any, open_page: Any, chromium: Any) -> None:
    # A 404 is a console error of its own, which `open_page` would not forgive.
    page = chromium.new_page()
    assert page.goto(f"{site.url}/nowhere/at/all").status == 404
    page.get_by_role("link", name="All conversations").click()
    page.locator("a.row").first.wait_for()
    page.close()


def narrow(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
