"""Calls in a real Chromium: what one line says, cards and diffs, copies, days, pictures."""

from datetime import timedelta
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright drives Chromium")
from playwright.sync_api import expect

SESSION = "abababab-abab-4bab-8bab-abababababab"
FORK = "cdcdcdcd-cdcd-4dcd-8dcd-cdcdcdcdcdcd"
SECRET = "ghp_" + "a1B2" * 9
CODE = "def wait(seconds):\n    pass"


@pytest.fixture(scope="module")
def site(run_site: Any, new_story: Any, pixel: str) -> Any:
    site = run_site()
    told = new_story(SESSION, title="Fix the checkout")
    told.prompt("See https://github.com/acme/webshop/issues/42.\n\n- [x] reproduce\n- [ ] fix")
    told.says(f"First this:\n\n```python\n{CODE}\n```\n\n| before | after |\n|---|---|\n| 1 | 2 |")
    patch = {"oldStart": 3, "newStart": 3, "lines": ["-a = old(1)", "+a = new(1)", "+b = 2"]}
    told.calls(
        "Edit", {"file_path": "/home/ada/atlas/src/shop.py", "old_string": "a", "new_string": "b"},
        "The file /home/ada/atlas/src/shop.py has been updated successfully.",
        facts={"structuredPatch": [patch]},
    )  # fmt: skip
    told.calls("Bash", {"command": "make test"}, f"Exit code 2\nkey {SECRET}", error=True)
    refused = "The user doesn't want to proceed with this tool use."
    told.calls("Bash", {"command": "rm -rf /"}, refused, error=True)
    options = [{"label": "Frankfurt", "description": "Large"}, {"label": "Warsaw"}]
    asked = {"questions": [{"question": "Which region?", "options": options}]}
    told.calls("AskUserQuestion", asked, "x", facts={"answers": {"Which region?": "Warsaw"}})
    todos = [
        {"content": "Deploy", "status": "completed"},
        {"content": "Watch", "status": "pending"},
    ]
    told.calls("TodoWrite", {"todos": todos}, "Todos have been modified successfully")
    told.calls("Bash", {"command": "seq 9000"}, "\n".join(map(str, range(9000))))
    image = {"type": "base64", "media_type": "image/png", "data": pixel}
    told.prompt([{"type": "image", "source": image}])
    told.at += timedelta(days=94)
    told.says("Three months on")
    usage = {"input_tokens": 25_900, "output_tokens": 39}
    told.documents[-1]["message"]["usage"] = usage
    told.says("And on", message="msg_2")
    told.documents[-1]["message"]["usage"] = usage
    site.store(told)
    return site


@pytest.fixture
def page(site: Any, open_page: Any) -> Any:
    page = open_page(
        f"{site.url}/?session={SESSION}", permissions=["clipboard-read", "clipboard-write"]
    )
    expect(page.locator(".painted")).to_have_count(0, timeout=15_000)
    return page


def call(page: Any, text: str) -> Any:
    return page.locator("details.tool", has_text=text).first


def copied(page: Any) -> str:
    expect(page.get_by_role("status").filter(has_text="opied")).to_be_visible()
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_one_line_says_what_came_of_a_call(page: Any) -> None:
    for text, figure in (
        ("Edit", "+2 \u22121"),
        ("make test", "exit 2"),
        ("TodoWrite", "1 of 2 done"),
    ):
        expect(call(page, text).locator(".outcome > span").first).to_have_text(figure)
    path = call(page, "Edit").locator("summary code")
    expect(path).to_have_text("src/shop.py")
    expect(path).to_have_attribute("title", "/home/ada/atlas/src/shop.py")


def test_a_diff_has_numbers_colours_and_the_changed_words(page: Any) -> None:
    edit = call(page, "Edit")
    edit.locator("summary").click()
    expect(edit.locator(".k-gd .changed")).to_have_text("old")
    expect(edit.locator(".k-gi .changed")).to_have_text("new")
    expect(edit.locator(".k-gi .k-ln").last).to_have_text("4")
    expect(edit.locator(".k-gi .k-mi").first).to_have_text("1")
    assert edit.locator(".piece").count() == 1, "the result says no more than the diff"


def test_questions_and_tasks_are_cards(page: Any) -> None:
    asked = call(page, "AskUserQuestion")
    expect(asked.locator("summary code")).to_have_text("Which region?")
    asked.locator("summary").click()
    expect(asked.locator("li.chosen")).to_contain_text("Warsaw")
    tasks = call(page, "TodoWrite")
    tasks.locator("summary").click()
    expect(tasks.locator("li")).to_have_text(["☑done: Deploy", "☐open: Watch"])


def test_a_declined_call_is_no_error(page: Any) -> None:
    refused = call(page, "rm -rf /")
    refused.locator("summary").click()
    piece = refused.locator(".piece").last
    expect(piece.locator(".label")).to_contain_text("Declined by the user")
    muted = page.locator(".who time").first.evaluate("one => getComputedStyle(one).color")
    assert piece.locator(".label").evaluate("one => getComputedStyle(one).color") == muted


