"""The Numbers pages over marts that dbt built: figures, links, empty states, looks."""

import csv
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import duckdb
import pytest
import yaml

from cca.budgets.stored import Budget, put
from cca.dashboards.browser.dbt_docs import docs_dir
from cca.dashboards.browser.glance import at_a_glance
from cca.dashboards.browser.gold import session_costs
from cca.dashboards.browser.numbers import (
    bars,
    breaks,
    causes,
    context,
    errors,
    log,
    overview,
    spending,
    tools,
    versus,
    waste,
)
from cca.dashboards.browser.numbers.budgets import meters
from cca.dashboards.browser.numbers.cells import model_names, project_labels
from cca.dashboards.browser.numbers.choice import WITHIN, Choice, from_query
from cca.dashboards.browser.numbers.compared import change
from cca.dashboards.browser.numbers.drawn import Bars, Charts
from cca.dashboards.browser.numbers.pages import PAGES, make, numbers_page
from cca.dashboards.browser.numbers.parts import (
    Caption,
    Choices,
    Log,
    Pair,
    Remark,
    Table,
    Tiles,
    tables_of,
)
from cca.dashboards.browser.numbers.reader import Asked, current
from cca.dashboards.browser.numbers.sheets import csv_of
from cca.dashboards.browser.numbers.treemap import treemap
from cca.dashboards.browser.numbers.usage import unpriced
from cca.dashboards.browser.numbers.write import Figure, money, percent, span
from cca.demo.generate import generate
from cca.gold import state
from cca.gold.measures.calls import API_ERRORS, SUCCESS_RATE
from cca.gold.measures.causes import BY_KIND
from cca.gold.measures.rules import BREAK_CAUSES, WASTE_RULES
from cca.gold.measures.select import select
from cca.gold.measures.usage import ANSWERED_SESSIONS, API_MESSAGES, CACHE_READ_TOKENS, COST_USD
from cca.gold.open import open_gold
from cca.gold.pull_requests import sessions_of
from cca.settings import PROJECT_DIR, Settings
from cca.transform.build import transform
from cca.transform.dbt import code_version
from cca.usage.files import touched_files
from cca.usage.reports import report
from tests.dbt.rows import build_settings, write_raw
from tests.dbt.transcripts import rows_of_limits, rows_of_transcripts

