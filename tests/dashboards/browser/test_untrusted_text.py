"""Hostile text in every field stays text: nothing runs, nothing is fetched, in a real Chromium."""

# ruff: noqa: E501  (hostile strings do not wrap)

from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright drives Chromium")
from playwright.sync_api import expect

EVIL = (
    '<img src=x onerror="alert(1)"><svg onload="alert(2)"></svg><script>alert(3)</script>'
    '"\'><a href="javascript:alert(4)">x</a></script><iframe src="javascript:alert(5)"></iframe>'
    "{{7*7}}${7*7}</title></textarea></select></details><!--"
)
MARKDOWN = (
    f"{EVIL}\n\n[click](javascript:alert(6)) [data](data:text/html,<script>alert(7)</script>) "
    "![remote](https://evil.example/x.png) <https://evil.example/auto> "
    "[ref][r]\n\n[r]: vbscript:alert(8)\n\n"
    f"```html\n{EVIL}\n```\n\n```{EVIL}\ncode\n```\n\n| a | b |\n|---|---|\n| {EVIL} | `{EVIL}` |\n\n"
    '<a href="x" onclick="alert(9)">raw</a>\n\n# <b onmouseover=alert(10)>head</b>'
)
SESSION = "66666666-6666-4666-8666-666666666666"


@pytest.fixture(scope="module")
def site(run_site: Any, new_story: Any) -> Any:
    site = run_site()
    evil = new_story(SESSION, project=f"-p-{EVIL}", cwd=f"/home/{EVIL}", title=f"T {EVIL}",
                     branch=EVIL)  # fmt: skip
    evil.prompt(MARKDOWN)
    evil.says(MARKDOWN, {"type": "thinking", "thinking": MARKDOWN})
    evil.calls("Bash", {"command": EVIL, "description": EVIL}, EVIL, error=True)
    evil.calls("Edit", {"file_path": EVIL, "old_string": EVIL, "new_string": f"{EVIL}\n2"}, EVIL)
    evil.calls("Edit", {"file_path": EVIL}, EVIL, facts={"structuredPatch": [
        {"oldStart": EVIL, "oldLines": 1, "newStart": 1, "newLines": 1, "lines": [f"+{EVIL}"]}]})  # fmt: skip
    evil.calls("Write", {"file_path": f"{EVIL}.html", "content": EVIL}, EVIL)
    evil.calls("Read", {"file_path": "/x/page.html", "offset": EVIL}, EVIL)
    evil.calls("TodoWrite", {"todos": [{"status": EVIL, "content": EVIL}]}, EVIL)
    evil.calls("Agent", {"prompt": MARKDOWN, "description": EVIL}, MARKDOWN,
               facts={"agentId": EVIL})  # fmt: skip
    evil.calls(f"mcp__{EVIL}__{EVIL}", {EVIL: EVIL}, [{"type": EVIL, "text": EVIL}], use=EVIL)
    evil.prompt(f"<command-name>{EVIL}</command-name><command-args>{EVIL}</command-args>")
    evil.prompt(f"<local-command-stdout>{EVIL}</local-command-stdout>")
    evil.prompt(MARKDOWN, entry={"isMeta": True})
    evil.prompt([{"type": "image", "source": {"type": "base64", "media_type": "image/svg+xml",
                                              "data": "PHN2Zy8+"}}])  # fmt: skip
    evil.prompt([{"type": EVIL, "x": EVIL}, {"type": "tool_result", "tool_use_id": EVIL + "2",
                                            "content": EVIL}])  # fmt: skip
    evil.add({"type": "system", "subtype": "informational", "content": MARKDOWN})
    evil.add({"type": "system", "subtype": "compact_boundary",
              "compactMetadata": {"trigger": EVIL, "preTokens": EVIL}})  # fmt: skip
    evil.add({"type": "system", "subtype": "api_error", "error": {"status": EVIL}})
    evil.add(
        {"type": "attachment", "attachment": {"type": "hook_blocking_error", "hookName": EVIL}}
    )
    evil.add({"type": f"new {EVIL}", "payload": EVIL})
    evil.add({"type": "pr-link", "prNumber": EVIL, "prUrl": f"https://x.example/{EVIL}"})
    evil.add({"type": "pr-link", "prUrl": "javascript:alert(11)", "prRepository": EVIL})
    evil.prompt(f"<bash-stdout>\x1b[31;1m{EVIL}\x1b[0m {EVIL}</bash-stdout>")
    evil.prompt(f"<teammate-message teammate_id='x' from=\"{EVIL[:60]}\">{EVIL}</teammate-message>")
    evil.prompt([
        {"type": "document", "title": EVIL, "source": {"type": "text", "data": EVIL}},
        {"type": "resource_link", "name": EVIL, "uri": "javascript:alert(12)"},
    ])  # fmt: skip
    evil.prompt(EVIL, agent="a1")
    evil.documents[1]["message"]["model"] = EVIL
    evil.documents[1]["message"]["usage"] = {"input_tokens": EVIL, "output_tokens": 3}
    evil.documents[0]["host"] = EVIL
    site.store(evil)
    site.index()
    return site


