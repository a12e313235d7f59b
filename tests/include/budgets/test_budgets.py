"""Budgets: what is set, how it stands, and what the command says and exits with."""

import json
from datetime import date
from decimal import Decimal

import pytest
from click.testing import CliRunner

from cca.budgets.standing import bounds, crossed, standings
from cca.budgets.stored import Budget, Period, budget_of_month, path_of, put, read, remove
from cca.cli.budget import budget as command
from cca.errors import SettingError
from cca.settings import Settings

# A Wednesday; its week began on the 23rd.
TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("budget", "spent", "expected", "state"),
    [
        (Budget(Decimal(5), "day"), 4, 4, "within"),
        (Budget(Decimal(3), "day"), 4, 4, "over"),
        (Budget(Decimal(10), "week"), 7, Decimal(7) / 3 * 7, "ahead"),
        (Budget(Decimal(200), "month"), 37, Decimal("44.4"), "within"),
        (Budget(Decimal(200), "month", project="/home/me/kestrel"), 3, Decimal("3.6"), "within"),
        (Budget(Decimal(200), "month", host="laptop"), 30, 36, "within"),
        (Budget(Decimal(5), "week", "/home/me/atlas", "desktop"), 4, Decimal(4) / 3 * 7, "ahead"),
    ],
)
def test_a_budget_stands_by_the_costs_of_its_period(
    settings: Settings, budget: Budget, spent: int, expected: Decimal, state: str
) -> None:
    put(settings, budget)
    (found,) = standings(settings, TODAY)
    assert (found.spent_usd, found.state) == (spent, state)
    assert float(found.expected_usd) == pytest.approx(float(expected))


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("day", TODAY, TODAY),
        ("week", date(2026, 11, 23), date(2026, 11, 29)),
        ("month", date(2026, 11, 1), date(2026, 11, 30)),
    ],
)
def test_periods_are_those_of_the_calendar(period: Period, first: date, last: date) -> None:
    assert bounds(period, TODAY) == (first, last)
    assert bounds(period, first) == bounds(period, last) == (first, last)


def test_an_occasion_is_one_budget_in_one_period(settings: Settings) -> None:
    put(settings, Budget(Decimal(1), "month"))
    put(settings, Budget(Decimal(1), "week"))
    today, later = (standings(settings, day) for day in (TODAY, date(2026, 11, 30)))
    assert [one.occasion for one in today] == [
        "week, from 2026-11-23", "month, from 2026-11-01",
    ]  # fmt: skip
    assert [one.occasion for one in later] == [
        "week, from 2026-11-30", "month, from 2026-11-01",
    ]  # fmt: skip
    assert [one.occasion for one in crossed(settings, TODAY)] == [one.occasion for one in today]


def test_a_second_budget_for_the_same_replaces_the_first(settings: Settings) -> None:
    for usd in (5, 7):
        put(settings, Budget(Decimal(usd), "day", host="laptop"))
    assert [(one.usd, one.host) for one in read(settings)] == [(7, "laptop")]
    assert remove(settings, ("day", "", "laptop"))
    assert not remove(settings, ("day", "", "laptop"))
    assert read(settings) == []


def test_the_setting_is_the_budget_of_a_month_until_one_is_set(settings: Settings) -> None:
    given = settings.model_copy(update={"budget_usd_month": 50.5})
    assert budget_of_month(settings) is None
    assert budget_of_month(given) == Decimal("50.5")
    put(given, Budget(Decimal(80), "month"))
    assert budget_of_month(given) == 80


@pytest.mark.parametrize("usd", ["0", "-3", "NaN", "Infinity"])
def test_an_amount_is_above_0(settings: Settings, usd: str) -> None:
    with pytest.raises(SettingError, match="above 0"):
        put(settings, Budget(Decimal(usd), "month"))
    assert not path_of(settings).exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"budgets": [{"usd": "x", "period": "day"}]}',
             '{"budgets": [{"usd": "1", "period": "year"}]}', '{"budgets": 3}']
)  # fmt: skip
def test_a_damaged_file_is_named(settings: Settings, text: str) -> None:
    path_of(settings).write_text(text)
    with pytest.raises(SettingError, match=r"budgets\.json is damaged"):
        read(settings)


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cca.settings.get_settings", lambda: settings)
    return lambda *words: CliRunner().invoke(command, list(words))


def test_the_command_sets_shows_checks_and_removes(settings: Settings, run) -> None:
    assert run("set", "1000000", "--project", "atlas").exit_code == 0
    assert [one.project for one in read(settings)] == ["/home/me/atlas"]
    assert run("--check").exit_code == 0
    # What was spent on a day of the past is over no budget of today: there is always a total.
    put(settings, Budget(Decimal("0.01"), "month"))
    shown = json.loads(run("--json").output)
    assert [row["project"] for row in shown["rows"]] == ["", "/home/me/atlas"]
    assert "month: " in run("show").output
    assert run("remove", "--project", "/home/me/atlas").exit_code == 0
    assert run("set", "a lot").exit_code == 2


def test_a_check_exits_with_3_when_a_budget_is_spent(
    settings: Settings, run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cca.budgets.standing.today_of", lambda _: TODAY)
    put(settings, Budget(Decimal(1000), "day"))
    done = run("--check")
    assert (done.exit_code, done.output) == (0, "")
    put(settings, Budget(Decimal(1), "week"))
    done = run("--check")
    assert done.exit_code == 3
    assert done.output == "week: 7.00 of 1.00 USD spent (700%), 6.00 over\n"