TALK = "12121212-1212-4212-8212-121212121212"
EVIL = "<img src=x onerror=alert(1)>"
LAST = date(2026, 11, 20)
AXE_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A warehouse of real marts, and the totals counted while its transcripts were made."""
    home = tmp_path_factory.mktemp("numbers")
    truth = generate(home / "sample", sessions=8, seed=3, until=LAST).as_json()
    settings = build_settings(home)
    limits = rows_of_limits(home / "sample")
    write_raw(settings, *rows_of_transcripts(home / "sample" / "projects"), limits)
    transform(settings)
    return settings.warehouse_path, truth["totals"]


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return Settings(
        cca_home=tmp_path,
        mongo_uri="mongodb://127.0.0.1:9",
        health_port=9,
        budget_usd_month=0,
        _env_file=None,
    )


@pytest.fixture
def published(home: Settings, built: tuple[Path, dict[str, Any]]) -> Settings:
    publish(home, built[0])
    return home


def publish(settings: Settings, warehouse: Path, change: str = "") -> None:
    settings.gold_dir.mkdir(exist_ok=True, parents=True)
    path = settings.gold_dir / f"gold-{len(list(settings.gold_dir.glob('gold-*')))}.duckdb"
    with duckdb.connect(str(path)) as gold:
        gold.execute(f"attach '{warehouse}' as analytics (read_only); create schema marts")
        names = gold.execute(
            "select table_name from information_schema.tables "
            "where table_catalog = 'analytics' and table_schema = 'marts'"
        ).fetchall()
        for (name,) in names:
            gold.execute(f"create table marts.{name} as from analytics.marts.{name}")
        gold.execute(change)
    link = settings.gold_dir / "next"
    link.symlink_to(path.name)
    link.replace(settings.gold_path)


def asked(settings: Settings, choice: Choice = Choice(), today: date = LAST) -> Asked:  # noqa: B008
    gold = current(settings)
    assert gold
    return Asked(gold, choice, today, settings)


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


_TWO_PEOPLE = "update marts.dim_sessions set user_name = 'bo' where hash(session_id) % 2 = 0"


_OTHER_WORK = """
update marts.fct_api_messages set pull_request = null where hash(message_id) % 3 = 0
"""


def _side_by_side(settings: Settings, choice: Choice) -> tuple[Table, dict[str, list[Any]]]:
    """The table of the page, and its values by the name of the measure."""
    sections = versus.page(asked(settings, choice))
    table = next(each for each in sections if isinstance(each, Table))
    return table, {str(row[0].text): [cell.value for cell in row[1:]] for row in table.rows}


def test_two_models_stand_side_by_side_with_their_difference(published: Settings) -> None:
    table, values = _side_by_side(published, Choice())
    (one, first), (two, second) = (
        (row["model"], row) for row in asked(published).rows(spending.grouped(""))[:2]
    )
    names = model_names([one, two])
    assert [column.name for column in table.columns[1:]] == [names[one], names[two], "Difference"]
    for measure in (COST_USD, API_MESSAGES, ANSWERED_SESSIONS, CACHE_READ_TOKENS):
        was, now = first[measure.name], second[measure.name]
        assert values[measure.label][:2] == [was, now]
        assert values[measure.label][2] == pytest.approx(float(now / was) - 1)
    per_response = float(first["cost_usd"]) / first["api_messages"]
    assert values["Cost per response"][0] == pytest.approx(per_response)
    called = asked(published, Choice(model=one)).rows(tools.TOTALS)[0]
    assert values["Failed calls"][0] == called["failed_calls"]
    assert values["Median response time"][0]
    lines = list(csv.reader(csv_of(table).splitlines()))
    assert [line[0] for line in lines[1:]] == list(values)


def test_the_address_says_what_is_compared(published: Settings) -> None:
    first, second, third = (row["model"] for row in asked(published).rows(spending.grouped(""))[:3])
    table, _ = _side_by_side(published, Choice(a=third, b=first, c=second))
    names = [column.name for column in table.columns]
    shown = model_names([first, second, third])
    assert names[1:] == [
        shown[third], shown[first], f"Difference of {shown[first]}",
        shown[second], f"Difference of {shown[second]}",
    ]  # fmt: skip
    page = numbers_page(published, Choice(a=third, b=first), "compare")
    assert f'<option value="{third}" selected>' in page
    # The sides stand for the models, so no filter of models stands beside them.
    assert 'aria-label="Model"' not in page
    assert "Nothing here" not in numbers_page(published, Choice(a="no-such-model"), "compare")


def test_people_and_machines_and_projects_are_compared_alike(
    published: Settings, built: tuple[Path, dict[str, Any]]
) -> None:
    publish(published, built[0], _TWO_PEOPLE)
    for against, by in (("user", "user"), ("project", "project")):
        rows = asked(published).rows(spending.grouped(by))[:2]
        table, values = _side_by_side(published, Choice(against=against))
        assert values["Cost"][:2] == [row["cost_usd"] for row in rows]
        assert {"Sessions", "Prompts"} <= set(values)
        assert all(f"{against}=" in column.link for column in table.columns[1:3])
    ways, _, alone = versus.page(asked(published, Choice(against="host")))
    assert isinstance(alone, Remark)
    assert "there is nothing to compare" in alone.text
    assert isinstance(ways, Choices)
    assert "Machines" in [each.name for each in ways.segments]
    ways = versus.page(asked(published))[0]
    assert isinstance(ways, Choices)
    assert [each.name for each in ways.segments] == ["Models", "Projects", "People", "Periods"]


def test_two_periods_are_compared_day_by_day(published: Settings) -> None:
    choice = Choice(against="period", a="2026-11", b="2026-10")
    table, values = _side_by_side(published, choice)
    rows = {
        row["month"]: row["cost_usd"]
        for row in asked(published).rows(select([COST_USD], ["month"], spending.WHERE))
    }
    assert values["Cost"][:2] == [rows.get("2026-10", 0), rows.get("2026-11", 0)]
    assert [column.about for column in table.columns[1:]] == [
        "Oct 1 to Oct 31", "Nov 1 to Nov 20 so far", "against October 2026",
    ]  # fmt: skip
    # The later period stands to the earlier one as on the first page.
    week, _ = _side_by_side(published, Choice(against="period", a="week", b="week-1"))
    told = {str(row[0].text): str(row[-1].text) for row in week.rows}
    page = overview.page(asked(published, Choice(days="week")))
    tile = next(each for each in page if isinstance(each, Tiles)).tiles[0]
    assert told["Cost"] == tile.change
    sections = versus.page(asked(published, choice))
    drawn = next(each for each in sections if isinstance(each, Charts)).charts[0]
    assert len(drawn.bars) == 31
    assert drawn.bars[30].label == "Day 31 of each period"
    texts = [each.text for each in sections if isinstance(each, Remark)]
    assert any("The periods differ in length" in text for text in texts)
    assert 'aria-label="Period"' not in numbers_page(published, choice, "compare")


def test_the_lines_of_a_comparison_add_up_to_its_table(published: Settings) -> None:
    _, values = _side_by_side(published, Choice(unit="week"))
    sections = versus.page(asked(published, Choice(unit="week")))
    cost = next(each for each in sections if isinstance(each, Charts)).charts[0]
    top = float(cost.lines[0].label.strip("$"))
    for series, total in zip(cost.series, values["Cost"], strict=False):
        assert sum(point.y for point in series.points) * top / 100 == pytest.approx(
            float(total), abs=0.01 * len(cost.bars)
        )


def test_few_sessions_on_a_side_are_said(published: Settings) -> None:
    texts = [each.text for each in versus.page(asked(published)) if isinstance(each, Remark)]
    assert any(text.startswith("Too few sessions with a response to conclude") for text in texts)


def test_tables_of_models_and_projects_lead_to_their_comparison(published: Settings) -> None:
    page = numbers_page(published, Choice(days="90"), "usage")
    assert 'href="/numbers/compare?days=90&amp;against=project"' in page
    assert 'aria-label="Compare Models"' in page


@pytest.mark.parametrize("within", WITHIN)
def test_areas_and_table_of_the_cost_say_the_same(published: Settings, within: str) -> None:
    known = asked(published, Choice(within_project=within))
    labels = project_labels(known)
    drawn = treemap(known, labels)
    cost = [column.name for column in drawn.table.columns].index("Cost")
    total = sum(row[cost].text.value for row in drawn.table.rows)
    assert total == known.rows(select([COST_USD], where=spending.WHERE))[0]["cost_usd"]
    assert sum(area.tip[0][1].value for area in drawn.areas) == pytest.approx(float(total))
    for form in ("wide", "tall"):
        boxes = [getattr(area, form) for area in drawn.areas]
        for area, box in zip(drawn.areas, boxes, strict=True):
            share_of_cost = area.tip[0][1].value / float(total)
            assert box.width * box.height / 10_000 == pytest.approx(share_of_cost, abs=1e-4)
        frames = [getattr(frame, form) for frame in drawn.frames]
        assert sum(box.width * box.height for box in frames) == pytest.approx(10_000, rel=1e-3)
    by_project = {
        labels[row["project_key"]]: row for row in known.rows(spending.grouped("project"))
    }
    heads = [area.head.rpartition(" ")[0] for area in drawn.areas if area.head]
    assert set(heads) == {name for name, row in by_project.items() if row["cost_usd"]}


def test_many_projects_and_small_parts_are_drawn_as_few_areas(
    published: Settings, built: tuple[Path, dict[str, Any]]
) -> None:
    many = """update marts.fct_api_messages set
        project_key = '/p/' || hash(message_id) % 60, model = 'm' || hash(message_id) % 7"""
    publish(published, built[0], many)
    known = asked(published)
    drawn = treemap(known, project_labels(known))
    assert len(drawn.frames) == len(bars.COLOURS) + 1
    names = [area.label for area in drawn.areas]
    assert any(re.fullmatch(r"\d+ other projects", name) for name in names)
    assert len(names) < len(drawn.table.rows)
    total = known.rows(select([COST_USD], where=spending.WHERE))[0]["cost_usd"]
    assert sum(area.tip[0][1].value for area in drawn.areas) == pytest.approx(float(total))


def test_filters_narrow_every_figure_and_their_sum_is_the_whole(published: Settings) -> None:
    sql = "select distinct project_id from marts.fct_api_messages"
    whole = asked(published)
    cost = "select sum(cost_usd) as cost from marts.fct_api_messages as m where "
    from cca.dashboards.browser.numbers.reader import FILTERED, OF_MODEL  # noqa: PLC0415

    parts = [
        asked(published, Choice(project=row["project_id"])).rows(cost + FILTERED + OF_MODEL)
        for row in whole.rows_of_all(sql)
    ]
    assert len(parts) > 1
    total = whole.rows_of_all(cost + "true")[0]["cost"]
    assert sum(part[0]["cost"] for part in parts) == total


def test_projects_of_one_repository_are_summed(
    home: Settings, built: tuple[Path, dict[str, Any]]
) -> None:
    publish(home, built[0], "update marts.dim_projects set repository = project_key")
    assert "Repositories" not in numbers_page(home, Choice(), "usage")
    publish(home, built[0], "update marts.dim_projects set repository = '/srv/whole'")
    shown = numbers_page(home, Choice(), "usage")
    assert "Repositories" in shown
    assert "whole" in shown
    (row,) = report(home.gold_path, "repository").rows
    assert row["cost_usd"] == Decimal(str(built[1]["cost_usd"]))


@pytest.mark.parametrize("slug", sorted(set(PAGES) - {"health", "blocks"}))
def test_a_project_or_period_without_messages_says_so(published: Settings, slug: str) -> None:
    assert "Nothing here in this period" in numbers_page(published, Choice(project="-no"), slug)
    past = Choice(since="2020-01-01", until="2020-02-01")
    page = numbers_page(published, past, slug)
    assert "Nothing here in this period" in page
    assert "Clear filters" in page


@pytest.mark.parametrize("slug", ["", "causes", "errors", "context"])
def test_an_empty_archive_is_not_a_matter_of_the_period(
    home: Settings, built: tuple[Path, dict[str, Any]], slug: str
) -> None:
    facts = ("dim_sessions", "fct_api_messages", "fct_errors", "fct_tool_calls")
    publish(home, built[0], "; ".join(f"delete from marts.{name}" for name in facts))
    page = numbers_page(home, Choice(), slug)
    assert "No conversations yet" in page
    assert "Nothing here" not in page


def test_the_tab_of_the_data_docs_is_there_once_they_were_built(published: Settings) -> None:
    assert "Data docs" not in numbers_page(published, Choice())
    folder = docs_dir(published)
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("<body>")
    assert "Data docs" in numbers_page(published, Choice())


def test_figures_say_what_they_are_of(published: Settings) -> None:
    assert "of the main thread" in numbers_page(published, Choice(), "context")
    assert re.search(
        r"of \d+ prompts? with a response", numbers_page(published, Choice(), "causes")
    )
    row = asked(published).rows(select([API_ERRORS]))[0]
    told = f"incl. {row['api_errors']} API error"
    assert (told in numbers_page(published, Choice(), "errors")) == (row["api_errors"] > 0)


@pytest.mark.parametrize("slug", ["breaks", "waste"])
def test_explanations_stand_below_what_they_explain(published: Settings, slug: str) -> None:
    assert '<small class="about">' in numbers_page(published, Choice(), slug)


def test_a_filter_that_a_page_does_not_know_is_off_there_and_said(published: Settings) -> None:
    choice = Choice(project="-no", branch="main")
    page = numbers_page(published, choice, "blocks")
    assert "Nothing here" not in page
    assert 'aria-label="Project"' not in page
    assert "Not applied on this page: project -no, branch main." in page
    # The next page knows it again.
    assert 'href="/numbers/usage?project=-no&amp;branch=main"' in page
    assert "Not applied" not in numbers_page(published, Choice(days="30", model="m"), "usage")


def test_a_pull_request_has_one_cost_on_every_page(
    published: Settings, built: tuple[Path, dict[str, Any]]
) -> None:
    publish(published, built[0], _OTHER_WORK)
    name = asked(published).rows_of_all(
        "select pull_request as name from marts.fct_api_messages where pull_request is not null"
    )[0]["name"]
    rows = report(published.gold_path, "pr").rows
    own = next(row["cost_usd"] for row in rows if row["pull_request"] == name)
    behind = sessions_of(published, name)
    cost = "select sum(cost_usd) as usd from marts.fct_api_messages where session_id in $sessions"
    whole = asked(published).rows_of_all(cost, sessions=tuple(behind))[0]["usd"]
    assert 0 < own < whole
    for given in (name, "#" + name.partition("#")[2]):
        one = asked(published, Choice(pr=given, cause="pull_request"))
        assert one.rows(select([COST_USD], where=spending.WHERE))[0]["cost_usd"] == own
        table = next(each for each in causes.page(one) if isinstance(each, Table))
        assert [(row[0].text, row[-1].value) for row in table.rows] == [(name, own)]
    for slug, each in PAGES.items():
        if "pr" in each.filters:
            about = make(published, Choice(pr=name), slug).sections[0]
            assert isinstance(about, Caption)
            assert str(money(own)) in about.text
            assert str(money(whole)) in about.text
    assert "Cost, tokens and responses are its own" in at_a_glance(published, Choice(pr=name))
    page = numbers_page(published, Choice(pr=name), "usage")
    assert f'aria-label="Pull request {name}: show all"' in page
    assert f'name="pr" value="{name}"' in page
    assert f"pull request {name}" in numbers_page(published, Choice(pr=name), "blocks")


def test_a_week_that_has_just_begun_says_so_and_offers_seven_days(published: Settings) -> None:
    monday = date(2026, 11, 16)
    caption = overview.page(asked(published, Choice(days="week"), monday))[0]
    assert caption.text == (
        "Mon, Nov 16 so far, compared with all of Monday of last week (Mon, Nov 9). The week has "
        "1 day so far."
    )
    assert caption.way == ("Show the last 7 days", "/numbers?days=7")
    later = overview.page(asked(published, Choice(days="week"), monday + timedelta(days=3)))[0]
    assert later.text.endswith(
        "so far, compared with all of the same days of last week (Nov 9 to Nov 12)."
    )
    assert later.way == ("", "")


def test_a_day_that_is_not_over_is_compared_with_the_same_hours(published: Settings) -> None:
    busiest = (
        "select day, quantile_disc(sent_at, 0.5) as middle from marts.fct_api_messages "
        "group by day order by count(*) desc, day limit 1"
    )
    last, middle = asked(published).rows_of_all(busiest)[0].values()
    one = asked(published, Choice(days="7"), last + timedelta(days=7))
    gold = replace(one.gold, reaches=middle.replace(tzinfo=UTC) + timedelta(days=7))
    cut = replace(one, gold=gold)
    spent = "select sum(cost_usd) as usd from marts.fct_api_messages where day between $a and $b"
    days = {"a": last - timedelta(days=6), "b": last}
    whole = one.rows_of_all(spent, **days)[0]["usd"]
    part = one.rows_of_all(f"{spent} and sent_at < $end", **days, end=middle)[0]["usd"]
    assert 0 < part < whole

    caption, tiles, chart, *_ = overview.page(cut)
    assert caption.text.endswith(f", up to {middle:%H:%M}).")
    assert tiles.tiles[0].remark.startswith(f"from {money(part)}")
    assert chart.note.endswith(f"compared with them up to {middle:%H:%M} of {last:%b %-d}.")
    assert overview.page(one)[1].tiles[0].remark.startswith(f"from {money(whole)}")
    models = next(each for each in tables_of(overview.page(cut)) if each.title == "Models")
    assert sum(row[3].value for row in models.rows) == pytest.approx(float(part))

    sides = replace(cut, choice=Choice(against="period", a="7", b="7-1"))
    table = next(each for each in versus.page(sides) if isinstance(each, Table))
    assert table.columns[1].about.endswith(f", up to {middle:%H:%M}")
    assert next(row for row in table.rows if row[0].text == "Cost")[1].value == part
    other = replace(cut, choice=Choice(against="period", a="30", b="7-1"))
    table = next(each for each in versus.page(other) if isinstance(each, Table))
    assert not any("up to" in column.about for column in table.columns)


def test_the_same_hours_are_those_of_the_clock_of_reports(published: Settings) -> None:
    given = asked(published, Choice(days="7"))
    noon = datetime.combine(LAST, time(12), UTC)
    one = replace(given, gold=replace(given.gold, reaches=noon, timezone="Asia/Tokyo"))
    assert str(one.up_to(one.choice)) == "2026-11-13 21:00:00"
    assert str(one.in_utc(one.up_to(one.choice))) == "2026-11-13 12:00:00"
    assert one.up_to(Choice(since="2026-11-01", until="2026-11-10")) is None
    late = replace(one.gold, reaches=noon + timedelta(days=2))
    assert replace(one, gold=late).up_to(one.choice) is None


def test_each_bar_leads_to_the_conversations_of_its_days() -> None:
    days = [LAST - timedelta(days=3), LAST]
    chart = bars.stacked(
        "Calls", [(day, "a", 4.0) for day in days], ["a"], str,
        lambda first, last: f"{first}..{last}", axis=bars.Axis(None, LAST),
    )  # fmt: skip
    assert len(chart.bars) == bars.MIN_DAYS
    empty = bars.stacked("Calls", [], [], str, lambda *_: "", axis=bars.Axis(None, LAST))
    assert len(empty.bars) == bars.MIN_DAYS
    assert chart.bars[-1].link == f"{LAST}..{LAST}"
    assert [bar.link for bar in chart.bars if bar.slices] == [f"{d}..{d}" for d in days]


def test_small_series_become_one() -> None:
    names = bars.series_of([(f"m{number}", 10.0 - number) for number in range(8)])
    assert names == ["m0", "m1", "m2", "m3", "m4", "other"]
    chart = bars.stacked(
        "x", [(LAST, "m7", 1.0)], names, str, lambda *_: "", axis=bars.Axis(None, LAST),
        colours=bars.colours_of(names, names),
    )  # fmt: skip
    assert chart.bars[-1].tip == [("other", "1.0", bars.REST)]


def test_declined_calls_are_no_failures(
    published: Settings, built: tuple[Path, dict[str, Any]]
) -> None:
    change = """
        update marts.fct_tool_calls set status = 'error', is_error = true, is_rejected = true,
            error_class = 'rejected by the user' where status = 'success' and tool_name = 'Read'
    """
    publish(published, built[0], change)
    whole = asked(published)
    sql = "select count(*) as calls from marts.fct_tool_calls where is_error and "
    failed = whole.rows_of_all(sql + "not is_rejected")[0]["calls"]
    rejected = whole.rows_of_all(sql + "is_rejected")[0]["calls"]
    assert rejected > 0
    tiles = {tile.name: tile for tile in tools.page(whole)[0].tiles}
    assert tiles["Failed"].value == f"{failed:,}"
    assert tiles["Declined"].value == f"{rejected:,}"
    api = {tile.name: tile for tile in errors.page(whole)[0].tiles}
    assert int(api["Errors"].value) - int(api["API errors"].value) == failed
    assert api["Declined by the user"].value == f"{rejected:,}"
    assert "in this period" not in numbers_page(
        published, followed(api["Declined by the user"].link), "errors"
    )
    totals = report(published.gold_path, "tools").totals
    assert (totals["failed"], totals["rejected"]) == (failed, rejected)


def followed(link: str) -> Choice:
    return from_query({name: each[0] for name, each in parse_qs(urlsplit(link).query).items()})


def counted(table: Any, column: str) -> int:
    place = [each.name for each in table.columns].index(column)
    return sum(int(row[place].text.replace(",", "")) for row in table.rows)


@pytest.mark.parametrize("period", [Choice(), Choice(days="30", model="claude-opus-4-8")])
def test_failed_leads_to_conversations_with_exactly_as_many_failed_calls(
    published: Settings, period: Choice
) -> None:
    tiles, _, table, *_ = tools.page(asked(published, period))
    names = [each.name for each in table.columns]
    figures = [
        (cells[names.index(name)], name) for cells in table.rows for name in ("Failed", "Declined")
    ]
    figures += [(tile, tile.name) for tile in tiles.tiles if tile.name in {"Failed", "Declined"}]
    linked = [(figure, name) for figure, name in figures if figure.link]
    assert {name for _, name in linked} == {"Failed", *({"Declined"} if period == Choice() else ())}
    for figure, _ in linked:
        behind = tools.page(asked(published, followed(figure.link)))[-1]
        said = figure.text if hasattr(figure, "text") else figure.value
        assert counted(behind, "Calls") == int(said)
        assert behind.title.startswith(f"{said} ")
    total = errors.page(asked(published))
    behind = errors.page(asked(published, followed(total[0].tiles[0].link)))[-1]
    assert counted(behind, "Errors") == int(total[0].tiles[0].value.replace(",", ""))


def test_each_way_to_end_leads_to_exactly_its_sessions(published: Settings) -> None:
    ends = PAGES["sessions"].make(asked(published))[3]
    assert ends.title == "Outcome"
    for name, sessions, *_ in ends.rows:
        behind = PAGES["sessions"].make(asked(published, followed(name.link)))[-1]
        assert behind.title.startswith(name.text.capitalize())
        assert len(behind.rows) == int(sessions.text)


def test_a_percentile_leads_to_the_calls_that_took_as_long(published: Settings) -> None:
    tiles = {tile.name: tile for tile in tools.page(asked(published))[0].tiles}
    behind = tools.page(asked(published, followed(tiles["95th percentile"].link)))[-1]
    sql = """
        select count(*) as calls, max(duration_ms) as longest from marts.fct_tool_calls
        where not is_rejected and duration_ms >= (
            select quantile_cont(duration_ms, 0.95) from marts.fct_tool_calls where not is_rejected
        )
    """
    truth = asked(published).rows_of_all(sql)[0]
    assert counted(behind, "Calls") == truth["calls"] > 0
    slowest = behind.rows[0][-1]
    assert slowest.text == span(truth["longest"])
    call = parse_qs(urlsplit(slowest.link).query)["m"][0]
    of = "select duration_ms from marts.fct_tool_calls where tool_use_id = $call"
    assert asked(published).rows_of_all(of, call=call)[0]["duration_ms"] == truth["longest"]


def test_every_chart_covers_the_days_chosen_until_today(published: Settings) -> None:
    month = asked(published, Choice(days="30"), LAST + timedelta(days=1))
    charts = [
        section
        for slug in set(PAGES) - {"", "health"}
        for section in PAGES[slug].make(month)
        if isinstance(section, Bars) and section.title.endswith("by day")
    ]
    assert len(charts) == 9
    for chart in charts:
        assert len(chart.bars) == 30
        assert [chart.bars[0].label[5:11], chart.bars[-1].label[5:11]] == ["Oct 23", "Nov 21"]


def test_a_model_keeps_its_colour_when_it_alone_is_chosen(published: Settings) -> None:
    def drawn(choice: Choice) -> dict[str, str]:
        [chart] = [
            each for each in PAGES["usage"].make(asked(published, choice)) if isinstance(each, Bars)
        ]
        tips = (tip for bar in chart.bars for tip in bar.tip)
        return {name: colour for name, _, colour in tips if colour}

    whole = drawn(Choice())
    assert len(set(whole.values())) > 1
    models = asked(published).rows_of_all("select distinct model from marts.fct_api_messages")
    chosen = [drawn(Choice(model=row["model"])) for row in models if row["model"]]
    assert all(whole[name] == colour for one in chosen for name, colour in one.items())


def test_links_lead_to_the_list_with_the_same_filters() -> None:
    choice = Choice(days="7", project="-p-atlas", model="claude-opus-4-8")
    found = parse_qs(urlsplit(choice.conversations(LAST, errors="1")).query)
    assert found == {
        "project": ["-p-atlas"], "model": ["claude-opus-4-8"], "since": ["2026-11-14"],
        "errors": ["1"],
    }  # fmt: skip
    assert choice.link("tools", since="2026-11-01") == (
        "/numbers/tools?since=2026-11-01&project=-p-atlas&model=claude-opus-4-8"
    )


def test_a_query_from_anywhere_is_a_choice_or_nothing() -> None:
    given = {"days": "9' or 1=1", "since": "2026-13-01", "until": "x", "by": "y", "evil": "z"}
    assert from_query(given) == Choice()


@pytest.mark.parametrize(("limit", "tone"), [("1000", "good"), ("10", "bad")])
def test_a_budget_is_compared_with_the_month(published: Settings, limit: str, tone: str) -> None:
    assert meters(asked(published)) == []
    spends = "select sum(cost_usd) as cost from marts.fct_api_messages where day >= '2026-11-01'"
    spent = float(asked(published).rows_of_all(spends)[0]["cost"])
    limited = published.model_copy(update={"budget_usd_month": float(limit) * spent / 20})
    (meter,) = meters(asked(limited))
    assert meter.tone == tone
    assert meter.expected == pytest.approx(meter.spent / 20 * 30, rel=0.01)


def test_budgets_of_a_project_show_where_it_is_chosen(published: Settings) -> None:
    rows = asked(published).rows_of_all(
        "select any_value(project_id) as project_id, project_key from marts.fct_api_messages "
        "where day >= '2026-11-01' group by project_key order by sum(cost_usd) desc limit 2"
    )
    chosen, other = rows[0], rows[1]
    put(published, Budget(Decimal(10_000), "week"))
    put(published, Budget(Decimal(10_000), "month", project=chosen["project_key"]))
    put(published, Budget(Decimal("0.000001"), "month", project=other["project_key"]))
    shown = {
        project: [
            (each.title, each.tone) for each in meters(asked(published, Choice(project=project)))
        ]
        for project in ("", chosen["project_id"])
    }
    # Of everything: the total, and what is over; of a project its own alone.
    assert [tone for _, tone in shown[""]] == ["good", "bad"]
    assert [tone for _, tone in shown[chosen["project_id"]]] == ["good"]
    assert shown[""][0][0] == "Budget of this week"
    assert shown[chosen["project_id"]][0][0].startswith("Budget of November, ")


def test_the_plans_limits_stand_beside_the_estimate(
    published: Settings, built: tuple[Path, dict[str, Any]]
) -> None:
    publish(
        published,
        built[0],
        """
        update marts.agg_limit_windows set
            resets_at = (now() at time zone 'UTC') + interval 90 minute,
            last_read_at = (now() at time zone 'UTC') - interval 30 minute,
            used_percentage = 40, percentage_per_hour = 10
        where limit_name = 'five_hour' and resets_at = (
            select max(resets_at) from marts.agg_limit_windows where limit_name = 'five_hour'
        )
        """,
    )
    page = numbers_page(published, Choice(), "blocks")
    assert "40 % used, resets in 1h 2" in page
    assert "at this pace 60 % at the reset" in page
    for title in ("5-hour limit: used of each window", "Weekly limit: used of each window",
                  "Windows of the plan&#39;s limits", "Estimated 5-hour windows"):  # fmt: skip
        assert title in page


def test_without_a_status_line_the_page_says_how_to_get_the_limits(
    published: Settings, built: tuple[Path, dict[str, Any]]
) -> None:
    publish(published, built[0], "delete from marts.agg_limit_windows")
    page = numbers_page(published, Choice(), "blocks")
    assert "cca statusline --setup" in page
    assert "Fullest week" not in page
    assert "Estimated 5-hour windows" in page


def test_an_open_block_says_where_its_pace_leads(
    published: Settings, built: tuple[Path, dict[str, Any]]
) -> None:
    assert "Current window" not in numbers_page(published, Choice(), "blocks")
    publish(
        published,
        built[0],
        """
        update marts.agg_billing_blocks set block_end = (now() at time zone 'UTC')
            + interval 90 minute, last_at = (now() at time zone 'UTC') - interval 30 minute,
            cost_usd = 3, usd_per_hour = 1.5
        where block_start = (select max(block_start) from marts.agg_billing_blocks)
        """,
    )
    page = numbers_page(published, Choice(), "blocks")
    assert "$3.00 spent, 1 h " in page
    assert "at this pace $6.00 in total" in page
    assert page.index("Current window, estimated") < page.index("Windows read"), "beside the limits"


def test_models_without_a_price_are_named_in_a_sentence() -> None:
    rows = [
        {"model": model, "price_variant": mode, "unpriced_messages": lacking, "api_messages": all_}
        for model, mode, lacking, all_ in (
            (EVIL, "standard", 1, 1), (None, "standard", 2, 2),
            ("opus", "fast", 3, 3), ("opus", "standard", 0, 9), ("sonnet", "batch", 1, 1),
        )
    ]  # fmt: skip
    assert unpriced(rows) == [
        f"Not fully priced: {EVIL} (1 response). The cost here is too low.",
        "2 responses name no model, so they have no price.",
        (
            "Not fully priced: opus in fast mode (3 responses). The cost here is too low. "
            "Its other responses have a price."
        ),
        "Not fully priced: sonnet in a batch (1 response). The cost here is too low.",
    ]


def test_models_that_would_share_a_name_keep_their_ids() -> None:
    ids = ["claude-sonnet-4", "claude-sonnet-4-20250514", "claude-haiku-4-5-20251001"]
    names = model_names([*ids, "claude-3-sonnet"])
    assert list(names.values()) == [*ids[:2], "haiku-4-5", "claude-3-sonnet"]


def test_a_rate_is_100_percent_only_where_nothing_is_missing() -> None:
    assert [percent(rate) for rate in (1, 0.99999, 0.9961, 0.42, None)] == [
        "100 %", "99.9 %", "99.6 %", "42 %", "-"
    ]  # fmt: skip
    assert [percent(rate) for rate in (0, 0.004, 0.005, 0.006)] == ["0 %", "<1 %", "<1 %", "1 %"]
    assert [percent(rate, 1) for rate in (0.0004, 0.004)] == ["<0.1 %", "0.4 %"]
    assert [span(ms) for ms in (85, 1500, 180_000, 5_400_000)] == [
        "85 ms", "1.5 s", "3 min", "1.5 h"
    ]  # fmt: skip


def test_a_broken_gold_file_is_no_server_error(home: Settings) -> None:
    home.gold_dir.mkdir()
    (home.gold_dir / "gold-1.duckdb").write_bytes(b"not a database")
    home.gold_path.symlink_to("gold-1.duckdb")
    assert "cannot be read" in numbers_page(home, Choice())


@pytest.fixture(scope="module")
def site(run_site: Any, built: tuple[Path, dict[str, Any]]) -> Any:
    evil = f"""
        update marts.dim_sessions set title = '{EVIL}' where true;
        update marts.fct_file_operations set session_id = '{TALK}', tool_use_id = 'toolu_diff',
            file_path = '/home/ada/atlas/shop.py', operation = 'edit', lines_added = 2
        where tool_use_id = (select min(tool_use_id) from marts.fct_file_operations)"""
    return run_site(prepare=lambda settings: publish(settings, built[0], evil))


@pytest.mark.parametrize("slug", PAGES)
def test_no_page_is_wider_than_a_phone_nor_runs_what_it_shows(
    site: Any, open_page: Any, slug: str
) -> None:
    page = open_page(
        f"{site.url}/numbers/{slug}", viewport={"width": 360, "height": 740}, color_scheme="dark",
        bypass_csp=True,
    )  # fmt: skip
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.locator(".pages [aria-current]").is_visible()
    assert barriers(page) == {}


@pytest.mark.parametrize("slug", ["", "usage", "tools", "activity"])
def test_nobody_is_barred_from_a_wide_page(site: Any, open_page: Any, slug: str) -> None:
    page = open_page(f"{site.url}/numbers/{slug}", color_scheme="light", bypass_csp=True)
    assert barriers(page) == {}


def barriers(page: Any) -> dict[str, list[str]]:
    """What axe-core finds, by its rule."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415  (after the skip)

    found = Axe().run(page, options=AXE_RULES).response["violations"]
    return {one["id"]: [node["html"][:120] for node in one["nodes"][:3]] for one in found}


