"""Going about in a conversation: a text in it, failures and prompts, its ends, and coming back."""

import re
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright drives Chromium")
from playwright.sync_api import expect

from tests.helpers import eventually

TALK = "77777777-7777-4777-8777-777777777777"
FAILED = (120, 450, 800)


@pytest.fixture(scope="module")
def site(run_site: Any, new_story: Any) -> Any:
    site = run_site()
    talk = new_story(TALK, title="A long talk")
    for number in range(900):
        if number % 300 == 10:
            talk.prompt(f"Prompt {number}", after=1)
        elif number in FAILED:
            use = f"toolu_{number}"
            talk.calls("Bash", {"command": f"make {number}"}, "boom", use=use, error=True)
        elif number == 700:
            log = "\n".join(f"line {line}" for line in range(200))
            talk.calls("Bash", {"command": "cat log"}, f"{log}\nA Needle\nand needle")
        else:
            talk.says(f"Message {number}" + (" has a **needle**." if number == 5 else ""), after=1)
    site.store(talk)
    return site


@pytest.fixture
def page(site: Any, open_page: Any) -> Any:
    page = open_page(f"{site.url}/?session={TALK}")
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
    expect(page.locator(".stepper")).to_have_count(2)
    return page


def expect_below_head(page: Any, place: Any) -> None:
    """Waits until what was scrolled to begins below the head and is in sight."""
    expect(place).to_be_in_viewport()
    place.evaluate(
        """async (one) => {
          const head = one.closest(".transcript").querySelector(".session-head");
          const edge = () => one.getBoundingClientRect().top - head.getBoundingClientRect().bottom;
          for (let turn = 0; turn < 200 && edge() < 0; turn++)
            await new Promise((done) => setTimeout(done, 25));
          if (edge() < 0) throw new Error(`hidden under the head by ${-edge()} px`);
        }"""
    )


def test_a_text_is_found_in_all_of_the_session_results_too(page: Any) -> None:
    page.keyboard.press("Control+f")
    page.keyboard.type("NEEDLE")
    count, here = page.locator(".find .count"), page.locator("mark.here")
    expect(count).to_have_text("1 of 3 places")
    expect(here).to_have_text("needle")
    expect(page.locator(".rail i.found")).to_have_count(2)
    page.keyboard.press("Enter")
    expect(count).to_have_text("2 of 3 places")
    expect(here).to_have_text("Needle")
    expect_below_head(page, here)
    page.keyboard.press("ArrowDown")
    expect(here).to_have_text("needle")
    page.keyboard.press("Shift+Enter")
    expect(count).to_have_text("2 of 3 places")
    for _ in range(2):
        page.keyboard.press("Enter")
    expect(count).to_have_text("1 of 3 places")
    expect(here).to_be_in_viewport()
    page.keyboard.press("Control+a")
    page.keyboard.type("nowhere")
    expect(count).to_have_text("No matches")
    page.keyboard.press("Escape")
    expect(page.locator(".find")).to_be_hidden()
    expect(page.locator(".session-head")).to_be_visible()


