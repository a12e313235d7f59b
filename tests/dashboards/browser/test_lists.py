"""The session list: pages that never repeat or lose a row, filters, labels, chart, hits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pymongo.errors import PyMongoError

from cca.dashboards.browser.archive import (
    Archive,
    label_of,
    list_projects,
    open_archive,
    session_title,
)
from cca.dashboards.browser.chart import activity_chart, nice_top
from cca.dashboards.browser.hits import marked
from cca.dashboards.browser.sessions import Known, choices, list_sessions, sessions_with
from cca.dashboards.browser.state import SORTS, State, from_query, told
from cca.follow.lists import Lists
from cca.transcript.slugs import project_label as label

START = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
SPOKEN = {
    "startedAt": START, "endedAt": START, "entries": 1, "toolErrors": 0, "userMessages": 1,
    "assistantMessages": 1, "toolCalls": 0, "isSpoken": True,
}  # fmt: skip


@pytest.fixture
def archive(settings: Any, collection: Any) -> Archive:
    opened = open_archive(settings, settings.mongo_uri)
    opened.sessions.insert_many([
        {
            "_id": f"s{number:02}",
            "projectId": "-p-odd" if number % 2 else "-p-even",
            "projectKey": "/p/odd" if number % 2 else "/p/even",
            "cwd": "/p/odd" if number % 2 else "/p/even",
            "title": f"Session (number) {number}",
            "startedAt": START + timedelta(hours=number // 2),
            "endedAt": START + timedelta(hours=number // 2 + 1) if number != 7 else None,
            "entries": number % 3,
            "toolErrors": number % 4,
            "userMessages": 1,
            "assistantMessages": 2,
            "toolCalls": 3,
            "isSpoken": True,
            "host": "laptop" if number < 5 else "desktop",
            "branches": ["main", f"b{number % 5}"],
            "models": ["opus"] if number % 2 else ["haiku", "opus"],
            "tools": ["Bash"] if number % 3 else [],
            "failedTools": ["Bash"] if number in {1, 2} else ["Read"] if number % 4 else [],
        }
        for number in range(25)
    ])  # fmt: skip
    return opened


@pytest.mark.parametrize("sort", SORTS)
def test_pages_of_the_list_hold_each_session_once(archive: Archive, sort: str) -> None:
    state = State().changed({"sort": sort})
    costs = {f"s{number:02}": Decimal(number % 6) for number in range(20)}
    seen: list[str] = []
    after = "first"
    while after:
        page = list_sessions(archive, state, seen[-1] if seen else "", limit=4, known=Known(costs))
        assert page.total == (0 if seen else 25)
        seen += [row["_id"] for row in page.rows]
        after = page.next
    assert sorted(seen) == [f"s{number:02}" for number in range(25)]
    if sort == "cost":
        assert [costs.get(one, 0) for one in seen] == sorted(
            (costs.get(one, Decimal(0)) for one in seen), reverse=True
        )


def test_filters_are_all_obeyed_and_never_run_as_patterns(archive: Archive) -> None:
    def found(**changes: str) -> int:
        return list_sessions(archive, State().changed(changes)).total

    assert found(project="-p-odd") == 12
    assert found(errors="1") == 18
    assert found(text="(NUMBER) 24") == 1
    assert found(text=".*") == 0
    assert found(since="2026-03-02", until="2026-03-02") == 22
    assert found(until="2026-02-28") == 0
    assert (found(since="2026-03-02T11"), found(since="2026-03-02T10")) == (1, 3)
    assert found(until="2026-03-01T22", since="2026-03-01T22") == 2
    assert found(branch="b3") == 5
    assert found(model="haiku", tool="Bash") == 8
    assert found(host="laptop", errors="1") == 3
    assert (found(tool="Bash"), found(tool="Bash", errors="1")) == (16, 2)
    assert sessions_with(archive, State(host="laptop")) is None
    assert len(sessions_with(archive, State(model="haiku", tool="Bash")) or []) == 8
    assert choices(archive, "-p-odd")["model"] == ["opus"]
    assert choices(archive, "")["branch"] == ["b0", "b1", "b2", "b3", "b4", "main"]


def test_a_page_of_any_list_is_read_through_an_index(
    archive: Archive, settings: Any, collection: Any
) -> None:
    Lists(collection, "test").catch_up()
    archive.sessions.insert_many(
        [{**SPOKEN, "_id": f"x{number}", "projectId": "-x"} for number in range(300)]
    )
    database = archive.sessions.database
    for state in (State(), State(sort="oldest"), State(sort="failures"), State(project="-x")):
        database.command("profile", 2)
        list_sessions(archive, state, "x150", limit=10)
        database.command("profile", 0)
        read = database["system.profile"].find_one({"op": "query", "command.limit": 11})
        assert read["docsExamined"] <= 24, state
        assert not read.get("hasSortStage"), state
        database["system.profile"].drop()


def test_a_day_begins_at_midnight_of_the_chosen_time_zone(archive: Archive) -> None:
    tokyo = replace(archive, timezone=ZoneInfo("Asia/Tokyo"))
    state = State(until="2026-03-01")
    assert list_sessions(archive, state).total == 4
    assert list_sessions(tokyo, state).total == 0


def test_projects_are_counted_and_named_by_their_folder(archive: Archive) -> None:
    projects = {project.id: project for project in list_projects(archive)}
    assert (projects["/p/odd"].label, projects["/p/odd"].sessions) == ("odd", 12)
    assert projects["/p/odd"].messages == 36
    assert label("-home-u-x", None) == "home-u-x"
    assert label("x", "C:\\work\\api\\") == "api"


def test_two_directories_that_share_a_folder_are_two_projects(archive: Archive) -> None:
    archive.sessions.insert_many([
        {**SPOKEN, "_id": session, "projectId": "-srv---", "projectKey": path, "cwd": path}
        for session, path in (("han", "/srv/数据"), ("kana", "/srv/接続"))
    ])  # fmt: skip
    projects = {project.id: project.label for project in list_projects(archive)}
    assert (projects["/srv/数据"], projects["/srv/接続"]) == ("数据", "接続")
    for project, found in (("/srv/数据", ["han"]), ("/srv/接続", ["kana"]), ("-srv---", 2)):
        page = list_sessions(archive, State(project=str(project)))
        assert found in ([row["_id"] for row in page.rows], page.total)
    assert label_of({"projectId": "-srv---", "cwd": "/srv/数据"}) == "数据"


def test_projects_of_one_name_are_told_apart_by_their_directories(archive: Archive) -> None:
    archive.sessions.insert_one(
        {**SPOKEN, "_id": "x", "projectId": "-q-odd", "projectKey": "/q/odd", "cwd": "/q/odd"}
    )
    labels = {project.id: project.label for project in list_projects(archive)}
    assert (labels["/p/odd"], labels["/q/odd"]) == ("odd (/p/odd)", "odd (/q/odd)")


def test_a_list_may_hold_sessions_of_a_pull_request_only(archive: Archive) -> None:
    among = Known(among=["s01", "s02", "gone"])
    assert list_sessions(archive, State(), known=among).total == 2
    odd = list_sessions(archive, State(project="/p/odd"), known=among)
    assert [row["_id"] for row in odd.rows] == ["s01"]
    assert list_sessions(archive, State(), known=Known(among=[])).total == 0


def test_sessions_without_a_message_are_found_by_title_only(archive: Archive) -> None:
    bare = {**SPOKEN, "_id": "m", "title": "Only a summary", "userMessages": 0, "projectId": "-m"}
    archive.sessions.insert_one({**bare, "assistantMessages": 0, "isSpoken": False})
    assert list_sessions(archive, State()).total == 25
    assert [row["_id"] for row in list_sessions(archive, State(text="summary")).rows] == ["m"]
    assert "-m" not in [project.id for project in list_projects(archive)]


def test_the_time_of_a_file_is_no_activity_of_its_project(archive: Archive) -> None:
    late = START + timedelta(days=99)
    archive.sessions.insert_many([
        {**SPOKEN, "_id": "f1", "projectKey": "/p/odd", "endedAt": late, "isDated": False},
        {**SPOKEN, "_id": "f2", "projectId": "-new", "endedAt": late, "isDated": False},
    ])  # fmt: skip
    projects = list_projects(archive)
    assert [project.id for project in projects][-1] == "-new"
    assert all(p.ended_at is None or p.ended_at < late for p in projects)


def test_a_session_without_title_is_named_by_the_end_of_its_id() -> None:
    assert session_title({"_id": "vm/daaain/dev-docs/tool_heavy"}) == "Session tool_heavy"
    assert session_title({"_id": "11111111-1111-4111-8111-111111111111"}) == "Session 11111111"
    assert session_title({"_id": "x", "firstPrompt": "one\ntwo"}) == "one"


def test_labels_of_the_axis_name_the_year_where_there_are_several() -> None:
    day, year = timedelta(days=1), timedelta(days=365)

    def first(span: timedelta) -> str:
        return activity_chart([(START, 1, 0), (START + span, 1, 0)], State(), ZONE).ticks[0].label

    assert first(40 * day) == "Mar 1"
    assert first(year) == "Feb 23, 2026"
    assert first(3 * year) == "Mar 2026"


def test_an_archive_that_is_away_fails_soon(settings: Any) -> None:
    nowhere = open_archive(settings, "mongodb://127.0.0.1:9/")
    with pytest.raises(PyMongoError):
        list_projects(nowhere)


def test_quiet_days_have_a_place_in_the_chart_and_years_become_months() -> None:
    days = [(START, 2, 3), (START + timedelta(days=40), 1, 0)]
    chart = activity_chart(days, State(since="2026-03-05"), ZONE)
    assert (chart.unit, len(chart.bars)) == ("day", 41)
    assert (chart.bars[0].user, chart.bars[0].assistant) == (2, 3)
    assert [bar.is_chosen for bar in chart.bars[3:5]] == [False, True]
    assert sum(bar.user + bar.assistant for bar in chart.bars) == 6
    hours = activity_chart(
        [(NOON, 1, 0), (NOON + timedelta(hours=3), 1, 1)], State(by="hour"), ZONE
    )
    assert (hours.unit, len(hours.bars), hours.bars[-1].since) == ("hour", 24, "2026-03-01T15")
    assert [bar.user for bar in hours.bars[-4:]] == [1, 0, 0, 1]
    chosen = State(by="hour", since="2026-03-01", until="2026-03-01")
    day = activity_chart([(NOON, 1, 0)], chosen, ZONE)
    assert [bar.is_chosen for bar in day.bars].count(True) == 13
    long = activity_chart([(START, 1, 0), (START + timedelta(days=900), 1, 0)], State(), ZONE)
    assert long.unit == "month"
    assert len({bar.since for bar in long.bars}) == len(long.bars) == 30


def test_an_hour_that_the_clock_shows_twice_has_two_bars() -> None:
    zone = ZoneInfo("Europe/London")
    first, second = (datetime(2026, 10, 25, hour, tzinfo=UTC) for hour in (0, 1))
    counted = [(first, 1, 0), (second, 5, 0), (second + timedelta(hours=1), 7, 0)]
    bars = activity_chart(counted, State(by="hour"), zone).bars[-3:]
    assert [(bar.label, bar.user) for bar in bars] == [
        ("Sun, Oct 25, 01:00 BST", 1), ("Sun, Oct 25, 01:00 GMT", 5), ("Sun, Oct 25, 02:00", 7)
    ]  # fmt: skip
    for bar, start in zip(bars, (first, second), strict=False):
        chosen = from_query({"since": bar.since, "until": bar.until, "by": "hour"})
        assert chosen.period(zone) == (start, start + timedelta(hours=1))
        shown = activity_chart(counted, chosen, zone).bars
        assert [each.label for each in shown if each.is_chosen] == [bar.label]
    assert told(bars[1].since) == "2026-10-25 01:00 (UTC+00:00)"
    whole = from_query({"since": "2026-10-25T01", "until": "2026-10-25T01"})
    assert whole.period(zone) == (first, second + timedelta(hours=1)), "both of them"


def test_no_bar_stands_for_the_hour_that_a_clock_leaves_out() -> None:
    zone = ZoneInfo("America/New_York")
    before = datetime(2026, 3, 8, 6, tzinfo=UTC)
    counted = [(before, 1, 0), (before + timedelta(hours=1), 2, 0)]
    labels = [bar.label for bar in activity_chart(counted, State(by="hour"), zone).bars]
    assert labels[-2:] == ["Sun, Mar 8, 01:00", "Sun, Mar 8, 03:00"]


def test_hours_of_a_clock_between_two_hours_of_utc_are_whole() -> None:
    zone = ZoneInfo("Asia/Kolkata")
    [bar] = activity_chart([(START, 1, 0)], State(by="hour"), zone).bars[-1:]
    assert (bar.label, bar.user) == ("Mon, Mar 2, 03:30", 1)
    [half] = activity_chart([(NOON, 1, 0)], State(by="hour"), zone).bars[-1:]
    assert half.label == "Sun, Mar 1, 17:30"
    chosen = from_query({"since": half.since, "until": half.until})
    assert chosen.period(zone) == (NOON, NOON + timedelta(hours=1))


@pytest.mark.parametrize(
    "odd", ["0001-01-01", "9999-12-31", "2026-10-25 01", "2026-10-25T01:00:00"]
)
def test_a_time_that_no_clock_shows_is_no_filter(odd: str) -> None:
    assert from_query({"since": odd, "until": odd}) == State()


@pytest.mark.parametrize(("value", "top"), [(0, 1), (1, 1), (7, 8), (950, 1000), (1150, 1200)])
def test_the_axis_ends_at_a_round_number(value: float, top: float) -> None:
    assert nice_top(value) == pytest.approx(top)


def test_found_places_are_marked_and_the_rest_is_escaped() -> None:
    html = marked("<b>find</b> me", [(3, 7), (5, 9), (12, 14)])
    assert html == "&lt;b&gt;<mark>find</mark>&lt;/b&gt; <mark>me</mark>"


def test_a_period_s_list_holds_sessions_with_a_message_in_it(archive: Archive) -> None:
    days = [datetime(2027, month, 1, 9, tzinfo=UTC) for month in (1, 3)]
    row = SPOKEN | {"_id": "long", "startedAt": days[0], "endedAt": days[1], "activeAt": days}
    archive.sessions.insert_one(row)

    def found(since: str, until: str) -> list[str]:
        state = State(since=since, until=until)
        return [row["_id"] for row in list_sessions(archive, state).rows]

    assert found("2027-01-01", "2027-01-31") == ["long"]
    assert found("2027-02-01", "2027-02-28") == []
    assert found("2027-01-01T09", "2027-01-01T09") == ["long"]
    assert found("2027-01-01T10", "2027-02-01T10") == []
    rows = list_sessions(archive, State(since="2027-02-01", until="2027-02-28", text="long")).rows
    assert rows == []


def test_copies_are_named_beside_the_count_of_sessions(archive: Archive) -> None:
    archive.sessions.insert_one(SPOKEN | {"_id": "copy", "userMessages": 0, "assistantMessages": 0})
    page = list_sessions(archive, State())
    assert (page.total, page.copies, len(page.rows)) == (25, 1, 26)