def test_a_table_is_sorted_shown_whole_and_taken_along(site: Any, open_page: Any) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415  (after the skip)

    page = open_page(f"{site.url}/numbers/code")
    table = page.locator("#most-edited-files")
    head = table.locator("th", has_text="Added")
    order = "els => els.map(e => Number(e.cells[3].dataset.v))"
    head.get_by_role("button", name="Added", exact=True).click()
    expect(head).to_have_attribute("aria-sort", "descending")
    added = table.locator("tbody tr").evaluate_all(order)
    assert added == sorted(added, reverse=True)
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert table.locator("tbody tr").evaluate_all(order) == sorted(added)
    expect(table.locator("th[aria-sort]")).to_have_count(1)
    page.reload()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert table.locator("tbody tr").evaluate_all(order) == sorted(added)
    assert len(added) > 12
    expect(table.locator("tbody tr:visible")).to_have_count(12)
    table.get_by_role("button", name=f"Show all {len(added)}").click()
    expect(table.locator("tbody tr:visible")).to_have_count(len(added))
    with page.expect_download() as download:
        table.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "code-most-edited-files.csv"
    lines = list(csv.reader(Path(download.value.path()).read_text().splitlines()))
    assert lines[0] == ["File", "Folder", "Changes", "Sessions", "Added", "Removed", "Last"]
    assert sorted(float(line[4]) for line in lines[1:]) == sorted(added)


