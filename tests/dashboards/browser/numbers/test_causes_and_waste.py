"""Causes, cache breaks, context and waste lead to their sessions and entries."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from cca.dashboards.browser.numbers import (
    breaks,
    context,
    log,
    waste,
)
from cca.dashboards.browser.numbers.choice import Choice, from_query
from cca.dashboards.browser.numbers.pages import PAGES
from cca.dashboards.browser.numbers.parts import (
    Log,
    Pair,
    Table,
)
from cca.dashboards.browser.numbers.write import money
from cca.gold.measures.causes import BY_KIND
from cca.gold.measures.rules import BREAK_CAUSES, WASTE_RULES
from cca.gold.measures.select import select
from cca.gold.measures.usage import API_MESSAGES
from cca.gold.open import open_gold
from cca.settings import PROJECT_DIR, Settings
from cca.usage.files import touched_files
from cca.usage.reports import report
from tests.dashboards.browser.numbers.figures import TALK, asked, followed, publish, section


def test_choices_are_values(published: Settings) -> None:
    assert replace(Choice(), days="7") == from_query({"days": "7"})


@pytest.mark.parametrize("kind", BY_KIND)
def test_each_kind_of_cause_has_a_page_that_adds_up(published: Settings, kind: str) -> None:
    sections = PAGES["causes"].make(asked(published, Choice(cause=kind)))
    table = next(each for each in sections if isinstance(each, Table))
    totals = asked(published).rows(select([API_MESSAGES]))[0]
    shown = sum(int(row[1].text.replace(",", "")) for row in table.rows)
    assert shown == totals["api_messages"]


def test_a_cause_leads_to_its_sessions(published: Settings) -> None:
    sections = PAGES["causes"].make(asked(published, Choice(cause="agent")))
    table = next(each for each in sections if isinstance(each, Table))
    row = next(row for row in table.rows if row[0].text == "Explore")
    behind = PAGES["causes"].make(asked(published, followed(row[0].link)))[-1]
    assert isinstance(behind, Table)
    assert len(behind.rows) == int(row[2].text)
    assert all(each[0].link.startswith("/?session=") for each in behind.rows)
    assert sum(int(each[2].text) for each in behind.rows) == int(row[1].text)


def test_a_pull_request_s_sessions_lead_to_it(published: Settings) -> None:
    [name] = asked(published).rows("select min(pull_request) as n from marts.fct_pull_requests")
    choice = Choice(cause="pull_request", of=name["n"])
    behind = PAGES["causes"].make(asked(published, choice))[-1]
    assert isinstance(behind, Table)
    assert behind.address.startswith("https://github.com/mara/")


def test_cache_breaks_by_cause_session_and_place_are_those_of_the_report(
    published: Settings,
) -> None:
    page = breaks.page(asked(published))
    made = report(published.gold_path, "cache-breaks")
    by_cause = {row[0].text: row[1].text for row in section(page, "By cause").rows}
    assert by_cause == {row["cache_break_cause"]: f"{row['cache_breaks']:,}" for row in made.rows}
    assert by_cause
    tiles = {tile.name: tile.value for tile in page[0].tiles}
    assert tiles["They cost"] == money(made.totals["cache_break_usd"])
    assert tiles["Naive counting"] == f"{made.totals['shortfalls']:,}"
    assert len(section(page, "Each break").rows) == made.totals["cache_breaks"]
    assert "too few to conclude" in section(page, "By cause").note


def test_a_cause_leads_to_its_breaks_and_each_of_them_to_its_response(published: Settings) -> None:
    row = section(breaks.page(asked(published)), "By cause").rows[0]
    behind = breaks.page(asked(published, followed(row[0].link)))[-1]
    assert [each[2].text for each in behind.rows] == [row[0].text] * int(row[1].text)
    sql = "select session_id, document_id from marts.fct_cache_breaks where is_break"
    places = {
        f"/sessions/{quote(each['session_id'], safe='')}/{quote(each['document_id'], safe='')}"
        for each in asked(published).rows_of_all(sql)
    }
    assert {each[0].link for each in behind.rows} <= places


def test_what_fills_the_context_is_shown_with_each_turn_and_compaction(
    published: Settings,
) -> None:
    page = context.page(asked(published))
    made = report(published.gold_path, "context")
    parts = next(each for each in page if isinstance(each, Pair)).left.rows
    assert {row[0].text for row in parts} == {str(row["part"]) for row in made.rows}
    sql = "select count(distinct turn_number) as turns from marts.fct_api_messages"
    turns = section(page, "Context by turn of the session")
    assert (
        len([bar for bar in turns.bars if bar.slices])
        == asked(published).rows_of_all(sql)[0]["turns"]
    )
    # Eight sessions: nothing follows from any turn.
    assert {each.colour for bar in turns.bars for each in bar.slices} == {"rest"}
    compacted = section(page, "Compactions")
    sql = "select session_id, entry_id from marts.fct_compactions"
    assert {row[0].link for row in compacted.rows} == {
        f"/sessions/{quote(each['session_id'], safe='')}/{each['entry_id']}"
        for each in asked(published).rows_of_all(sql)
    }
    assert compacted.rows


def test_each_finding_of_waste_leads_to_its_place(published: Settings) -> None:
    page = waste.page(asked(published))
    made = report(published.gold_path, "waste")
    kinds = section(page, "By kind").rows
    assert {row[0].text for row in kinds} == set(WASTE_RULES)
    found = {row[0].text: row[1].text for row in kinds if row[1].text != "0"}
    assert found == {str(row["kind"]): f"{row['findings']:,}" for row in made.rows}
    assert any("38 of 42 cases right" in text for text in section(page, "By kind").rests_on)
    kind = next(row for row in kinds if row[0].text == "failed call tried again")
    places = waste.page(asked(published, followed(kind[0].link)))[-1]
    assert len(places.rows) == int(kind[1].text)
    call = places.rows[0][0].link.rsplit("/", 1)[1]
    sql = "select is_failed from marts.fct_tool_calls where tool_use_id = $call"
    assert asked(published).rows_of_all(sql, call=call)[0]["is_failed"]


def test_a_session_of_several_models_is_found_under_each_of_them(
    home: Settings, built: tuple[Path, dict[str, Any]]
) -> None:
    change = "update marts.agg_waste set model = 'm-1, m-2' where kind = 'cache break'"
    publish(home, built[0], change)
    whole = report(home.gold_path, "waste", model="m-2")
    assert [row["kind"] for row in whole.rows] == ["cache break"]
    page = waste.page(asked(home, Choice(model="m-1")))
    assert not page
    publish(
        home, built[0], f"{change}; update marts.fct_api_messages set model = 'm-1'"
    )  # fmt: skip
    shown = waste.page(asked(home, Choice(model="m-1")))[-1]
    assert {row[2].text for row in shown.rows} == {"cache break"}
    assert len(shown.rows) == whole.totals["findings"]


def test_the_work_log_has_the_days_of_responses_too(
    home: Settings, built: tuple[Path, dict[str, Any]]
) -> None:
    publish(home, built[0], "delete from marts.fct_prompts")
    first = log.page(asked(home))[0]
    assert isinstance(first, Log)
    assert first.entries


def test_a_failed_read_of_a_file_is_none(
    home: Settings, built: tuple[Path, dict[str, Any]]
) -> None:
    def files() -> list[dict[str, Any]]:
        with open_gold(home.gold_path) as gold:
            return touched_files(gold, "", 1000)

    publish(home, built[0])
    assert any(row["reads"] for row in files())
    fail = "update marts.fct_file_operations set status = 'error' where operation = 'read'"
    publish(home, built[0], fail)
    assert not any(row["reads"] for row in files())


def test_rules_are_told_for_every_kind_and_cause_that_the_marts_know() -> None:
    models = PROJECT_DIR / "dbt/models/marts"
    (listed,) = yaml.safe_load((models / "agg_waste.yml").read_text())["models"]
    kind = next(column for column in listed["columns"] if column["name"] == "kind")
    assert set(WASTE_RULES) == set(kind["data_tests"][0]["accepted_values"]["arguments"]["values"])
    sql = (models.parent / "intermediate/by_session/int_cache_breaks.sql").read_text()
    causes = sql[sql.index("when is_compacted then") : sql.index("end as cause")]
    assert re.findall(r"(?:then|else) '([^']+)'", causes) == list(BREAK_CAUSES)


def test_a_file_has_a_page_with_its_sessions_and_diffs(
    site: Any, new_story: Any, open_page: Any
) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415  (after the skip)

    story = new_story(TALK)
    edit = {"file_path": "/home/ada/atlas/shop.py", "old_string": "a = 1", "new_string": "a = 2"}
    story.calls("Edit", edit, "done", use="toolu_diff")
    site.store(story)
    page = open_page(site.url)
    page.get_by_role("link", name="Files", exact=True).click()
    touched = page.get_by_role("row", name="shop.py")
    expect(touched).to_contain_text("+2")
    page.get_by_label("Path of a file").press_sequentially("SHOP")
    expect(page.locator("#paths option")).to_have_attribute("value", "/home/ada/atlas/shop.py")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Files whose path holds")).to_be_visible()
    touched.get_by_role("link").click()
    expect(page.get_by_role("heading", name="/home/ada/atlas/shop.py")).to_be_visible()
    page.get_by_label("Path of a file").fill("atlas/shop.py")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".k-gi .changed")).to_have_text("2")
    expect(page.locator(".operation > .label").first).to_contain_text("+2")
    page.get_by_label("Path of a file").fill("no/such.file")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No session changed a file of this path.")).to_be_visible()
    page.go_back()
    page.locator(".operation a").first.click()
    expect(page.locator("article", has_text="Edit").first).to_be_visible()
