"""Each figure leads to the conversations and calls that it counts."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cca.dashboards.browser.numbers import (
    errors,
    tools,
)
from cca.dashboards.browser.numbers.budgets import meters
from cca.dashboards.browser.numbers.choice import Choice, from_query
from cca.dashboards.browser.numbers.drawn import Bars
from cca.dashboards.browser.numbers.pages import PAGES, numbers_page
from cca.dashboards.browser.numbers.write import span
from cca.settings import Settings
from cca.usage.reports import report
from tests.dashboards.browser.numbers.figures import LAST, asked, counted, followed, publish


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