def test_a_table_that_is_not_there_cannot_be_taken_along(site: Any) -> None:
    import urllib.error  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{site.url}/numbers/code?csv=nothing")


def test_each_table_has_a_name_and_a_file_of_its_own(published: Settings) -> None:
    for slug, page in PAGES.items():
        tables = list(tables_of(page.make(asked(published))))
        assert len({table.name for table in tables}) == len(tables), slug
        for table in tables:
            assert len(list(csv.reader(csv_of(table).splitlines()))) == len(table.rows) + 1
            figures = [
                cell.text
                for row in table.rows
                for cell, column in zip(row, table.columns, strict=True)
                if column.is_number and cell.text
            ]
            assert all(isinstance(text, Figure) for text in figures), (slug, table.title)


def test_keys_walk_a_chart_and_a_legend_shows_one_name_alone(site: Any, open_page: Any) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415  (after the skip)

    page = open_page(f"{site.url}/numbers/tools?since=2026-11-01&until=2026-11-20")
    chart = page.locator(".chart").first
    expect(chart.locator(".bar[tabindex='0']")).to_have_count(1)
    chart.locator(".bar[tabindex='0']").focus()
    page.keyboard.press("ArrowLeft")
    expect(chart.locator(".bar").nth(-2)).to_be_focused()
    page.keyboard.press("Home")
    expect(chart.locator(".bar").first).to_be_focused()
    alone = page.get_by_role("button", name="failed", exact=True)
    alone.focus()
    page.keyboard.press("Enter")
    expect(alone).to_have_attribute("aria-pressed", "true")
    expect(chart.locator("i.well:visible")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(chart.locator("i.well:visible").first).to_be_visible()
    page.get_by_role("button", name="What is Success rate?").first.click()
    expect(page.locator("#tip")).to_contain_text(SUCCESS_RATE.description)


def test_an_area_filters_by_key_and_the_table_is_remembered(site: Any, open_page: Any) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415  (after the skip)

    page = open_page(f"{site.url}/numbers/usage")
    areas = page.locator(".treemap .cell")
    expect(page.locator("#projects-and-models")).to_be_hidden()
    areas.last.focus()
    page.keyboard.press("Home")
    expect(areas.first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(areas.nth(1)).to_be_focused()
    expect(page.locator("#tip")).to_contain_text("Share")
    address = areas.nth(1).get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")
    chosen = parse_qs(urlsplit(address).query)
    expect(page.get_by_label("Model", exact=True)).to_have_value(chosen["model"][0])
    page.get_by_role("button", name="Table").click()
    expect(page.locator("#projects-and-models")).to_be_visible()
    page.reload()
    expect(page.locator(".treemap")).to_be_hidden()
    expect(page.get_by_role("button", name="Table")).to_have_attribute("aria-pressed", "true")


def test_a_day_of_the_year_leads_to_its_sessions(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/numbers/activity?until=2026-11-20")
    day = page.locator(".year a.cell").last
    address = day.get_attribute("href")
    day.click()
    page.wait_for_url(f"**{address}")
    since, until = (parse_qs(urlsplit(address).query)[name] for name in ("since", "until"))
    assert since == until


def test_filters_travel_to_the_analytics_and_back(site: Any, open_page: Any) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415  (after the skip)

    query = (
        "project=%2Fp&user=ada&model=opus&host=desk&pr=12&branch=main&tool=Bash"
        "&since=2026-11-01&until=2026-11-20"
    )
    page = open_page(f"{site.url}/?{query}")
    page.get_by_role("link", name="Analytics").click()
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query) == parse_qs(query))
    page.reload()
    expect(page.get_by_label("Person")).to_have_value("ada")
    page.get_by_role("link", name="Tools", exact=True).click()
    page.wait_for_url("**/numbers/tools?*")
    page.get_by_role("link", name="Conversations").click()
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query) == parse_qs(query))


