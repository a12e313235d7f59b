"""The pages in a real Chromium: list, transcript, filters, address bar, keyboard."""

from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright drives Chromium")
from playwright.sync_api import expect

from cca.mongo import archive

TALK = "11111111-1111-4111-8111-111111111111"
LATE = "44444444-4444-4444-8444-444444444444"
BIG = "line of a long log\n" * 20_000


@pytest.fixture(scope="module")
def site(run_site: Any, new_story: Any, pixel: str) -> Any:
    site = run_site()
    told = new_story(TALK, title="Repair the upload retry")
    told.prompt("Uploads fail after a timeout. Please find out **why**.")
    told.says(
        "I'll read the uploader first.\n\n```python\ndef retry(times: int = 3):\n    pass\n```"
    )
    told.calls("Read", {"file_path": "/home/ada/atlas/upload.py"}, "     1\tdef upload(): ...")
    told.calls(
        "Edit",
        {"file_path": "/home/ada/atlas/upload.py", "old_string": "a = 1", "new_string": "a = 2"},
        "done", facts={"filePath": "upload.py"},
    )  # fmt: skip
    told.calls("Bash", {"command": "make test"}, "Exit code 2\nno rule", error=True)
    told.calls("Bash", {"command": "cat big.log"}, BIG)
    told.calls(
        "Agent", {"prompt": "Look for callers", "description": "Find callers"}, "Found two.",
        facts={"agentId": "a1b2c3"},
    )  # fmt: skip
    told.prompt("Look for callers", agent="a1b2c3")
    told.says("The subagent speaks here.", agent="a1b2c3")
    told.add({"type": "system", "subtype": "compact_boundary",
              "compactMetadata": {"trigger": "auto", "preTokens": 155000}})  # fmt: skip
    told.prompt("<command-name>/review</command-name><command-args>all</command-args>")
    told.prompt("[Request interrupted by user]")
    told.prompt([{"type": "image", "source": {"type": "base64", "media_type": "image/png",
                                              "data": pixel}}])  # fmt: skip
    other = new_story(
        "22222222-2222-4222-8222-222222222222", project="-home-ada-borealis",
        cwd="/home/ada/borealis", title="Write the release notes", at=told.at.replace(day=9),
    )  # fmt: skip
    other.prompt("Write the notes")
    other.says("Here they are.")
    long = new_story("33333333-3333-4333-8333-333333333333", title="A long conversation")
    for number in range(450):
        long.says(f"Message number {number}", after=1)
    site.store(told, other, long)
    site.index()
    site.long = long
    return site


def test_the_first_page_is_painted_before_any_script_runs(site: Any, open_page: Any) -> None:
    page = open_page(site.url, java_script_enabled=False)
    assert page.locator("a.row").count() == 3
    page.get_by_text("Write the release notes").click()
    expect(page.locator("article")).to_have_count(2)


def test_before_a_publish_the_first_page_says_how_to_get_numbers(site: Any, open_page: Any) -> None:
    page = ready(open_page(site.url))
    expect(page.locator(".spent")).to_contain_text("No numbers yet")
    expect(page.locator(".spent code").first).to_have_text("cca pipeline")
    page.get_by_role("button", name="What is a message?").focus()
    expect(page.get_by_role("tooltip")).to_contain_text("a response in several entries counts once")


def test_a_click_opens_a_session_and_back_returns(site: Any, open_page: Any) -> None:
    page = open_page(site.url)
    ready(page)
    page.get_by_text("Repair the upload retry").click()
    page.get_by_role("heading", name="Repair the upload retry").wait_for()
    assert "session=1111" in page.url
    page.locator("article .who b").first.wait_for()
    assert page.title() == "Repair the upload retry · Conversations"
    page.go_back()
    page.locator("#overview table").wait_for()
    assert "session=" not in page.url


