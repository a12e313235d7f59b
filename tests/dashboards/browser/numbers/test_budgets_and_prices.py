"""Budgets, limits and blocks; models without a price; shares and names."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from cca.budgets.stored import Budget, put
from cca.dashboards.browser.numbers.budgets import meters
from cca.dashboards.browser.numbers.cells import model_names
from cca.dashboards.browser.numbers.choice import Choice
from cca.dashboards.browser.numbers.pages import numbers_page
from cca.dashboards.browser.numbers.usage import unpriced
from cca.dashboards.browser.numbers.write import percent, span
from cca.settings import Settings
from tests.dashboards.browser.numbers.figures import EVIL, asked, publish


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