def test_the_first_page_leads_into_the_analytics_with_its_filters(
    site: Any, open_page: Any, new_story: Any
) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415  (after the skip)

    story = new_story("34343434-3434-4434-8434-343434343434", title="A talk")
    story.prompt("Hello")
    site.store(story)
    page = open_page(f"{site.url}/?since=2026-11-09&until=2026-11-15")
    spent = page.get_by_role("region", name="Chosen days")
    expect(spent.get_by_role("link", name="$")).to_have_attribute(
        "href", "/numbers?since=2026-11-09&until=2026-11-15"
    )
    spent.get_by_role("button", name="What is Failed calls?").focus()
    expect(page.get_by_role("tooltip")).to_contain_text("whose result is an error")
    expect(page.locator(".spent .head")).to_contain_text(re.compile(r"Updated\s+\d{4}-\d\d-\d\d"))
    expensive = page.get_by_role("region", name="Most expensive sessions").get_by_role("listitem")
    expensive.get_by_role("link").first.click()
    page.wait_for_url("**/?session=*since=2026-11-09&until=2026-11-15")
    # The way back shows the figures again, and a filter other ones.
    page.go_back()
    expect(spent).to_be_visible()
    page.get_by_role("button", name="Clear period").click()
    expect(spent).to_have_count(0)
    expect(page.locator(".spent .tiles")).to_be_visible()
    page.get_by_role("link", name="All analytics").click()
    page.get_by_role("heading", name="Overview").wait_for(state="attached")


