"""What a run takes follows from what was asked for; nothing that was typed is ignored."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cca.errors import SettingError
from cca.extract.request import Request, window_of
from cca.extract.window import backfill

FIELDS = ("since", "until", "full_backfill", "full_refresh", "storage_format")
NOTHING: dict[str, Any] = {
    "since": None, "until": None, "full_backfill": False, "full_refresh": False,
    "storage_format": "parquet",
}  # fmt: skip


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 3, hour, minute, tzinfo=UTC)


def asked(run_type: str, conf: dict[str, Any] | None = None, **times: datetime) -> Request:
    return Request(run_type, conf or {}, NOTHING | (conf or {}), **times)


def test_a_backfill_takes_its_hour() -> None:
    request = asked("backfill", logical_date=at(5), start=at(5), end=at(6))
    assert window_of(request, FIELDS) == backfill(at(5), at(6))


def test_the_interval_that_somebody_chose_is_taken() -> None:
    request = asked("manual", logical_date=at(12, 30), start=at(1), end=at(4))
    assert window_of(request, FIELDS) == backfill(at(1), at(4))
    without_date = asked("manual", start=at(11), end=at(12))
    assert window_of(without_date, FIELDS) == backfill(at(11), at(12))


def test_the_hour_that_airflow_makes_up_asks_for_nothing() -> None:
    request = asked("manual", logical_date=at(12, 30), start=at(11), end=at(12))
    assert window_of(request, FIELDS).kind == "incremental"
    assert window_of(asked("manual"), FIELDS).kind == "incremental"


def test_a_scheduled_run_takes_what_is_new_and_not_its_hour() -> None:
    request = asked("scheduled", logical_date=at(5), start=at(5), end=at(6))
    assert window_of(request, FIELDS).kind == "incremental"


def test_fields_come_before_the_interval() -> None:
    request = asked("manual", {"since": "2026-11-01"}, start=at(1), end=at(4))
    assert window_of(request, FIELDS) == backfill(datetime(2026, 11, 1, tzinfo=UTC), None)


def test_a_field_that_does_not_exist_is_named() -> None:
    with pytest.raises(SettingError, match="unknown field sinc; the fields are since, until"):
        window_of(asked("manual", {"sinc": "2026-11-01"}), FIELDS)


@pytest.mark.parametrize("field", ["since", "until", "full_backfill", "full_refresh"])
def test_a_backfill_refuses_what_all_its_runs_would_do(field: str) -> None:
    value: Any = True if field.startswith("full") else "2026-11-01"
    request = asked("backfill", {field: value}, start=at(5), end=at(6))
    with pytest.raises(SettingError, match=f"{field}: not in a backfill"):
        window_of(request, FIELDS)


def test_an_interval_of_no_length_is_refused() -> None:
    with pytest.raises(SettingError, match="must be before"):
        window_of(asked("manual", start=at(5), end=at(5)), FIELDS)
