"""The first page of the analytics: its figures, what it compares, what is there without gold."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cca.dashboards.browser.gold import session_costs
from cca.dashboards.browser.numbers import (
    overview,
)
from cca.dashboards.browser.numbers.choice import Choice
from cca.dashboards.browser.numbers.compared import change
from cca.dashboards.browser.numbers.drawn import Bars
from cca.dashboards.browser.numbers.pages import PAGES, numbers_page
from cca.dashboards.browser.numbers.parts import (
    Tiles,
    tables_of,
)
from cca.dashboards.browser.numbers.write import money
from cca.gold import state
from cca.settings import Settings
from cca.transform.dbt import code_version
from tests.dashboards.browser.numbers.figures import LAST, asked, publish


@pytest.mark.parametrize("slug", PAGES)
def test_without_gold_each_page_says_how_to_get_it(home: Settings, slug: str) -> None:
    page = numbers_page(home, Choice(), slug)
    assert "No numbers yet" in page
    assert "<code>cca pipeline</code>" in page
    assert session_costs(home).get("s1") is None


def test_gold_of_another_version_is_named_as_such(home: Settings) -> None:
    home.gold_dir.mkdir(parents=True)
    duckdb.connect(str(home.gold_path)).close()
    state.update(home, code_version="that of another version")
    assert "of another version of cca" in numbers_page(home, Choice(), "usage")
    state.update(home, code_version=code_version(home))
    assert "<code>cca rebuild warehouse</code>" in numbers_page(home, Choice(), "usage")


@pytest.mark.parametrize("slug", PAGES)
def test_each_page_reads_the_marts_that_dbt_builds(published: Settings, slug: str) -> None:
    page = numbers_page(published, Choice(), slug)
    assert "cannot be read" not in page
    assert "<section" in page


def test_the_figures_are_those_that_were_counted(
    published: Settings, built: tuple[Path, dict[str, Any]]
) -> None:
    page = numbers_page(published, Choice(), "usage")
    truth = built[1]
    assert f"${Decimal(str(truth['cost_usd'])):.2f}" in page
    assert f"{truth['api_messages']:,}" in page
    assert f"{truth['tool_calls']:,}" in numbers_page(published, Choice(), "tools")


def test_the_page_shows_the_fee_for_web_searches_beside_the_cost_of_tokens(
    published: Settings, built: tuple[Path, dict[str, Any]]
) -> None:
    truth = built[1]
    fee = Decimal(str(truth["cost_usd_with_web_search"])) - Decimal(str(truth["cost_usd"]))
    assert fee > 0
    many = truth["web_search_requests"]
    assert f"${fee:.2f} for {many} web search{'es' if many > 1 else ''}" in numbers_page(
        published, Choice(), "usage"
    )
    assert "web search" not in numbers_page(
        published, Choice(since="2020-01-01", until="2020-01-02"), "usage"
    )


def test_a_new_publish_is_on_the_next_page(
    published: Settings, built: tuple[Path, dict[str, Any]]
) -> None:
    before = numbers_page(published, Choice(), "usage")
    publish(published, built[0], "update marts.fct_api_messages set cost_usd = cost_usd * 2")
    twice = 2 * Decimal(str(built[1]["cost_usd"]))
    assert f"${twice:.2f}" in numbers_page(published, Choice(), "usage")
    assert f"${twice:.2f}" not in before


def test_the_first_page_compares_the_period_with_the_one_before(published: Settings) -> None:
    week = Choice(days="week")
    page = overview.page(asked(published, week))
    before = week.before(LAST)
    assert before
    spent = "select coalesce(sum(cost_usd), 0) as usd from marts.fct_api_messages where day "
    now, then = (
        asked(published).rows_of_all(f"{spent} between $first and $last", first=first, last=last)[0]
        for first, last in ((date(2026, 11, 16), LAST), (before.first, before.last))
    )
    assert now["usd"]
    assert then["usd"]
    tile = next(each for each in page if isinstance(each, Tiles)).tiles[0]
    assert (tile.value, tile.change) == (money(now["usd"]), change(now["usd"], then["usd"]))
    assert tile.remark == f"from {money(then['usd'])}"
    chart = next(each for each in page if isinstance(each, Bars))
    assert [bar.is_before for bar in chart.bars] == [True] * 7 + [False] * 5
    for title in ("Projects", "Models"):
        table = next(each for each in tables_of(page) if each.title == title)
        names = [column.name for column in table.columns]
        for column, whole in (("Cost", now["usd"]), ("Before", then["usd"])):
            summed = sum(row[names.index(column)].text.value for row in table.rows)
            assert summed == pytest.approx(float(whole))


def test_the_browser_s_first_page_says_what_the_analytics_say(published: Settings) -> None:
    week = asked(published, Choice(days="week"))
    caption, tiles, sessions = overview.at_a_glance(week)
    whole = overview.page(week)
    told = {tile.name: tile for part in whole if isinstance(part, Tiles) for tile in part.tiles}
    assert caption in whole
    assert sessions in whole
    assert isinstance(tiles, Tiles)
    assert [tile.name for tile in tiles.tiles] == ["Cost", "Tokens", "Sessions", "Failed calls"]
    for tile in tiles.tiles[:3]:
        assert replace(tile, link="") == replace(told[tile.name], link="")
    failed = week.rows_of_all(
        "select count(*) as n from marts.fct_tool_calls where is_failed and day >= $first",
        first=date(2026, 11, 16),
    )[0]["n"]
    assert tiles.tiles[3].value == f"{failed:,}"
    # A model is known of responses alone.
    model = week.rows_of_all("select min(model) as name from marts.fct_api_messages")[0]["name"]
    of_model = overview.at_a_glance(asked(published, Choice(days="week", model=model)))[1]
    assert isinstance(of_model, Tiles)
    assert "Failed calls" not in {tile.name for tile in of_model.tiles}


def test_the_first_page_begins_with_the_newest_period_that_holds_anything(
    published: Settings,
) -> None:
    whole = asked(published)
    days = [LAST + timedelta(days=back) for back in (0, 3, 20, 400)]
    assert [overview.first_period(replace(whole, today=day)) for day in days] == [
        "week", "7", "30", "all",
    ]  # fmt: skip


def test_a_person_s_figures_are_those_of_their_sessions(
    home: Settings, built: tuple[Path, dict[str, Any]]
) -> None:
    publish(home, built[0], """
        update marts.dim_sessions set user_name = case when hash(session_id) % 2 = 0 then 'ada'
            else 'bo' end""")  # fmt: skip
    page = overview.page(asked(home))
    people = next(each for each in tables_of(page) if each.title == "People")
    assert {row[0].text for row in people.rows} == {"ada", "bo"}
    for row in people.rows:
        alone = overview.page(asked(home, Choice(user=str(row[0].text))))
        tiles = {tile.name: tile.value for tile in alone[1].tiles}
        assert tiles["Cost"] == row[1].text
        assert tiles["Sessions"] == row[-1].text
    assert 'name="user"' in numbers_page(home, Choice())