@pytest.mark.parametrize(("width", "lines"), [(1440, 1), (1024, 2)])
def test_every_tab_is_in_sight(site: Any, open_page: Any, width: int, lines: int) -> None:
    page = open_page(f"{site.url}/numbers/health", viewport={"width": width, "height": 800})
    boxes = [tab.bounding_box() for tab in page.locator(".pages a").all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    assert len({box["y"] for box in boxes}) == lines


def test_a_wide_screen_is_used_and_the_head_stands_where_the_browser_has_it(
    site: Any, open_page: Any
) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415  (after the skip)

    page = open_page(site.url, viewport={"width": 2560, "height": 1200})
    names = ("Conversations", "Analytics", "Files")
    tabs = [page.get_by_role("link", name=name, exact=True) for name in names]
    places = [tab.bounding_box() for tab in tabs]
    tabs[1].click()
    page.get_by_role("heading", name="Overview").wait_for(state="attached")
    for tab, place in zip(tabs, places, strict=True):
        box = tab.bounding_box()
        assert [box["x"], box["y"]] == pytest.approx([place["x"], place["y"]], abs=1), tab
    page.goto(f"{site.url}/numbers/usage?since=2026-11-01&until=2026-11-20")
    chart, head = page.locator(".chart").first, page.locator("section .head").first
    assert head.bounding_box()["x"] == places[0]["x"]
    assert chart.bounding_box()["width"] > 2400
    for bar in (chart.locator("a.bar").first, chart.locator("a.bar").last):
        bar.hover()
        tip = page.locator("#tip").bounding_box()
        assert tip["y"] >= head.bounding_box()["y"] + head.bounding_box()["height"] - 1
    expect(chart.locator("a.bar em").first).to_have_text(re.compile(r"^\$"))
    page.emulate_media(media="print")
    arrows = "one => getComputedStyle(one, '::after').display"
    assert {page.locator(".pick").nth(at).evaluate(arrows) for at in range(2)} == {"none"}


def test_a_person_goes_from_a_bar_to_the_conversations_behind_it(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/numbers/tools")
    bar = page.locator("a.bar", has=page.locator("i")).first
    bar.hover()
    assert "succeeded" in page.locator("#tip").inner_text()
    title = json.loads(bar.get_attribute("data-tip"))["title"]
    bar.focus()
    assert page.locator("#tip h3").inner_text() == title
    address = bar.get_attribute("href")
    bar.click()
    page.wait_for_url(f"**{address}")
    page.get_by_role("search").wait_for()


def test_a_person_chooses_project_period_and_page(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/numbers")
    choice = page.get_by_label("Project", exact=True)
    value = choice.locator("option").nth(1).get_attribute("value")
    choice.select_option(value)
    value = quote(value, safe="")
    page.wait_for_url(f"**/numbers?project={value}*")
    page.get_by_role("link", name="90 days").click()
    page.wait_for_url("**days=90*")
    page.get_by_role("link", name="Errors").click()
    page.wait_for_url(f"**/numbers/errors?days=90&project={value}")
    page.go_back()
    page.wait_for_url("**/numbers?days=90*")


def test_an_hour_of_the_week_shows_its_conversations(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/numbers/activity")
    page.locator(".heat a.cell").first.click()
    page.wait_for_url("**of=*")
    table = page.locator("#of table")
    table.wait_for()
    assert table.locator("a").first.get_attribute("href").startswith("/?session=")


def test_hostile_names_stay_text_on_the_page(site: Any, open_page: Any) -> None:
    page = open_page(f"{site.url}/numbers?project=%22%3E{EVIL}&of={EVIL}")
    page.get_by_role("heading", name="Nothing here in this period").wait_for()
    page = open_page(f"{site.url}/numbers/code?of=%22%3E{EVIL}")
    page.get_by_text("No session changed this file").wait_for()
    page = open_page(f"{site.url}/numbers")
    page.locator("a", has_text=EVIL).first.wait_for()


def test_unknown_pages_lead_home(site: Any, open_page: Any) -> None:
    import urllib.error  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{site.url}/numbers/nowhere")


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


def section(page: list[Any], title: str) -> Any:
    return next(each for each in page if getattr(each, "title", "") == title)


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
