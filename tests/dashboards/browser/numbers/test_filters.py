"""Filters and periods narrow every figure, and each page says what it leaves out."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cca.dashboards.browser.dbt_docs import docs_dir
from cca.dashboards.browser.glance import at_a_glance
from cca.dashboards.browser.numbers import (
    bars,
    causes,
    overview,
    spending,
    versus,
)
from cca.dashboards.browser.numbers.cells import project_labels
from cca.dashboards.browser.numbers.choice import Choice
from cca.dashboards.browser.numbers.pages import PAGES, make, numbers_page
from cca.dashboards.browser.numbers.parts import (
    Caption,
    Table,
    tables_of,
)
from cca.dashboards.browser.numbers.treemap import treemap
from cca.dashboards.browser.numbers.write import money
from cca.gold.measures.calls import API_ERRORS
from cca.gold.measures.select import select
from cca.gold.measures.usage import COST_USD
from cca.gold.pull_requests import sessions_of
from cca.settings import Settings
from cca.usage.reports import report
from tests.dashboards.browser.numbers.figures import LAST, OTHER_WORK, asked, publish


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
    publish(published, built[0], OTHER_WORK)
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