def test_a_transcript_shows_what_happened(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session=11111111-1111-4111-8111-111111111111")
    ready(page)
    feed = page.locator(".feed")
    assert feed.locator("strong", has_text="why").count() == 1
    assert feed.locator(".k-nf", has_text="retry").count() == 1
    assert feed.locator("article.divider", has_text="155.0k tokens").count() == 1
    assert feed.locator("article.divider", has_text="Interrupted").count() == 1
    assert feed.locator(".command", has_text="/review").count() == 1
    assert feed.locator("details.tool").count() == 5
    assert feed.locator("details.tool.failed").count() == 1
    image = feed.locator("article img")
    image.scroll_into_view_if_needed()
    expect(image).to_have_js_property("naturalWidth", 1)


def test_a_tool_call_opens_to_its_diff(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session=11111111-1111-4111-8111-111111111111")
    ready(page)
    page.locator("details.tool", has_text="Edit").locator("summary").click()
    page.locator(".k-gd", has_text="-a = 1").wait_for()
    assert page.locator(".k-gi", has_text="+a = 2").count() == 1


def test_a_long_result_is_cut_until_all_of_it_is_asked_for(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session=11111111-1111-4111-8111-111111111111")
    ready(page)
    tool = page.locator("details.tool", has_text="cat big.log")
    tool.locator("summary").click()
    button = tool.get_by_role("button", name="Show all")
    button.wait_for()
    assert len(tool.locator("pre").last.text_content() or "") < 21_000
    button.click()
    more = tool.get_by_role("button", name="199,994 of 380,000 characters are shown")
    more.click()
    more.wait_for(state="detached")
    assert tool.locator("pre").last.text_content() == BIG


def test_a_subagent_opens_inside_its_call_and_on_its_own(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session=11111111-1111-4111-8111-111111111111")
    ready(page)
    assert page.get_by_text("The subagent speaks here.").count() == 0
    page.locator('details.tool[data-kind="agent"] > summary').click()
    page.get_by_text("The subagent speaks here.").wait_for()
    page.get_by_text("Open in full").click()
    page.get_by_role("heading", name="Look for callers").wait_for()
    assert "agent=a1b2c3" in page.url
    assert page.locator(".you .who b").all_text_contents() == ["Task"]


def test_scrolling_brings_the_whole_of_a_long_session(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session=33333333-3333-4333-8333-333333333333")
    ready(page)
    assert page.locator("article").count() == 200
    for _ in range(8):
        page.locator("article").last.scroll_into_view_if_needed()
        page.wait_for_timeout(100)
    page.get_by_text("Message number 449", exact=True).wait_for()
    assert page.locator("article").count() == 450


def test_a_link_to_an_entry_opens_around_it(site: Any, open_page: Any) -> None:
    wanted = site.long.documents[300]["_id"]
    page = open_page(f"{site.url}/?session={site.long.session}&m={wanted}")
    ready(page)
    article = page.locator(f'article[data-id="{wanted}"]')
    expect(article).to_be_in_viewport()
    assert page.locator(f'article[data-id="{site.long.documents[0]["_id"]}"]').count() == 0


def test_filters_narrow_the_list_and_live_in_the_address(site: Any, open_page: Any) -> None:
    page = open_page(site.url)
    ready(page)
    page.get_by_label("Project", exact=True).select_option("/home/ada/borealis")
    page.get_by_text("1 session", exact=True).wait_for()
    assert "project=%2Fhome%2Fada%2Fborealis" in page.url
    page.get_by_role("button", name="Clear filters").click()
    page.get_by_text("3 sessions", exact=True).wait_for()
    page.get_by_role("button", name="Failures", exact=True).click()
    page.get_by_text("1 session", exact=True).wait_for()
    assert "errors=1" in page.url
    page.get_by_role("button", name="Clear filters").click()
    page.get_by_label("Filter by title").fill("release")
    page.get_by_text("1 session", exact=True).wait_for()
    assert page.get_by_label("Filter by title").input_value() == "release"


def test_the_keyboard_reaches_everything(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session=11111111-1111-4111-8111-111111111111")
    ready(page)
    theme = page.evaluate("document.documentElement.dataset.theme")
    page.keyboard.press("d")
    assert page.evaluate("document.documentElement.dataset.theme") != theme
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.locator("article.selected").count() == 1
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.locator("article.selected details[open]").wait_for()
    page.keyboard.press("/")
    assert page.locator('input[name="q"]').evaluate("e => e === e.getRootNode().activeElement")


def test_an_empty_archive_says_what_to_do_until_there_is_something(
    run_site: Any, open_page: Any, new_story: Any
) -> None:
    site = run_site(claude_dir="/home/ada/.claude/projects")
    page = ready(open_page(site.url))
    expect(page.locator("h2:visible", has_text="yet")).to_have_text(["No conversations yet"])
    expect(page.locator(".filters, .sort")).to_have_count(0)
    said = page.locator("#overview .empty").inner_text()
    for thing in ("/home/ada/.claude/projects", "cca up", "cca demo"):
        assert thing in said
    site.index()
    page.goto(f"{site.url}/?q=needle")
    expect(page.locator("h2:visible", has_text="yet")).to_have_text(["No conversations yet"])
    page = ready(open_page(site.url))
    story = new_story(LATE, title="The first one")
    story.prompt("Here it comes")
    site.store(story)
    page.locator("a.row", has_text="The first one").wait_for()
    expect(page.get_by_role("heading", name="No conversations yet")).to_have_count(0)
    expect(page.locator(".filters")).to_be_visible()


def test_an_archive_without_lists_says_who_makes_them(
    run_site: Any, open_page: Any, new_story: Any
) -> None:
    site = run_site()
    story = new_story(LATE)
    story.prompt("Unlisted")
    site.store(story)
    with archive.connect(site.settings.mongo_uri) as client:
        archive.database(client, site.settings)["sessions"].drop()
    page = open_page(site.url)
    assert page.get_by_role("heading", name="Building the session list").is_visible()
    assert page.locator("code:visible", has_text="cca follow").first.is_visible()


def test_the_page_says_that_mongodb_is_down(run_site: Any, open_page: Any) -> None:
    page = open_page(run_site("mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=300").url)
    away = page.locator("h2:visible", has_text="MongoDB does not answer")
    expect(away).to_have_count(1)
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
    expect(away).to_have_count(1)
    expect(page.locator(".pick[inert], .dates[inert]")).to_have_count(2)
    expect(page.locator(".filters")).to_have_count(0)


def test_a_subagent_that_is_not_there_says_so(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session=11111111-1111-4111-8111-111111111111&agent=gone")
    assert page.get_by_text("This session has no messages to show.").is_visible()
    page = open_page(f"{site.url}/?session=gone")
    assert page.get_by_role("heading", name="No such session").is_visible()


def test_a_search_leads_to_the_message(site: Any, open_page: Any) -> None:
    page = open_page(site.url)
    ready(page)
    page.keyboard.press("/")
    page.keyboard.type("subagent speaks")
    head = page.locator(".results .list-head [role=status]")
    expect(head).to_contain_text("1 match in 1 session")
    assert page.locator("mark").first.text_content() == "subagent"
    page.locator(".results a.hit").click()
    page.get_by_role("heading", name="Look for callers").wait_for()
    expect(page.locator("article.target")).to_contain_text("The subagent speaks here.")
    assert "q=subagent" in page.url
    page.reload()
    ready(page)
    expect(page.locator("article.target")).to_contain_text("The subagent speaks here.")
    page.locator("#side").get_by_role("button", name="Clear search").click()
    page.get_by_text("3 sessions", exact=True).wait_for()


def test_a_search_without_hits_says_so(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?q=zzzznothing")
    assert page.get_by_role("heading", name="No matches").is_visible()


def test_a_search_without_an_index_says_so_and_updates_by_itself(
    run_site: Any, open_page: Any, new_story: Any
) -> None:
    site = run_site()
    story = new_story(LATE)
    story.prompt("A needle")
    site.store(story)
    page = ready(open_page(f"{site.url}/?q=needle"))
    assert page.get_by_role("heading", name="No search index yet").is_visible()
    site.index()
    page.get_by_text("1 message matches", exact=True).wait_for()


def test_escape_leaves_one_thing_at_a_time(site: Any, open_page: Any) -> None:
    page = ready(open_page(f"{site.url}/?session={TALK}"))
    for menu in (page.locator(".transcript summary", has_text="Export"),
                 page.locator("summary", has_text="Filters")):  # fmt: skip
        menu.focus()
        page.keyboard.press("Enter")
        expect(page.locator("details:is(.menu, .traits)[open]")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(page.locator("details:is(.menu, .traits)[open]")).to_have_count(0)
        expect(menu).to_be_focused()
        assert f"session={TALK}" in page.url
    page.keyboard.press("Escape")
    page.wait_for_url(lambda address: "session" not in address)


def test_a_slow_answer_never_replaces_a_newer_one(site: Any, open_page: Any) -> None:
    page = open_page(site.url)
    ready(page)
    box = page.get_by_label("Filter by title")
    for typed in ("r", "re", "release notes", "release", "long"):
        box.fill(typed)
    page.get_by_text("1 session", exact=True).wait_for()
    expect(page.locator("a.row .title")).to_have_text("A long conversation")


def ready(page: Any) -> Any:
    """The panes have taken over from the painted copy."""
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
    return page
