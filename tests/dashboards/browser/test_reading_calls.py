"""Calls in a real Chromium: what one line says, cards and diffs, copies, days, pictures."""

from datetime import timedelta
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright drives Chromium")
from playwright.sync_api import expect

from cca.mongo import archive

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
    missing = "<tool_use_error>String to replace not found</tool_use_error>"
    told.calls("Edit", {"file_path": "/home/ada/atlas/gone.py"}, missing, error=True)
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
    fork = new_story(FORK, title="Try another way", at=told.at)
    fork.says("Another way")
    site.store(told, fork)
    with archive.connect(site.settings.mongo_uri) as client:
        sessions = archive.database(client, site.settings)["sessions"]
        # As the follower settles it: both hold entries that the first one had.
        for each, other in ((told, fork), (fork, told)):
            origin = {"knownSince": each.documents[0]["eventAt"], "sharedWith": [other.session]}
            sessions.update_one({"_id": each.session}, {"$set": {"origin": origin}})
    return site


@pytest.fixture
def page(site: Any, open_page: Any) -> Any:
    page = open_page(
        f"{site.url}/?session={SESSION}", permissions=["clipboard-read", "clipboard-write"]
    )
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
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


def test_a_failed_call_reads_the_same_closed_and_opened(page: Any) -> None:
    edit = call(page, "gone.py")
    said = "String to replace not found"
    expect(page.locator(".error-line", has_text="String").first).to_have_text(said)
    edit.locator("summary").click()
    expect(edit.locator(".piece.failed pre")).to_have_text(said)
    names = [edit.locator(".copy", has_text=name) for name in ("Copy path", "History")]
    assert len({_text_top(name) for name in names}) == 1
    # Once the stepper says how many calls failed, the facts do not.
    expect(page.locator(".stepper.failure")).to_be_visible()
    facts = page.locator(".session-head .facts > :is(a, span)").filter(visible=True)
    assert len({_text_top(fact) for fact in facts.all()}) == 1


def _text_top(place: Any) -> float:
    """Where the letters of an element begin."""
    return place.evaluate(
        """(one) => {
          const range = document.createRange();
          range.selectNodeContents(one);
          return Math.round(range.getBoundingClientRect().top);
        }"""
    )


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
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
    expect(page.locator(".block pre").first).to_have_css("white-space", "pre-wrap")


def test_a_picture_opens_in_full_size_and_closes(page: Any) -> None:
    page.locator("a.picture").click()
    picture = page.get_by_role("dialog", name="Picture in full size")
    expect(picture.locator("img")).to_have_js_property("naturalWidth", 1)
    page.keyboard.press("Escape")
    expect(picture).to_have_count(0)
    expect(page.locator("article").first).to_be_visible()


def test_a_click_moves_nothing_and_tells_the_tokens(page: Any) -> None:
    last = page.locator("article", has_text="And on").last
    last.scroll_into_view_if_needed()
    before = last.bounding_box()
    last.click(position={"x": 300, "y": 5})
    expect(page.locator("#message-tools .figures")).to_have_text("25.9k in\n39 out")
    assert last.bounding_box() == before


def test_a_fork_leads_to_the_session_that_had_its_messages_first(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session={FORK}")
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
    expect(page.locator("p.facts")).to_contain_text("Fork of")
    row = page.locator("a.row[aria-current]")
    expect(row).to_contain_text("fork")
    page.locator("p.facts a[data-session]").click()
    expect(page.get_by_role("heading", name="Fix the checkout", exact=True)).to_be_visible()
    expect(page.locator("p.facts")).to_contain_text("1 fork")


PHONE = {"width": 390, "height": 844}


def test_the_head_is_one_line_while_somebody_reads_on_a_phone(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session={SESSION}", viewport=PHONE)
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
    head = page.locator(".session-head")
    expect(page.locator("p.facts")).to_be_visible()
    expect(page.get_by_role("button", name="Wrap")).to_be_hidden()
    page.get_by_role("button", name="More").click()
    page.get_by_text("Resume", exact=True).click()
    expect(page.get_by_role("button", name="Copy command")).to_be_in_viewport()
    page.keyboard.press("Escape")
    page.locator("article", has_text="And on").last.scroll_into_view_if_needed()
    expect(page.locator("p.facts")).to_be_hidden()
    assert head.bounding_box()["height"] < 50
    expect(page.get_by_role("button", name="Close")).to_be_in_viewport()


def test_paper_shows_the_session_alone_whole_and_opened(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session={SESSION}", color_scheme="dark")
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
    edit = call(page, "Edit")
    edit.locator("summary").click()
    expect(edit.locator(".k-gi").first).to_be_visible()
    edit.locator("summary").click()
    page.emulate_media(media="print")
    for hidden in ("#header", "#side", ".switches", ".copy >> nth=0"):
        expect(page.locator(hidden).first).to_be_hidden()
    expect(edit.locator(".k-gi").first).to_be_visible()
    bottom = "node => node.getBoundingClientRect().bottom"
    last = page.locator("article").last.evaluate(bottom)
    assert page.evaluate("document.documentElement.scrollHeight") >= last, "nothing is cut"
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_print_view_is_the_whole_session_without_a_script(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session={SESSION}")
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
    page.get_by_text("Export", exact=True).click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Print view").click()
    view = opened.value
    expect(view.get_by_role("heading", name="Fix the checkout")).to_be_visible()
    expect(view.locator("img").first).to_have_js_property("naturalWidth", 1)
    expect(view.locator(".k-gi").first).to_be_visible()
    expect(view.locator(".question")).to_contain_text("Which region?")
    assert view.locator("script").count() == 0
