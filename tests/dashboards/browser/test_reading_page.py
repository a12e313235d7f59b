"""Reading in a real Chromium: long sessions, subagents, secrets, huge results, prompts."""

import json
from pathlib import Path
from typing import Any

import pytest

from cca.follow.agent import catch_up
from cca.mongo import archive
from cca.sync_agent.agent import sync_once

pytest.importorskip("playwright", reason="playwright drives Chromium")
from playwright.sync_api import expect

LONG, MIXED = "99999999-9999-4999-8999-999999999999", "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
SECRET = "ghp_" + "a1B2" * 9


@pytest.fixture(scope="module")
def site(run_site: Any, new_story: Any) -> Any:
    site = run_site()
    site.long = long = new_story(LONG, title="Five thousand entries")
    for number in range(5000):
        if number % 1000 == 500:
            long.prompt(f"Prompt at {number}", after=1)
        else:
            long.says(f"Message number {number}", after=1)
    mixed = new_story(MIXED, title="Keys and agents")
    mixed.prompt(f"My token is {SECRET}, keep it.")
    mixed.calls("Bash", {"command": "env"}, f"GITHUB={SECRET}")
    mixed.calls("Bash", {"command": "cat huge.log"}, "0123456789abcde\n" * 640_000)
    path = f"/home/x/.claude/projects/p/{MIXED}/tool-results/b1.txt"
    said = f"Output too large (117KB). Full output saved to: {path}"
    spilled = f"<persisted-output>\n{said}\n</persisted-output>"
    mixed.calls("Bash", {"command": "make all"}, spilled)
    mixed.add({"type": "tool-result", "name": "b1.txt", "encoding": "utf-8", "uuid": None,
               "content": "the whole of the output"})  # fmt: skip
    mixed.documents[-1]["stream"] += "/tool-results/b1.txt"
    mixed.calls("Agent", {"prompt": "Dig", "description": "Dig"}, "Dug.", facts={"agentId": "dig"})
    for number in range(450):
        mixed.says(f"Shovel {number}", agent="dig", after=1)
    answer = mixed.says("Priced", message="msg_priced")
    usage = {"input_tokens": 5, "cache_read_input_tokens": 12_000, "output_tokens": 345}
    mixed.documents[-1]["message"]["usage"] = usage
    site.answer = answer
    site.store(long, mixed)
    return site


def ready(page: Any) -> None:
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)


def test_a_link_into_the_middle_reads_on_both_ways(site: Any, open_page: Any) -> None:
    wanted = site.long.documents[2500]["_id"]
    page = open_page(f"{site.url}/sessions/{LONG}/{wanted}")
    ready(page)
    expect(page.locator(f'article[data-id="{wanted}"]')).to_be_in_viewport()
    assert page.locator("article").count() < 700, "only windows around it were read"
    for edge, number in (("first", 2100), ("last", 2900)):
        there = page.get_by_text(f"Message number {number}", exact=True)
        for _ in range(40):
            if there.count():
                break
            getattr(page.locator("article"), edge).evaluate("one => one.scrollIntoView()")
            page.wait_for_timeout(100)
        assert there.count() == 1
    numbers = page.locator("article .prose").evaluate_all(
        "all => all.map(one => Number(one.textContent.match(/\\d+/)[0]))"
    )
    assert numbers == list(range(numbers[0], numbers[-1] + 1)), "no gap, no repetition, in order"