def test_what_is_typed_before_the_conversation_is_ready_is_found(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session={TALK}")
    theme = page.locator("html").get_attribute("data-theme")
    page.keyboard.type("fneedle")
    expect(page.locator(".find input")).to_have_value("needle", timeout=30_000)
    expect(page.locator(".find .count")).to_have_text("1 of 3 places")
    assert page.locator("html").get_attribute("data-theme") == theme, "`d` is a letter here"


def test_a_conversation_is_read_whole_or_as_what_was_said_or_asked(
    page: Any, open_page: Any, site: Any
) -> None:
    shown = page.get_by_label("Layout", exact=True)
    shown.select_option("Prompts only")
    expect(page).to_have_url(re.compile("show=prompts"))
    # Each prompt, and before it and at the end the last answer.
    articles = page.locator(".feed > .window > article:not(.divider)").filter(visible=True)
    told = ["Message 9", "Prompt 10", "Message 309", "Prompt 310", "Message 609", "Prompt 610"]
    expect(articles).to_contain_text([*told, "Message 899"])
    expect(page.get_by_role("button", name="Thinking", exact=True)).to_be_hidden()
    page.keyboard.press("Escape")
    page.locator("a.row").first.click()
    expect(shown).to_have_value("prompts")
    shown.select_option("Conversation")
    expect(page.get_by_text("Message 119", exact=True)).to_be_attached()
    expect(page.locator("details.tool").filter(visible=True)).to_have_count(0)
    # Another page remembers it; what somebody goes to is shown all the same.
    page.goto(f"{site.url}/?session={TALK}")
    expect(shown).to_have_value("conversation", timeout=30_000)
    page.locator(".stepper.failure").get_by_role("button", name="Next failed call").click()
    expect(page.locator(f'details.tool[data-use="toolu_{FAILED[0]}"]')).to_be_visible()
    expect(shown).to_have_value("everything")
    # The address is that of what is shown; what was chosen is still remembered.
    expect(page).to_have_url(re.compile("show=everything"))
    assert page.locator(".switches").bounding_box()["height"] < 40, "one line at 1280 px"
    page.reload()
    expect(page.locator(".stepper")).to_have_count(2, timeout=30_000)
    expect(shown).to_have_value("everything")
    page.goto(f"{site.url}/?session={TALK}")
    expect(page.locator(".stepper")).to_have_count(2, timeout=30_000)
    expect(shown).to_have_value("conversation")


def test_failures_are_stepped_through_across_the_whole_session(page: Any) -> None:
    steps = page.locator(".stepper.failure")
    expect(steps).to_contain_text("3 failed calls")
    # It is said once.
    told = page.locator(".session-head .facts .failed")
    expect(told).to_be_attached()
    expect(told).to_be_hidden()
    for number, failed in enumerate([*FAILED, FAILED[0]]):
        steps.get_by_role("button", name="Next failed call").click()
        tool = page.locator(f'details.tool[data-use="toolu_{failed}"]')
        expect(tool).to_have_attribute("open", "")
        expect(tool).to_be_in_viewport()
        expect_below_head(page, tool)
        expect(steps).to_contain_text(f"{number % 3 + 1} of 3")
    page.keyboard.press("E")
    expect(page.locator(f'details.tool[data-use="toolu_{FAILED[2]}"]')).to_be_in_viewport()


def test_a_prompt_that_is_jumped_to_does_not_hide_under_the_head(page: Any) -> None:
    for number in (10, 310, 610):
        page.keyboard.press("]")
        prompt = page.locator("article.you.selected")
        expect(prompt).to_contain_text(f"Prompt {number}")
        expect(prompt).to_be_in_viewport()
        expect_below_head(page, prompt)


def test_keys_lead_to_both_true_ends_and_the_rail_to_any_place(page: Any) -> None:
    last, first = (page.get_by_text(text, exact=True) for text in ("Message 899", "Message 0"))
    for key, there in (("End", last), ("Home", first), ("G", last), ("g", first)):
        page.keyboard.press(key)
        expect(there).to_be_in_viewport()
    assert page.locator("article").count() < 600, "what lies between was not read"
    rail = page.locator(".rail")
    rail.click(position={"x": 6, "y": rail.bounding_box()["height"] / 2})
    expect(page.get_by_text(re.compile("^Message 4[4-5]"))).not_to_have_count(0)
    expect(page.locator("article.selected")).to_be_in_viewport()
    page.set_viewport_size({"width": 390, "height": 844})
    read = page.locator("article > .prose").first.bounding_box()
    assert read["x"] + read["width"] < rail.bounding_box()["x"], "on a phone it covers nothing"


def test_the_last_key_counts_whatever_is_read_meanwhile(page: Any) -> None:
    last, first = (page.get_by_text(text, exact=True) for text in ("Message 899", "Message 0"))
    page.keyboard.press("End")
    expect(last).to_be_in_viewport()
    held: list[Any] = []
    is_start = re.compile(r"/api/window\?.*after=$")
    page.route(is_start, lambda route: held.append(route))  # noqa: PLW0108  (playwright marks it)
    for key, there in (("End", last), ("f", first)):
        with page.expect_request(is_start):
            page.keyboard.press("Home")
        page.keyboard.press(key)
        # Playwright hears of what is held while it waits for something.
        eventually(lambda: page.evaluate("1") and held)
        with page.expect_response(is_start) as answered:
            held.pop().continue_()
        answered.value.finished()
        page.evaluate("new Promise((done) => setTimeout(done, 100))")
        expect(there).to_be_in_viewport()
    # Whoever has begun to write keeps the focus, and one key leaves one thing.
    field = page.locator(".find input")
    expect(field).to_be_focused()
    page.locator("article").first.click()
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    expect(page.locator(".session-head")).to_be_visible()


def test_a_reload_and_the_back_button_lead_to_the_place_that_was_read(page: Any) -> None:
    page.keyboard.press("End")
    expect(page.get_by_text("Message 899", exact=True)).to_be_in_viewport()
    there = page.get_by_text("Message 850", exact=True)
    # The page goes on scrolling to the end while what is above it gets its height.
    there.evaluate(
        """async (one) => {
          for (let frame = 0; frame < 10; frame++) await new Promise(requestAnimationFrame);
          one.scrollIntoView({ block: "center" });
        }"""
    )
    expect(there).to_be_in_viewport()
    page.get_by_role("button", name="Thinking", exact=True).click()
    for is_reload in (True, False):
        if is_reload:
            page.reload()
        else:
            page.keyboard.press("Escape")
            expect(page.locator("body")).to_have_attribute("data-view", "overview")
            page.go_back()
        expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
        expect(there).to_be_in_viewport()
        hidden = page.get_by_role("button", name="Thinking", exact=True)
        expect(hidden).to_have_attribute("aria-pressed", "false")


def test_the_keys_of_a_reader_go_where_the_reader_goes(site: Any, open_page: Any) -> None:
    page = open_page(site.url)
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("article").first).to_be_visible()
    page.keyboard.press("PageDown")
    expect(page.locator(".transcript")).not_to_have_js_property("scrollTop", 0)
    page.keyboard.press("Escape")
    expect(page.locator("a.row")).to_be_focused()
