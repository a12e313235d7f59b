"""Nobody is barred: axe-core finds nothing serious, and a keyboard alone reaches and reads."""

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright drives Chromium")
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

SESSION = "77777777-7777-4777-8777-777777777777"
VIEWS = {
    "list": "/?errors=1&branch=main&by=hour",
    "transcript": f"/?session={SESSION}",
    "search": "/?q=needle",
    "files": "/files",
}
# Where axe may find nothing at all; elsewhere nothing serious.
WHOLE = {"list", "transcript", "search", "files"}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def site(run_site: Any, new_story: Any, pixel: str) -> Any:
    site = run_site()
    story = new_story(SESSION, title="Find the needle", branch="main")
    story.prompt("Where is the needle? The password=hunter2secret1 is in the haystack.")
    story.says(
        "# A heading\n\n`code`, **strong**, [a link](https://a.example)\n\n"
        "```python\nx = 1  # y\n```"
        "\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted",
        {"type": "thinking", "thinking": "where may the needle be"},
    )
    story.calls("Edit", {"file_path": "a.py", "old_string": "a", "new_string": "b"}, "done")
    story.calls("Bash", {"command": "grep needle"}, "Exit code 1", error=True)
    story.prompt([{"type": "image", "source": {"type": "base64", "media_type": "image/png",
                                               "data": pixel}}])  # fmt: skip
    story.add({"type": "system", "subtype": "compact_boundary", "compactMetadata": {}})
    other = new_story("88888888-8888-4888-8888-888888888888", title="Another")
    other.prompt("No needles here")
    site.store(story, other)
    site.index()
    return site


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1280)])
def test_axe_finds_nothing(
    site: Any, open_page: Callable[..., Any], theme: str, width: int
) -> None:
    found = {}
    for name, path in VIEWS.items():
        page = open_page(
            f"{site.url}{path}", color_scheme=theme, bypass_csp=True,
            viewport={"width": width, "height": 844},
        )  # fmt: skip
        if name != "files":
            expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
        for summary in page.locator("article details > summary").all():
            summary.evaluate("one => one.parentElement.open = true")
        for tool in page.locator("details.tool").all():
            expect(tool.locator(".piece").first).to_be_attached()
        result = Axe().run(page, options=RULES)
        found |= {
            f"{name}: {one['id']}": [
                (node["html"][:120], node["failureSummary"]) for node in one["nodes"][:3]
            ]
            for one in result.response["violations"]
            if name in WHOLE or one["impact"] in {"serious", "critical"}
        }
        page.close()
    assert found == {}


def test_a_keyboard_alone_finds_a_message_reads_it_and_returns(
    site: Any, open_page: Callable[..., Any]
) -> None:
    page = open_page(site.url)
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
    press = page.keyboard.press
    press("j")
    press("j")
    expect(page.locator("a.row").nth(1)).to_be_focused()
    press("k")
    press("Enter")
    expect(page.locator("article").first).to_be_visible()
    press("Escape")
    expect(page.get_by_role("heading", name="Message activity")).to_be_visible()
    press("/")
    page.keyboard.type("needle kind:thinking")
    expect(page.get_by_role("status").filter(has_text="1 match")).to_be_visible()
    press("ArrowDown")
    press("Enter")
    target = page.locator("article.target")
    expect(target).to_be_in_viewport()
    selected = page.locator("article.selected")
    press("[")
    expect(selected).to_contain_text("Where is the needle?")
    press("j")
    press("j")
    press("o")
    expect(page.locator("article.selected details[open] .k-gi")).to_have_text("+b")
    press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("width", [360, 768, 1440, 2560])
def test_no_width_scrolls_sideways_or_hides_a_control(
    site: Any, open_page: Callable[..., Any], width: int
) -> None:
    page = open_page(f"{site.url}/", viewport={"width": width, "height": 800})
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for name in ("Project", "Order"):
        expect(page.get_by_label(name, exact=True).first).to_be_in_viewport(ratio=1)
    page.locator("a.row", has_text="Find the needle").click()
    expect(page.locator("article").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    more = page.get_by_role("button", name="More", exact=True)
    if more.is_visible():
        more.click()
    for name in ("Tools", "Thinking", "Close"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)
    title, close = (
        page.get_by_role(role, name=name, exact=True).bounding_box()
        for role, name in (("heading", "Find the needle"), ("button", "Close"))
    )
    overlaps = title["x"] + title["width"] > close["x"] and abs(title["y"] - close["y"]) < 10
    assert not overlaps