def test_prompts_are_listed_and_stepped_through(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session={LONG}")
    ready(page)
    page.keyboard.press("]")
    expect(page.locator("article.selected")).to_contain_text("Prompt at 500")
    page.keyboard.press("]")
    expect(page.locator("article.selected")).to_contain_text("Prompt at 1500", timeout=30_000)
    page.keyboard.press("[")
    expect(page.locator("article.selected")).to_contain_text("Prompt at 500")
    page.locator("summary", has_text="Prompts").click()
    expect(page.locator(".prompts a")).to_have_count(5)
    page.locator(".prompts a", has_text="Prompt at 4500").click()
    expect(page.locator("article.target")).to_contain_text("Prompt at 4500")


def test_secrets_are_masked_until_somebody_asks(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session={MIXED}")
    ready(page)
    asked = page.locator("article.you").first
    expect(asked).to_contain_text("My token is •••")
    tool = page.locator("details.tool", has_text="env").first
    tool.locator("summary").click()
    expect(tool.locator(".piece").last).to_contain_text("GITHUB=•••")
    assert SECRET not in page.content()
    asked.get_by_role("button", name="Show", exact=True).click()
    expect(asked).to_contain_text(SECRET)
    expect(tool.locator(".piece").last).to_contain_text("GITHUB=•••")
    page.locator("article", has=tool).get_by_role("button", name="Show", exact=True).click()
    tool = page.locator("details.tool", has_text="env").first
    expect(tool.locator(".piece").last).to_contain_text(f"GITHUB={SECRET}")


def test_a_click_on_the_dots_shows_what_they_hide(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session={MIXED}")
    ready(page)
    asked = page.locator("article.you").first
    asked.locator(".prose .dots").click()
    expect(asked).to_contain_text(f"My token is {SECRET}")
    tool = page.locator("details.tool", has_text="env").first
    tool.locator("summary").click()
    tool.locator(".piece .dots").last.click()
    expect(tool.locator(".piece").last).to_contain_text(f"GITHUB={SECRET}")


def test_ten_megabytes_come_in_parts(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session={MIXED}")
    ready(page)
    tool = page.locator("details.tool", has_text="cat huge.log").first
    expect(tool).to_contain_text("10.2 MB")
    tool.locator("summary").click()
    tool.get_by_role("button", name="Show all").click()
    more = tool.get_by_role("button", name="of 10,240,000 characters are shown")
    more.click()
    expect(tool.locator("pre .part")).to_have_count(2)
    assert len(tool.locator("pre").last.text_content()) == 400_000
    assert tool.locator("pre").last.evaluate("pre => pre.clientHeight") <= 460


def test_spilled_output_a_subagent_s_whole_talk_and_usage_are_shown(
    site: Any, open_page: Any
) -> None:
    page = open_page(f"{site.url}/?session={MIXED}")
    ready(page)
    tool = page.locator("details.tool", has_text="make all").first
    tool.locator("summary").click()
    tool.get_by_role("button", name="Show", exact=True).click()
    expect(tool.locator("pre").last).to_have_text("the whole of the output")
    page.locator('details.tool[data-kind="agent"] > summary').click()
    inner = page.locator(".agent article")
    expect(inner).to_have_count(200)
    last = page.locator(".agent").get_by_text("Shovel 449", exact=True)
    for _ in range(15):
        if last.count():
            break
        inner.last.scroll_into_view_if_needed()
        page.wait_for_timeout(100)
    assert inner.count() == 450
    expect(page.locator(f'article[data-id="{site.answer}"] .usage')).to_have_text(
        "12.0k in, 345 out"
    )


def test_a_message_too_long_for_a_document_is_listed_and_read_in_parts(
    run_site: Any, open_page: Any, tmp_path: Path
) -> None:
    site = run_site(claude_dir=str(tmp_path))
    call = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "cat all"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "and on\n" * 2_600_000}
    said = [
        ("user", "Read all of this\n" + "a line of it\n" * 1_400_000),
        ("user", "And then this"),
        ("assistant", [call]),
        ("user", [result]),
    ]
    lines = [
        {"type": role, "uuid": f"u{number}", "sessionId": LONG, "cwd": "/srv/a",
         "timestamp": f"2026-11-03T09:00:0{number}Z", "message": {"role": role, "content": content}}
        for number, (role, content) in enumerate(said)
    ]  # fmt: skip
    folder = tmp_path / "-srv-a"
    folder.mkdir()
    (folder / f"{LONG}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    sync_once(site.settings, site.settings.mongo_uri)
    catch_up(site.settings, site.settings.mongo_uri)
    with archive.connect(site.settings.mongo_uri) as client:
        found = archive.conversations(client, site.settings)
        assert found.count_documents({"rawFile": {"$exists": True}}) == 2
        row = found.database["sessions"].find_one({"_id": LONG})
        assert (row["title"][:16], row["prompts"]) == ("Read all of this", 2)
        said_hours = found.database["activity"].find_one({"role": "user"})
        assert said_hours["count"] == 3
    page = open_page(f"{site.url}/?session={LONG}")
    ready(page)
    first = page.locator("article").first
    expect(first).to_contain_text("Read all of this")
    assert len(page.content()) < 1_000_000, "the page holds its beginning only"
    first.get_by_role("button", name="Show all (18.2 MB)").click()
    expect(first.get_by_role("button", name="Show more")).to_contain_text("of 18,200,016")
    assert len(first.inner_text()) < 300_000
    page.locator("details.tool > summary").click()
    expect(page.locator("details.tool .body")).to_contain_text("and on")
    expect(page.locator("details.tool")).to_contain_text("Show all (18,200,000 characters)")
