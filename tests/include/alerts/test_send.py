"""Each kind of message reaches real receivers on this machine, by webhook and by mail."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from cca.alerts import templates
from cca.alerts.send import Message, send
from cca.budgets.standing import Standing
from cca.budgets.stored import Budget
from cca.settings import Settings

if TYPE_CHECKING:
    from tests.include.alerts.conftest import Hook, Mailbox

RUN = templates.FailedRun(
    "conversation_pipeline",
    "manual__1",
    "load",
    "task_failure",
    "http://localhost:8080/dags/x",
    ("test unique_dim_date_day of dim_date", "model dim_hosts cannot be built"),
)
BUDGET = Standing(
    Budget(Decimal(5), "day"), date(2026, 11, 3), date(2026, 11, 3), Decimal("7.5"), Decimal("7.5")
)
MESSAGES = {
    "failure": templates.failure(RUN),
    "stale": templates.stale(datetime(2026, 11, 3, 4, tzinfo=UTC), None, 3, "http://localhost/x"),
    "budget": templates.budget([BUDGET], "http://localhost:3000/numbers"),
    "digest": templates.digest("your week", "12 sessions, 34 prompts\n", "http://localhost:3000"),
}


@pytest.fixture
def told(settings: Settings, hook: "Hook", mailbox: "Mailbox") -> Settings:
    return settings.model_copy(
        update={
            "alert_webhook": hook.url(),
            "alert_email": "ann@example.org, bob@example.org",
            "smtp_url": mailbox.url,
        }
    )


@pytest.mark.parametrize("kind", list(MESSAGES))
def test_each_kind_arrives_by_webhook_and_by_mail(
    kind: str, told: Settings, hook: "Hook", mailbox: "Mailbox"
) -> None:
    message = MESSAGES[kind]
    assert send(told, message) == ["webhook", "mail"]
    (posted,), (mail,) = hook.received, mailbox.received
    assert posted == {"text": message.text, "kind": kind, **message.facts}
    # A long subject is folded, and its first line may be empty.
    assert mail["Subject"].strip() == message.subject
    assert mailbox.recipients == ["ann@example.org", "bob@example.org"]
    assert mail.get_content().splitlines() == message.text.splitlines()


def test_a_failure_names_place_tests_and_page() -> None:
    message = templates.failure(RUN)
    first, *named = message.text.splitlines()
    assert first.startswith("cca: conversation_pipeline failed in load (task_failure)")
    assert first.endswith("http://localhost:8080/dags/x")
    assert named == [
        "- test unique_dim_date_day of dim_date",
        "- model dim_hosts cannot be built",
    ]
    assert message.subject == (
        "cca: conversation_pipeline failed: test unique_dim_date_day of dim_date"
    )
    assert message.facts["dag_id"] == "conversation_pipeline"


def test_of_many_failed_tests_the_first_are_named() -> None:
    many = templates.FailedRun("d", "r", "t", "x", "u", tuple(f"test {n}" for n in range(9)))
    assert templates.failure(many).text.splitlines()[-2:] == ["- test 4", "- and 4 more"]


def test_a_spent_budget_says_how_much() -> None:
    text = MESSAGES["budget"].text
    assert "7.50 of 5.00 USD spent" in text
    assert "2.50 over" in text


def test_a_failed_webhook_is_logged_without_its_address_and_raises_nothing(
    told: Settings, hook: "Hook", caplog: pytest.LogCaptureFixture
) -> None:
    broken = told.model_copy(update={"alert_webhook": hook.url("/broken")})
    assert send(broken, MESSAGES["failure"]) == ["mail"]
    assert "the message by webhook did not go out" in caplog.text
    assert "/broken" not in caplog.text


def test_without_an_address_the_log_has_it(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    assert send(settings, MESSAGES["failure"]) == []
    assert "conversation_pipeline failed in load" in caplog.text


def test_a_mail_server_that_is_away_stops_nothing(told: Settings, hook: "Hook") -> None:
    away = told.model_copy(update={"smtp_url": "smtp://127.0.0.1:1"})
    assert send(away, Message("digest", "s", "t")) == ["webhook"]
    assert hook.received