def test_the_command_to_go_on_is_copied_with_a_click_or_a_key(page: Any) -> None:
    command = f"cd /home/ada/atlas && claude --resume {SESSION}"
    page.keyboard.press("c")
    assert copied(page) == command
    menu = page.locator("details.resume")
    for name, text in (
        ("Copy folder", "/home/ada/atlas"), ("Copy session id", SESSION), ("Copy command", command)
    ):  # fmt: skip
        page.get_by_text("Resume", exact=True).click()
        expect(menu).to_contain_text("on another machine: test-host")
        menu.get_by_role("button", name=name).click()
        assert copied(page) == text
        expect(menu.locator(".popover")).to_be_hidden()


def test_each_block_is_copied_as_plain_text(page: Any) -> None:
    page.get_by_role("button", name="Copy the python code").click()
    assert copied(page) == CODE
    edit = call(page, "Edit")
    edit.locator("summary").click()
    edit.get_by_role("button", name="Copy path").click()
    assert copied(page) == "/home/ada/atlas/src/shop.py"
    edit.get_by_role("button", name="Copy /home").click()
    assert copied(page) == "-a = old(1)\n+a = new(1)\n+b = 2"
    long = call(page, "seq 9000")
    long.locator("summary").click()
    long.get_by_role("button", name="Copy Result").click()
    page.wait_for_function(
        "async () => (await navigator.clipboard.readText()).endsWith('8998\\n8999')"
    )


def test_a_copy_holds_what_was_revealed_and_no_more(page: Any) -> None:
    test = call(page, "make test")
    test.locator("summary").click()
    copy = test.get_by_role("button", name="Copy Error")
    copy.click()
    assert copied(page) == "Exit code 2\nkey •••"
    test.locator(".dots").click()
    expect(call(page, "make test").locator("pre").last).to_contain_text(SECRET)
    call(page, "make test").get_by_role("button", name="Copy Error").click()
    page.wait_for_function(
        "s => navigator.clipboard.readText().then(t => t.includes(s))", arg=SECRET
    )
    # The message with its result, as it is on the screen.
    page.locator("article", has=call(page, "make test")).click(position={"x": 300, "y": 3})
    page.keyboard.press("c")
    page.wait_for_function(
        "s => navigator.clipboard.readText().then(t => t.startsWith('**Bash**') && t.includes(s))",
        arg=SECRET,
    )


def test_a_day_is_told_where_it_begins(page: Any) -> None:
    day = page.locator("article.day")
    expect(day).to_have_count(1)
    expect(day).to_have_text("Fri, Feb 5, 2027 3 months later")


def test_links_tasks_and_wide_tables_read_as_written(page: Any) -> None:
    asked = page.locator("article.you").first
    expect(asked.locator("a")).to_have_attribute(
        "href", "https://github.com/acme/webshop/issues/42"
    )
    expect(asked.locator("li").first).to_have_text("☑ reproduce")
    heads = page.locator(".feed th").evaluate_all(
        "all => all.map(one => one.getClientRects().length)"
    )
    assert heads == [1, 1], "no head is broken over two lines"


def test_wrapping_is_a_switch_that_is_remembered(page: Any) -> None:
    pre = page.locator(".block pre").first
    expect(pre).to_have_css("white-space", "pre")
    page.get_by_role("button", name="Wrap").click()
    expect(pre).to_have_css("white-space", "pre-wrap")
    page.reload()
    expect(page.locator(".painted")).to_have_count(0, timeout=15_000)
    expect(page.locator(".block pre").first).to_have_css("white-space", "pre-wrap")


def test_a_picture_opens_in_full_size_and_closes(page: Any) -> None:
    page.locator("a.picture").click()
    picture = page.get_by_role("dialog", name="Picture in full size")
    expect(picture.locator("img")).to_have_js_property("naturalWidth", 1)
    page.keyboard.press("Escape")
    expect(picture).to_have_count(0)
    expect(page.locator("article").first).to_be_visible()


def test_a_click_moves_nothing_and_the_tools_of_a_message_cover_nothing(page: Any) -> None:
    last = page.locator("article", has_text="And on").last
    last.scroll_into_view_if_needed()
    before = last.bounding_box()
    last.click(position={"x": 300, "y": 5})
    expect(page.locator("#message-tools .figures")).to_have_text("25.9k in\n39 out")
    assert last.bounding_box() == before
    for name in ("And on", "seq 9000", "Edit"):
        article = page.locator("article", has_text=name).last
        article.scroll_into_view_if_needed()
        box = article.bounding_box()
        page.mouse.move(box["x"] + 300, box["y"] + 8)
        tools = page.locator("#message-tools")
        expect(tools).to_be_visible()
        edge = article.locator(":scope > *").evaluate_all(
            "all => Math.max(...all.map(one => one.getBoundingClientRect().right))"
        )
        assert tools.bounding_box()["x"] >= edge
