"""The line of the context in a conversation's head: its course, its marks, and where they lead."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from cca.dashboards.browser.context_line import context_line, drawn

pytest.importorskip("playwright", reason="playwright drives Chromium")
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

START = datetime(2026, 11, 3, 9, tzinfo=UTC)
SESSION = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"
TURNS, PER_TURN = 30, 20
TABLES = {
    "fct_api_messages": "message_id varchar, session_id varchar, agent_id varchar, "
    "sent_at timestamp, prompt_tokens bigint, turn_number integer, prompt_entry_id varchar, "
    "cache_break_cause varchar, rewritten_tokens bigint, cache_break_usd decimal(18, 10), "
    "cost_usd decimal(18, 10), is_price_known boolean",
    "fct_messages": "entry_id varchar, session_id varchar, document_id varchar",
    "fct_cache_breaks": "message_id varchar, session_id varchar, document_id varchar",
    "fct_compactions": "entry_id varchar, session_id varchar, agent_id varchar, "
    "compacted_at timestamp, tokens_before bigint, trigger varchar",
}


def response(number: int, tokens: int, turn: int | None, cause: str | None = None) -> tuple:
    at = START + timedelta(minutes=number)
    return (at, tokens, turn, f"prompt-{turn}", cause, 2000, Decimal("0.25"), f"document-{number}")


def spots(line: Any, kind: str) -> list[Any]:
    return [spot for spot in line.spots if spot.kind == kind]


def test_the_line_rises_with_the_context_and_each_turn_has_its_width() -> None:
    rows = [response(0, 100, 1), response(1, 200, 1), response(2, 50, 2), response(3, 100, 2)]
    line = drawn(rows, [])
    assert line.points == "12.5,50.0 37.5,0.0 62.5,75.0 87.5,50.0"
    assert line.area == f"12.5,100 {line.points} 87.5,100"
    assert (line.largest, line.responses) == (200, 4)
    assert [(spot.x, spot.width, spot.entry) for spot in spots(line, "turn")] == [
        (0, 50, "prompt-1"), (50, 50, "prompt-2"),
    ]  # fmt: skip
    assert spots(line, "turn")[0].told == "Turn 1: 200 tokens, 2 responses"


def test_breaks_stand_at_their_response_and_compactions_before_the_next_one() -> None:
    rows = [
        response(0, 100, 1), response(1, 200, 1, "model switch"), response(2, 50, 1, "compaction"),
        response(3, 90, 1),
    ]  # fmt: skip
    line = drawn(rows, [(START + timedelta(seconds=90), "entry-c", 200_000, "auto")])
    (broken,) = spots(line, "break")
    assert (broken.x, broken.entry) == (37.5, "document-1")
    assert broken.told == "Cache break, model switch: 2.0k tokens written again, $0.25"
    (compacted,) = spots(line, "compaction")
    assert (compacted.x, compacted.entry) == (50, "entry-c")
    assert compacted.told == "Compaction (auto) of 200.0k tokens"


def test_a_long_conversation_keeps_its_peak_and_few_places() -> None:
    rows = [response(number, 1000, number // 2) for number in range(5000)]
    rows[3333] = response(3333, 900_000, 1666)
    line = drawn(rows, [])
    points = line.points.split(" ")
    assert len(points) <= 300
    assert [point.split(",")[1] for point in points].count("0.0") == 1
    turns = spots(line, "turn")
    assert len(turns) <= 60
    assert turns[0].told.startswith("Turns 0 to ")
    assert sum(turn.width for turn in turns) == pytest.approx(100, abs=1)


def test_marks_that_would_cover_each_other_stand_as_one() -> None:
    rows = [
        response(number, 1000, 1, "model switch" if number in {10, 11, 12, 60} else None)
        for number in range(100)
    ]
    marks = spots(drawn(rows, []), "break")
    assert [mark.x for mark in marks] == [10.5, 60.5]
    assert marks[0].told.endswith(", and 2 more close to it")
    assert marks[0].entry == "document-10"


@pytest.fixture(scope="module")
def site(run_site: Any, new_story: Any) -> Any:
    """A conversation of many windows whose gold knows it."""
    story = new_story(SESSION, title="A long one")
    prompts, responses = [], []
    for turn in range(TURNS):
        prompts.append(story.prompt(f"Prompt {turn}", after=1))
        responses += [
            story.says(f"Answer {turn}.{number}", message=f"msg-{turn}-{number}", after=1)
            for number in range(PER_TURN)
        ]
    site = run_site(prepare=lambda settings: publish(settings, prompts, responses))
    site.prompts, site.responses = prompts, responses
    site.store(story)
    return site


def publish(settings: Any, prompts: list[str], responses: list[str]) -> None:
    """Gold of the story: a break at response 500, a compaction before response 300."""
    messages = [
        (
            f"m{number}", SESSION, None, START + timedelta(seconds=number), 1000 + number,
            number // PER_TURN + 1, f"uuid-{number // PER_TURN}",
            "model switch" if number == 500 else None, 1024, Decimal(1), Decimal(2), True,
        )
        for number in range(len(responses))
    ]  # fmt: skip
    asked = [(f"uuid-{turn}", SESSION, document) for turn, document in enumerate(prompts)]
    compacted = (responses[300], SESSION, None, START + timedelta(seconds=299.5), 9000, "manual")
    given: dict[str, list[tuple]] = {
        "fct_api_messages": messages, "fct_messages": asked,
        "fct_cache_breaks": [("m500", SESSION, responses[500])], "fct_compactions": [compacted],
    }  # fmt: skip
    settings.gold_path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.gold_path)) as gold:
        gold.execute("create schema marts")
        for name, columns in TABLES.items():
            gold.execute(f"create table marts.{name} ({columns})")
            marks = ", ".join("?" * len(given[name][0]))
            gold.executemany(f"insert into marts.{name} values ({marks})", given[name])


def test_a_click_on_the_line_goes_to_the_turn_and_on_a_mark_to_its_place(
    site: Any, open_page: Any
) -> None:
    page = open_page(f"{site.url}/?session={SESSION}")
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
    line = page.get_by_role("navigation", name="Size of the context over 600 responses")
    expect(line).to_contain_text("1.6k")
    line.locator(".turn").nth(25).click()
    expect(page.locator(f'article[data-id="{site.prompts[25]}"]')).to_be_in_viewport()
    line.get_by_label("Cache break, model switch").click()
    expect(page.locator(f'article[data-id="{site.responses[500]}"]')).to_be_in_viewport()
    line.get_by_label("Compaction (manual) of 9.0k tokens").click()
    expect(page.locator(f'article[data-id="{site.responses[300]}"]')).to_be_in_viewport()
    assert f"m={site.responses[300]}" in page.url


def test_marks_and_turns_have_names_and_can_be_hit(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session={SESSION}", bypass_csp=True)
    expect(page.locator(".painted")).to_have_count(0, timeout=30_000)
    rules = {"type": "rule", "values": ["target-size", "link-name", "aria-prohibited-attr"]}
    found = Axe().run(page, options={"runOnly": rules}).response
    checked, wrong = (
        [
            node["html"]
            for one in found[name]
            for node in one["nodes"]
            if "data-jump" in node["html"]
        ]
        for name in ("passes", "violations")
    )
    assert any('class="compaction"' in html for html in checked)
    assert wrong == []


def test_without_gold_or_in_a_subagent_there_is_no_line(settings: Any, site: Any) -> None:
    assert context_line(settings, SESSION) is None
    assert context_line(site.settings, "unknown") is None
