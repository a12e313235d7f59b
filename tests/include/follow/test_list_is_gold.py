"""After publish and follow, the list's rows equal dim_sessions in every field of the same name.

Both count what is a session's own: an entry, a call or a prompt that a fork or a resumed session
repeats counts for the session that had it first. A message is an entry of its role, one per content
block; a failed call ran and its result is an error, so a declined one is no failure; `entries`
alone counts every entry of the session's files, copies included.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from cca import pipeline
from cca.dashboards.browser.archive import open_archive
from cca.dashboards.browser.numbers.choice import from_query
from cca.dashboards.browser.numbers.reader import FILTERED, Asked, current
from cca.dashboards.browser.sessions import list_sessions
from cca.dashboards.browser.state import State
from cca.demo.generate import generate
from cca.extract.window import resolve
from cca.follow.rebuild import rebuild_lists
from cca.gold.measures.select import select
from cca.gold.measures.sessions import SESSIONS
from cca.gold.open import open_gold
from cca.mongo import archive
from cca.settings import Settings
from cca.sync_agent.agent import sync_once

_SESSIONS = select([SESSIONS], where=FILTERED)
# Field of `claude_logs.sessions`: column of `dim_sessions`.
FIELDS = {
    "prompts": "prompts", "userMessages": "user_messages", "toolCalls": "tool_calls",
    "assistantMessages": "assistant_messages", "toolErrors": "tool_errors",
    "subagents": "subagents", "entries": "entries", "startedAt": "started_at",
    "endedAt": "ended_at", "title": "title", "firstPrompt": "first_prompt",
    "projectId": "project_id", "projectKey": "project_key", "host": "host", "models": "models",
    "branches": "git_branches", "user": "user_name",
}  # fmt: skip
Rows = dict[str, dict[str, Any]]
# What the list and the analytics count, by the filters of their addresses.
Counts = dict[str, tuple[int, int]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, mongo_uri: str) -> tuple[Rows, Rows, Counts]:
    home = tmp_path_factory.mktemp("list-demo")
    generate(home / "sample", sessions=16, seed=3)
    return _list_and_gold(home, home / "sample" / "projects", mongo_uri)


@pytest.fixture(scope="module")
def real(
    shared_transcripts: Path, tmp_path_factory: pytest.TempPathFactory, mongo_uri: str
) -> tuple[Rows, Rows, Counts]:
    home = tmp_path_factory.mktemp("list-real")
    for name in ("modern-2.1.283", "edge"):
        for project in sorted((shared_transcripts / name / "projects").iterdir()):
            shutil.copytree(project, home / "projects" / f"{name}-{project.name}")
    return _list_and_gold(home, home / "projects", mongo_uri)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("source", ["demo", "real"])
def test_the_list_says_what_gold_says(
    source: str, field: str, request: pytest.FixtureRequest
) -> None:
    listed, gold, _ = request.getfixturevalue(source)
    assert listed.keys() == gold.keys()
    differing = {
        key: (_plain(row.get(field)), _plain(gold[key][FIELDS[field]]))
        for key, row in listed.items()
        if _plain(row.get(field)) != _plain(gold[key][FIELDS[field]])
    }
    assert not differing


@pytest.mark.parametrize("source", ["demo", "real"])
def test_the_analytics_count_as_many_sessions_as_the_list(
    source: str, request: pytest.FixtureRequest
) -> None:
    counts = request.getfixturevalue(source)[2]
    assert len(counts) > 4
    assert {asked: both for asked, both in counts.items() if both[0] != both[1]} == {}
    assert counts[""][0] > 0


def _counts(settings: Settings, uri: str, rows: list[dict[str, Any]]) -> Counts:
    """Sessions by each project, person and machine, and on the days with any; copies are apart."""
    asked = [State()]
    asked += [State(project=key) for key in {row["project_key"] for row in rows}]
    asked += [State(user=name) for name in {row["user_name"] for row in rows} if name]
    asked += [State(host=name) for name in {row["host"] for row in rows}]
    days = sorted({str(row["day"]) for row in rows})
    asked += [State(since=day, until=day) for day in days]
    listed, gold = open_archive(settings, uri), current(settings)
    assert gold
    found = {}
    for state in asked:
        choice = from_query(dict(parse_qsl(urlsplit(state.analytics).query)))
        measured = Asked(gold, choice, datetime.now(UTC).date(), settings).rows(_SESSIONS)[0]
        found[state.to_query()] = list_sessions(listed, state).total, measured["sessions"]
    return found


def _list_and_gold(home: Path, projects: Path, uri: str) -> tuple[Rows, Rows, Counts]:
    settings = Settings(
        cca_home=home / "home", claude_dir=str(projects), mongo_uri=uri,
        mongo_db=f"test_{home.name.replace('-', '_')}", cca_host="laptop", _env_file=None,
    )  # fmt: skip
    sync_once(settings, uri)
    window = resolve(since=None, until=None, full_backfill=False)
    pipeline.run(settings, uri, pipeline.Options(window))
    rebuild_lists(settings, uri)
    with archive.connect(uri) as client, open_gold(settings.gold_path) as gold:
        database = archive.conversations(client, settings).database
        listed = {row["_id"]: row for row in database["sessions"].find()}
        cursor = gold.execute("select * from marts.dim_sessions")
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
        counts = _counts(settings, uri, rows)
        client.drop_database(settings.mongo_db)
    return listed, {row["session_id"]: row for row in rows}, counts


def _plain(value: Any) -> Any:
    """Times in UTC to the millisecond, as MongoDB keeps them; lists in one order; '' is nothing."""
    if isinstance(value, datetime):
        at = value if value.tzinfo else value.replace(tzinfo=UTC)
        return at.replace(microsecond=at.microsecond // 1000 * 1000)
    if isinstance(value, list):
        return ", ".join(sorted(value)) or None
    return value or None
