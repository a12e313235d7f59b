"""In a container: what cannot be seen is unknown, and what cannot be done names where it can."""

import json
from pathlib import Path

import pytest

from cca.follow.lock import follower_lock
from cca.settings import Settings
from cca.stack import airflow, containers, health
from cca.stack.programs import parts
from cca.stack.status import stack_status
from tests.helpers import free_port
from tests.include.cli.conftest import terminal  # noqa: F401  (a fixture)
from tests.include.cli.terminal import Terminal

# A part of what a container of docker-compose.yaml reads there.
MOUNTINFO = """\
810 700 0:52 / / ro,relatime - overlay overlay ro,lowerdir=/var/lib/docker
811 810 0:55 / /tmp rw,nosuid shared:3 - tmpfs tmpfs rw,size=524288k
812 810 8:1 /docker/volumes/cca_follow-home/_data /data rw,relatime master:1 - ext4 /dev/sda1 rw
813 812 8:1 /docker/volumes/cca_search/_data /data/search rw,relatime - ext4 /dev/sda1 rw
"""


@pytest.fixture
def inside(tmp_path: Path) -> Settings:
    """The settings of the browser's container, where no other part runs and nothing is mounted."""
    nobody = free_port()
    return Settings(
        cca_home=tmp_path / "home",
        claude_dir=str(tmp_path / "projects"),
        cca_service="browser",
        mongo_uri=f"mongodb://127.0.0.1:{nobody}/",
        airflow_url="http://localhost:8080",
        airflow_api_url=f"http://127.0.0.1:{nobody}",
        health_port=nobody,
        browser_port=nobody,
        _env_file=None,
    )


def test_mounts_are_read_with_their_file_systems() -> None:
    found = containers.mounts(MOUNTINFO)
    assert found == {
        Path("/"): "overlay",
        Path("/tmp"): "tmpfs",
        Path("/data"): "ext4",
        Path("/data/search"): "ext4",
    }


def test_an_empty_folder_of_the_image_is_no_empty_store(inside: Settings) -> None:
    inside.gold_path.parent.mkdir(parents=True)
    assert not containers.is_here(inside, inside.gold_path.parent)
    assert containers.is_here(inside, Path("/"))
    outside = inside.model_copy(update={"cca_service": ""})
    assert containers.is_here(outside, outside.gold_path.parent)


def test_what_does_not_answer_is_unknown_and_never_stopped(inside: Settings) -> None:
    state = stack_status(inside)
    assert {each.state for each in state.programs} == {"unknown"}
    assert len(state.programs) >= 7
    assert (state.going, state.pending, state.is_gold_seen) == (None, None, False)


def test_status_says_unknown_in_words(terminal: Terminal, inside: Settings) -> None:  # noqa: F811
    done = terminal.run(inside, "status")
    assert done.code == 0
    assert "stopped" not in done.out
    assert "nothing" not in done.out
    assert "none" not in done.out
    lines = [line.split(maxsplit=2) for line in done.out.splitlines() if "unknown:" in line]
    assert {" ".join(line[:2]) for line in lines} >= {"running now", "last arrival", "dead letters"}
    assert json.loads(terminal.run(inside, "status", "--json").out)["totals"]["going"] is None


def test_a_part_that_answers_runs(inside: Settings) -> None:
    follow = next(part for part in parts(inside) if part.name == "follow")
    assert health.states(inside, follow) == {}
    with follower_lock(inside.search_dir):
        assert health.states(inside, follow) == {"follow": "running"}
        (told,) = [each for each in stack_status(inside).programs if each.program == "follow"]
    assert (told.state, told.answers, told.pid) == ("running", True, None)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("up",), "`docker compose up -d`"),
        (("down",), "`docker compose down`"),
        (("run", "pipeline"), "`docker compose ps`"),
        (("restore", "/backup"), 'run --rm -v "$PWD/backup:/backup" tools restore /backup`'),
        (("backup", "/nowhere"), 'run --rm -v "$PWD/backup:/backup" tools backup /backup`'),
        (("dead-letters", "list"), "`docker compose run --rm tools dead-letters list`"),
        (("dead-letters", "retry"), "`docker compose run --rm tools dead-letters list`"),
        (("doctor", "--data"), "`docker compose run --rm tools doctor --data`"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_a_container_cannot_do_names_where_it_can(
    terminal: Terminal,  # noqa: F811
    inside: Settings,
    command: tuple[str, ...],
    said: str,
) -> None:
    done = terminal.run(inside, *command)
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert said in done.err


def test_doctor_does_not_judge_what_it_cannot_see(terminal: Terminal, inside: Settings) -> None:  # noqa: F811
    rows = terminal.run(inside, "doctor", "--json").json["rows"]
    told = {row["name"]: row["status"] for row in rows}
    unseen = {"CLAUDE_DIR", "sync agent", "lake", "gold"}
    assert {name for name, status in told.items() if status == "unknown"} == unseen
    assert not [name for name in told if name.startswith("port ")]
    assert not [row for row in rows if "cca up" in row["fix"]]


def test_no_password_is_made_where_airflow_s_are_not(terminal: Terminal, inside: Settings) -> None:  # noqa: F811
    """It would be another one than Airflow's."""
    terminal.run(inside, "status")
    terminal.run(inside, "run", "daily")
    assert not airflow.has_logins(inside)


def test_processes_use_the_inner_address_and_people_the_outer(inside: Settings) -> None:
    assert airflow.api_address(inside) == inside.airflow_api_url
    environment = airflow.airflow_environment(inside)
    assert environment["AIRFLOW__API__BASE_URL"] == "http://localhost:8080"
    inner = environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]
    assert inner == f"{inside.airflow_api_url}/execution/"