def test_hostile_text_in_every_field_stays_text(site: Any, open_page: Any) -> None:
    page = open_page(site.url)
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
    page.locator("a.row").first.click()
    page.locator(".feed article").first.wait_for()
    assert page.locator("details.tool").count() == 8
    for summary in page.locator("details > summary").all():
        summary.evaluate("s => s.parentElement.open = true")
    for tool in page.locator("details.tool").all():
        expect(tool.locator(".piece").first).to_be_attached()
    page.keyboard.press("/")
    page.keyboard.type(EVIL[:80])
    page.locator("#side .hits, #side .remark").first.wait_for()
    assert dangers(page) == []
    assert "<img src=x onerror=" in page.locator(".feed").first.inner_text()


def test_hits_filters_and_prompts_show_it_as_text(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?q=onerror+alert&session={SESSION}")
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
    side = page.locator("#side")
    expect(side.locator(".hits .snippet").first).to_contain_text("<img src=x onerror")
    side.locator("button.more").first.click()
    expect(side.locator(".hits a.hit").nth(10)).to_be_attached()
    side.get_by_text("Filters", exact=True).click()
    side.locator("select[data-name=branch]").select_option(EVIL)
    expect(side.get_by_role("button", name="Remove the filter Branch")).to_contain_text("<svg")
    page.locator("summary", has_text="Prompts").click()
    expect(page.locator(".prompts a").first).to_contain_text("<img src=x onerror")
    assert dangers(page) == []


def test_a_painted_page_is_as_safe_as_a_live_one(site: Any, open_page: Any) -> None:
    for query in (f"?session={SESSION}", "?q=%3Cimg%20src=x%20onerror=alert(1)%3E",
                  "?project=%3Cscript%3Ealert(1)%3C/script%3E&text=%22%3E%3Csvg/onload=alert(1)%3E",
                  "?session=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"):  # fmt: skip
        page = open_page(f"{site.url}/{query}", java_script_enabled=False)
        assert dangers(page) == []


def dangers(page: Any) -> list[str]:
    """Elements that hostile text could have made, also inside the panes' shadow roots."""
    found: list[str] = page.evaluate(
        """() => {
          const found = [];
          const look = (root) => {
            for (const el of root.querySelectorAll('*')) {
              if (el.shadowRoot) look(el.shadowRoot);
              const own = el.closest('.feed, .session-head, .rows, .list-head, form, table, .piece');
              for (const {name, value} of el.attributes) {
                if (/^on/i.test(name)) found.push(`${el.tagName} ${name}`);
                if (/^(href|src|action)$/.test(name) && /^\\s*(javascript|data|vbscript):/i.test(value)) found.push(value);
                if (name === 'src' && !/^\\/?(assets|api|static)\\//.test(value)) found.push(value);
              }
              if (own && /^(SCRIPT|IFRAME|OBJECT|EMBED|STYLE)$/.test(el.tagName)) found.push(el.tagName);
            }
          };
          look(document);
          return found;
        }"""
    )
    return found
