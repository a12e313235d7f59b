"""The status line and dbt's documentation."""

import http.client
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cca.dashboards.browser.dbt_docs import docs_dir
from cca.dashboards.browser.status import ago, lines
from cca.follow.state import FollowerState
from cca.gold.runs import Run, record
from cca.locks import claimed
from cca.settings import Settings
from cca.stack import kind
from cca.stack.kind import StackKind
from cca.timetable import lock_path

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def agent() -> Iterator[Callable[[dict[str, Any]], int]]:
    """A real HTTP server that answers as the sync agent's health endpoint does."""
    servers: list[http.server.HTTPServer] = []

    def serve(health: dict[str, Any]) -> int:
        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(health).encode())

            def log_message(self, *_: Any) -> None:
                pass

        servers.append(http.server.HTTPServer(("127.0.0.1", 0), Answer))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return int(servers[-1].server_address[1])

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def told(
    settings: Settings, *, is_reachable: bool = True, follower: FollowerState | None = None
) -> dict[str, tuple[str, str]]:
    desk: Any = SimpleNamespace(
        settings=settings,
        pulse=SimpleNamespace(is_reachable=is_reachable),
        follower=lambda: follower,
    )
    return {line.name: (line.state, line.text) for line in lines(desk, NOW)}


def home(tmp_path: Path, port: int = 9) -> Settings:
    return Settings(cca_home=tmp_path, mongo_uri="x", health_port=port, _env_file=None)


def test_a_part_that_was_never_there_is_no_failure(tmp_path: Path) -> None:
    found = told(home(tmp_path))
    assert found["Sync"] == ("unknown", "The agent is not running here")
    assert found["Analytics"] == ("unknown", "Not published yet")
    assert {state for state, _ in found.values()} == {"ok", "unknown"}


@pytest.mark.parametrize(
    ("health", "state", "text"),
    [
        ({"pending": 0, "mongoConnected": True}, "ok", "Up to date"),
        ({"pending": 7, "mongoConnected": True, "oldestPendingSeconds": 1}, "ok", "Up to date"),
        ({"pending": 7, "mongoConnected": True, "oldestPendingSeconds": 150}, "late",
         "7 entries not yet stored, oldest 2 minutes"),
        ({"pending": 1200, "mongoConnected": False}, "failed", "The agent cannot reach MongoDB"),
        ({"pending": 0, "mongoConnected": True, "deadLetters": 2}, "late",
         "2 lines could not be read"),
    ],
)  # fmt: skip
def test_the_status_describes_the_agent_s_health_in_a_sentence(
    tmp_path: Path, agent: Any, health: dict[str, Any], state: str, text: str
) -> None:
    assert told(home(tmp_path, agent(health)))["Sync"] == (state, text)


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (None, ("unknown", "No follower has run here")),
        (FollowerState(is_running=True, waiting=3), ("ok", "Up to date")),
        (FollowerState(is_running=True, waiting=5000), ("late", "5,000 entries behind")),
        (FollowerState(is_running=False, waiting=3), ("late", "Not running")),
    ],
)
def test_the_status_says_whether_search_and_lists_are_followed(
    tmp_path: Path, state: FollowerState | None, line: tuple[str, str]
) -> None:
    assert told(home(tmp_path), follower=state)["Search and lists"] == line


def test_mongodb_away_is_a_failure(tmp_path: Path) -> None:
    found = told(home(tmp_path), is_reachable=False)
    assert found["Archive"] == ("failed", "MongoDB does not answer")


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ("success", ("ok", "Succeeded 5 minutes ago")),
        ("failed", ("failed", "Failed 5 minutes ago")),
    ],
)
def test_the_status_shows_the_last_pipeline_run_of_any_trigger(
    tmp_path: Path, state: str, line: tuple[str, str]
) -> None:
    settings = home(tmp_path)
    for minutes, run_id, each in ((90, "scheduled__1", "success"), (5, "cca__2", state)):
        at = NOW - timedelta(minutes=minutes)
        record(settings, Run("conversation_pipeline", run_id, "scheduled", each, at, at))
    record(settings, Run("maintenance", "m", "scheduled", "failed", NOW, NOW))
    assert told(settings)["Pipeline"] == line


def test_old_numbers_are_late(tmp_path: Path) -> None:
    import os  # noqa: PLC0415

    settings = home(tmp_path)
    settings.gold_dir.mkdir()
    settings.gold_path.write_text("")
    for age, state in ((timedelta(minutes=5), "ok"), (timedelta(days=2), "late")):
        at = (NOW - age).timestamp()
        os.utime(settings.gold_path, (at, at))
        assert told(settings)["Analytics"] == (state, f"Updated {ago(age.total_seconds())} ago")


def test_time_spans_are_written_as_people_write_them() -> None:
    spans = [ago(seconds) for seconds in (3, 60, 3600, 7300, 200_000)]
    assert spans == ["< 1 min", "1 minute", "1 hour", "2 hours", "2 days"]


@pytest.fixture(scope="module")
def site(run_site: Any) -> Any:
    return run_site()


def ask(site: Any, path: str) -> tuple[int, Any, str]:
    connection = http.client.HTTPConnection("127.0.0.1", site.settings.browser_port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read().decode(errors="replace")


def test_the_menu_opens_to_each_part(site: Any, open_page: Any) -> None:
    page = open_page(site.url)
    page.locator("details.status > summary").click()
    page.get_by_text("MongoDB answers").wait_for()


def test_documentation_is_served_where_it_was_built_and_nothing_beside_it(site: Any) -> None:
    status, _, body = ask(site, "/dbt-docs/")
    assert (status, "cca docs" in body) == (404, True)
    folder = docs_dir(site.settings)
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("<body><h1>the docs</h1></body>")
    (folder / "manifest.json").write_text("{}")
    (site.settings.cca_home / "secret.txt").write_text("hidden")
    (folder / "link.txt").symlink_to(site.settings.cca_home / "secret.txt")
    assert ask(site, "/dbt-docs")[1]["Location"] == "/dbt-docs/"
    status, headers, body = ask(site, "/dbt-docs/")
    assert (status, "<h1>the docs</h1>" in body, 'href="/numbers"' in body) == (200, True, True)
    assert "connect-src 'none';" in headers["Content-Security-Policy"]
    assert ask(site, "/dbt-docs/manifest.json")[1]["Content-Type"] == "application/json"
    for path in ("../secret.txt", "%2e%2e/secret.txt", "link.txt", "nothing.json", "."):
        status, _, body = ask(site, f"/dbt-docs/{path}")
        assert (status, "hidden" in body) == (404, False)


def test_the_light_stack_tells_whether_its_scheduler_runs(tmp_path: Path) -> None:
    settings = home(tmp_path)
    kind.choose(settings, StackKind.LIGHT)
    assert told(settings)["Scheduler"] == ("unknown", "Does not run")
    with claimed(lock_path(settings)):
        assert told(settings)["Scheduler"] == ("ok", "Runs")
