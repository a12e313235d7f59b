"""Clocks that are years off, and forks that went on before their original did."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.dbt.rows import START, Given, answer, entry

Marts = Callable[[str], list[tuple[Any, ...]]]
given = Given()
AHEAD = datetime(2099, 1, 1, tzinfo=UTC)
UNSET = datetime(2001, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Marts:
    return given.built(tmp_path_factory.mktemp("clocks"), timezone="America/New_York")


# One line of a clock that is 73 years ahead, one of a clock never set, and one without a time.
given(
    entry("clocks", 0, role="user"),
    entry("clocks", 60, role="assistant", event_at=AHEAD, offset=60,
          timestamp=AHEAD),
    entry("clocks", 61, event_at=AHEAD, timestamp=None, offset=61),
    entry("clocks", 70, event_at=UNSET, offset=70,
          timestamp=UNSET),
    entry("clocks", 120, role="assistant", offset=120),
)  # fmt: skip


def test_a_wrong_clock_is_flagged_and_stretches_neither_session_nor_calendar(marts: Marts) -> None:
    columns = (
        "select entries, strftime(started_at, '%H:%M:%S'), strftime(ended_at, '%H:%M:%S'), "
        "duration_minutes from marts.dim_sessions where session_id = 'clocks'"
    )
    assert marts(columns) == [(5, "10:00:00", "10:02:00", 2)]
    found = marts(
        "select is_clock_wrong, strftime(event_at, '%Y %H:%M:%S') "
        "from intermediate.int_messages_enriched where session_id = 'clocks' order by source_offset"
    )
    at_start = "2026 10:00:00"
    assert found == [
        (False, at_start), (True, at_start), (True, at_start), (True, at_start),
        (False, "2026 10:02:00"),
    ]  # fmt: skip
    assert marts("select max(year), min(year) from marts.dim_date") == [(2026, 2026)]


# The fork went on first; the archive had held the original's history before that.
given(
    answer("late-parent", 0, "m-held", uuid="u-held", ingested_at=START + timedelta(seconds=5)),
    entry("late-parent", 900, uuid="u-parent-own"),
    answer("early-fork", 0, "m-held", uuid="u-held"),
    entry("early-fork", 300, uuid="u-fork-own"),
    # The copies of an old log keep the original's session id.
    answer("z-named", 0, "m-named", uuid="u-named", entry_session_id="z-named"),
    entry("z-named", 900, uuid="u-named-own"),
    answer("a-copy", 0, "m-named", uuid="u-named", entry_session_id="z-named"),
    entry("a-copy", 300, uuid="u-copy-of-named-own"),
)  # fmt: skip


def test_a_fork_that_went_on_first_leaves_history_and_cost_with_the_original(marts: Marts) -> None:
    owners = marts(
        "select message_id, session_id from marts.fct_api_messages "
        "where message_id in ('m-held', 'm-named') order by 1"
    )
    assert owners == [("m-held", "late-parent"), ("m-named", "z-named")]
    forks = marts(
        "select session_id, forked_from from marts.dim_sessions "
        "where session_id in ('late-parent', 'early-fork') order by 1"
    )
    assert forks == [
        ("early-fork", "late-parent"), ("late-parent", None),
    ]  # fmt: skip


# New York sets its clocks back at 06:00 UTC of this day: it is 01:30 at 05:30 and at 06:30 UTC.
BACK = (datetime(2026, 11, 1, 5, 30, tzinfo=UTC) - START).total_seconds()
given(
    answer("set-back", BACK, "m-summer", output_tokens=1),
    answer("set-back", BACK + 3600, "m-winter", output_tokens=2),
)


def test_the_hour_that_a_clock_shows_twice_is_two_hours(marts: Marts) -> None:
    found = marts(
        "select hour, strftime(hour_at, '%d %H:%M'), strftime(hour_start_at, '%d %H:%M'), "
        "output_tokens from marts.agg_hourly_activity where day = '2026-11-01' order by 3"
    )
    assert found == [(1, "01 01:00", "01 05:00", 1), (1, "01 01:00", "01 06:00", 2)]
