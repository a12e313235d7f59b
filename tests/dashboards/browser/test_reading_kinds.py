"""Kinds of content in a real Chromium: colours, server tools, documents, teammates, subagents."""

from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright drives Chromium")
from playwright.sync_api import expect

SESSION = "77777777-7777-4777-8777-777777777777"
SECRET = "ghp_" + "a1B2" * 9


@pytest.fixture(scope="module")
def site(run_site: Any, new_story: Any, pixel: str) -> Any:
    site = run_site()
    told = new_story(SESSION, title="Every kind")
    told.prompt("<system-reminder>\nMonday\n</system-reminder>\nFix the parser")
    told.prompt('<teammate-message teammate_id="reviewer">Three findings</teammate-message>')
    told.calls("Bash", {"command": "make test"}, "\x1b[31mFAILED\x1b[0m one\n10%\r100% done")
    call = {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {"query": "q"}}
    page = {"type": "web_search_result", "title": "A page", "url": "https://example.org/a"}
    result = {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": [page]}
    told.says(call, result, "found")
    source = {"type": "text", "media_type": "text/plain", "data": f"the key is {SECRET}"}
    told.prompt([{"type": "document", "title": "notes.txt", "source": source}])
    image = {"type": "base64", "media_type": "image/png", "data": pixel}
    prompt = [{"type": "text", "text": "see"}, {"type": "image", "source": image}]
    queued = {"type": "queued_command", "commandMode": "prompt", "prompt": prompt}
    told.add({"type": "attachment", "attachment": queued})
    told.add({"type": "new-thing", "phase": "Review", "note": f"with {SECRET}"})
    told.calls("Workflow", {"scriptPath": "/a.js"}, "Launched", facts={"runId": "wf_1"})
    for agent in ("a1", "a2"):
        told.prompt(f"Audit part {agent}", agent=agent)
        told.documents[-1]["sourceFile"] = (
            f"p/{SESSION}/subagents/workflows/wf_1/agent-{agent}.jsonl"
        )
    site.store(told)
    return site


@pytest.fixture
def page(site: Any, open_page: Any) -> Any:
    page = open_page(f"{site.url}/?session={SESSION}")
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
    return page


def test_a_prompt_stands_alone_and_a_teammate_has_a_name(page: Any) -> None:
    asked = page.locator("article.you").first
    expect(asked.locator(".prose")).to_have_text("Fix the parser")
    expect(asked.locator("details.fold > summary")).to_contain_text("Reminder")
    expect(page.locator("article.teammate .who b")).to_have_text("reviewer")


def test_output_of_a_terminal_is_coloured(page: Any) -> None:
    tool = page.locator("details.tool", has_text="make test").first
    tool.locator("summary").click()
    red = tool.locator("pre .t-c1")
    expect(red).to_have_text("FAILED")
    colour = red.evaluate("span => getComputedStyle(span).color")
    assert colour != tool.locator("pre").last.evaluate("pre => getComputedStyle(pre).color")
    expect(tool.locator("pre").last).to_have_text("FAILED one\n100% done")


def test_a_server_s_tool_has_its_result_and_pictures_of_a_queued_prompt_are_shown(
    page: Any,
) -> None:
    tool = page.locator("details.tool", has_text="web_search").first
    expect(tool.locator(".sign .sr")).to_have_text("succeeded")
    tool.locator("summary").click()
    expect(tool.locator(".piece").last).to_contain_text("A page")
    picture = page.locator("article.you", has_text="queued").locator("img")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("naturalWidth", 1)


def test_documents_and_new_types_are_readable_and_their_secrets_masked(page: Any) -> None:
    notes = page.locator("details.fold", has_text="notes.txt")
    notes.locator("summary").click()
    expect(notes.locator("pre")).to_contain_text("the key is •••")
    thing = page.locator("details.fold", has_text="New thing")
    thing.locator("summary").click()
    expect(thing.locator("pre")).to_contain_text("phase: Review")
    assert SECRET not in page.content()


def test_agents_of_a_workflow_open_from_its_call_and_from_the_head(page: Any) -> None:
    tool = page.locator("details.tool", has_text="Workflow").first
    tool.locator("summary").first.click()
    inner = tool.locator("details.agent", has_text="Audit part a2")
    inner.locator("summary").first.click()
    expect(inner.locator("article .prose")).to_have_text("Audit part a2")
    page.get_by_text("Subagents", exact=True).click()
    expect(page.locator(".subagents a")).to_have_count(2)
    page.locator(".subagents a").first.click()
    expect(page.get_by_role("heading", name="Audit part a1")).to_be_visible()
    expect(page.locator("p.facts")).to_contain_text("1 entry")
