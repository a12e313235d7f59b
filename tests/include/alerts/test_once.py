"""A spent budget is told once in its period, and again if no way worked."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest

from cca.alerts.once import tell_of_budgets
from cca.budgets.stored import Budget, path_of, put
from cca.settings import Settings

if TYPE_CHECKING:
    from tests.include.alerts.conftest import Hook

TODAY, NEXT_DAY = date(2026, 11, 25), date(2026, 11, 26)


@pytest.fixture
def spending(settings: Settings, hook: "Hook") -> Settings:
    """7 USD on each of two days, and a budget of 5 a day."""
    settings.gold_dir.mkdir(parents=True)
    with duckdb.connect(str(settings.gold_dir / "gold-1.duckdb")) as gold:
        gold.execute("""
            create schema marts;
            create table marts.fct_api_messages as select * from (values
                (date '2026-11-25', 'a', 'a', 'laptop', 7::decimal(18, 10)),
                (date '2026-11-26', 'a', 'a', 'laptop', 7::decimal(18, 10))
            ) t(day, project_key, project_id, host, cost_usd);
        """)
    settings.gold_path.symlink_to("gold-1.duckdb")
    put(settings, Budget(Decimal(5), "day"))
    return settings.model_copy(update={"alert_webhook": hook.url()})


def test_a_spent_budget_is_told_once_a_period(spending: Settings, hook: "Hook") -> None:
    assert tell_of_budgets(spending, TODAY) == ["day, from 2026-11-25"]
    assert tell_of_budgets(spending, TODAY) == []
    assert tell_of_budgets(spending, NEXT_DAY) == ["day, from 2026-11-26"]
    assert [each["kind"] for each in hook.received] == ["budget", "budget"]
    assert "7.00 of 5.00 USD spent" in hook.received[0]["text"]


def test_what_reached_nobody_is_told_again(spending: Settings, hook: "Hook") -> None:
    away = spending.model_copy(update={"alert_webhook": hook.url("/broken")})
    assert tell_of_budgets(away, TODAY)
    assert tell_of_budgets(spending, TODAY)
    assert tell_of_budgets(spending, TODAY) == []


def test_without_recipients_the_log_has_it_once(
    spending: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    alone = spending.model_copy(update={"alert_webhook": ""})
    assert tell_of_budgets(alone, TODAY)
    assert tell_of_budgets(alone, TODAY) == []
    assert "over budget: day" in caplog.text


def test_a_damaged_file_of_either_kind_fails_no_run(spending: Settings, hook: "Hook") -> None:
    (spending.gold_dir / "told.json").write_text("[1")
    assert tell_of_budgets(spending, TODAY)
    path_of(spending).write_text("{")
    assert tell_of_budgets(spending, NEXT_DAY) == []
    assert len(hook.received) == 1
