"""The work log goes out on its mornings, to a webhook and mail; a quiet day sends nothing."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cca.digest.send import chosen, due, send_digest
from cca.errors import NotFound, SettingError
from cca.settings import Settings
from tests.include.alerts.gold import with_gold

if TYPE_CHECKING:
    from tests.include.alerts.conftest import Hook, Mailbox

MONDAY, TUESDAY = date(2026, 10, 5), date(2026, 10, 6)
SUNDAY = date(2026, 10, 4)


@pytest.fixture
def told(tmp_path: Path, hook: "Hook", mailbox: "Mailbox") -> Settings:
    settings = Settings(
        cca_home=tmp_path, alert_webhook=hook.url(), alert_email="me@example.org",
        smtp_url=mailbox.url, _env_file=None,
    )  # fmt: skip
    return with_gold(settings)


def test_a_day_with_work_goes_out_by_webhook_and_mail(
    told: Settings, hook: "Hook", mailbox: "Mailbox"
) -> None:
    assert send_digest(told, "day", SUNDAY) == ["webhook", "mail"]
    (body,) = hook.received
    for text in ("## shop", "Fix the cart", "`abc1234`", "`cart.py` +3 -1", "$1.25", "timeout (1)"):
        assert text in body["text"]
    assert body["url"].endswith("/numbers/log")
    (mail,) = mailbox.received
    assert mail["Subject"] == "cca: work log, Sunday, 2026-10-04"
    assert json.dumps(body)


def test_the_week_holds_the_day(told: Settings, hook: "Hook") -> None:
    assert send_digest(told, "week", SUNDAY)
    assert "2026-09-28 to 2026-10-04" in hook.received[0]["text"]
    assert hook.received[0]["url"].endswith("?each=week")


def test_a_quiet_day_sends_nothing(told: Settings, hook: "Hook") -> None:
    assert send_digest(told, "day", MONDAY) is None
    assert hook.received == []


def test_without_gold_the_task_says_so(told: Settings) -> None:
    told.gold_path.unlink()
    with pytest.raises(NotFound, match="nothing was published"):
        send_digest(told, "day", SUNDAY)


@pytest.mark.parametrize(
    ("wanted", "today", "periods"),
    [
        ("", MONDAY, []),
        ("day", MONDAY, [("day", SUNDAY)]),
        ("week", MONDAY, [("week", SUNDAY)]),
        ("day,week", MONDAY, [("day", SUNDAY), ("week", SUNDAY)]),
        ("week", TUESDAY, []),
        ("day,week", TUESDAY, [("day", MONDAY)]),
    ],
)
def test_digests_are_due_on_the_morning_after(
    wanted: str, today: date, periods: list[tuple[str, date]]
) -> None:
    settings = Settings(digest=wanted, _env_file=None)
    assert due(settings, today) == chosen(settings, today) == periods


def test_somebody_may_ask_for_any_day() -> None:
    settings = Settings(_env_file=None)
    assert chosen(settings, TUESDAY, "day") == [("day", MONDAY)]
    assert chosen(settings, TUESDAY, "week", "2026-09-30") == [("week", date(2026, 9, 30))]
    with pytest.raises(SettingError, match="no date"):
        chosen(settings, TUESDAY, "day", "yesterday")
    with pytest.raises(SettingError, match="no period"):
        chosen(settings, TUESDAY, "month")
