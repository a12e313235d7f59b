import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cca.doctor import checks
from cca.mongo import server
from cca.settings import Settings, child_environment
from cca.stack import processes, readiness, stack, supervisor
from cca.stack.stack import Kind, Message
from cca.waiting import wait_until
from tests.helpers import free_port


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Settings]:
    """Settings of a stack of its own on free ports, taken down whatever the test did."""
    projects = tmp_path / "projects"
    projects.mkdir()
    home = Settings(
        cca_home=tmp_path / "a home",
        claude_dir=str(projects),
        mongo_uri="",
        health_port=free_port(),
        browser_port=free_port(),
        airflow_port=free_port(),
        _env_file=None,
    )
    yield home
    stack.take_down(home, lambda _: None)


def bring_up(settings: Settings, *names: str) -> tuple[set[str], list[Message]]:
    said: list[Message] = []
    ready = stack.bring_up(settings, names, said.append)
    return ready, [message for message in said if message.kind is not Kind.WORKING]


def test_mongo_and_agent_come_up_answer_and_leave_no_process(embedded: Settings):
    ready, _ = bring_up(embedded, "mongo", "sync")
    assert ready == {"mongo", "sync"}
    assert server.running_uri(embedded)
    # It answers before it has found MongoDB.
    assert wait_until(lambda: (readiness.agent_health(embedded) or {}).get("mongoConnected"), 30)

    sync = psutil.Process(supervisor.processes(embedded)["sync"]["pid"])
    if sys.platform == "linux":
        assert sync.cmdline()[0] == "cca sync", "a fork of the supervisor, under a name of its own"
    running = {process.pid for process in processes.ours(embedded)}
    ready, said = bring_up(embedded, "mongo", "sync")
    assert ready == {"mongo", "sync"}
    assert {process.pid for process in processes.ours(embedded)} == running
    assert [message.kind for message in said] == [Kind.READY, Kind.READY]

    assert stack.take_down(embedded, lambda _: None) >= 4
    assert processes.ours(embedded) == []
    assert server.running_uri(embedded) is None


def test_down_finds_everything_after_the_supervisor_was_killed(embedded: Settings):
    bring_up(embedded, "mongo", "sync")
    daemon = supervisor.supervisor_pid(embedded)
    assert daemon is not None
    psutil.Process(daemon).kill()
    psutil.wait_procs([psutil.Process(daemon)] if psutil.pid_exists(daemon) else [], timeout=5)
    orphans = processes.ours(embedded)
    assert orphans, "the parts outlive their supervisor"

    assert stack.take_down(embedded, lambda _: None) == len(orphans)
    assert processes.ours(embedded) == []
    assert not any(each.is_running() for each in orphans)


def test_up_after_the_supervisor_was_killed_ends_the_orphans_first(embedded: Settings):
    bring_up(embedded, "mongo")
    daemon = supervisor.supervisor_pid(embedded)
    assert daemon is not None
    os.kill(daemon, signal.SIGKILL)
    before = {each.pid for each in processes.ours(embedded)}

    ready, said = bring_up(embedded, "mongo")
    assert ready == {"mongo"}
    assert "whose supervisor died" in said[0].text
    assert not before & {each.pid for each in processes.ours(embedded)}


def test_a_part_that_dies_is_started_again(embedded: Settings):
    bring_up(embedded, "mongo")
    first = supervisor.processes(embedded)["mongod"]["pid"]
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        now = supervisor.processes(embedded)["mongod"]
        if now["statename"] == "RUNNING" and now["pid"] != first and server.running_uri(embedded):
            break
        time.sleep(0.2)
    assert now["pid"] != first
    assert server.running_uri(embedded)


def test_a_taken_port_is_named_with_its_setting_and_the_rest_comes_up(embedded: Settings):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", embedded.health_port))
        taken.listen()
        ready, said = bring_up(embedded, "mongo", "sync")
    assert ready == {"mongo"}
    problem = next(message.text for message in said if message.kind is Kind.PROBLEM)
    assert str(embedded.health_port) in problem
    assert "HEALTH_PORT" in problem


def test_changed_settings_or_code_restart_the_stack(
    embedded: Settings, monkeypatch: pytest.MonkeyPatch
):
    bring_up(embedded, "sync")
    moved = embedded.model_copy(update={"health_port": free_port()})
    ready, said = bring_up(moved, "sync")
    assert ready == {"sync"}
    assert "settings changed" in said[0].text
    assert readiness.agent_health(embedded) is None
    assert not [each for each in checks._stack(moved) if "code" in each.detail]
    monkeypatch.setattr(supervisor, "code_digest", lambda: "that of another version")
    assert [each.fix for each in checks._stack(moved) if "code" in each.detail]
    ready, said = bring_up(moved, "sync")
    assert ready == {"sync"}
    assert "the code of cca changed" in said[0].text


def test_the_command_leaves_daemons_that_hold_none_of_its_streams(embedded: Settings):
    """A pipe that a daemon held would keep its reader waiting for ever."""
    cca = Path(sys.executable).with_name("cca")
    environment = child_environment(embedded.as_environment() | {"MONGO_URI": ""})
    done = subprocess.run(
        [cca, "up", "--only", "mongo"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "MongoDB" in done.stdout
    status = subprocess.run(
        [cca, "status", "--json"], env=environment, capture_output=True, text=True, check=True
    )
    shown = {row["program"]: row for row in json.loads(status.stdout)["rows"]}
    assert shown["mongod"]["answers"]
    assert shown["sync"]["state"] == "stopped"
