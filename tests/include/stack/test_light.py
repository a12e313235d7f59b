"""The light stack on real processes, and the way between it and the full one."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cca.doctor.checks import all_checks
from cca.extras import AIRFLOW
from cca.mongo import archive, server
from cca.settings import Settings, child_environment
from cca.stack import kind, processes, readiness, stack, supervisor
from cca.stack.kind import StackKind
from cca.stack.programs import parts
from cca.sync_agent.agent import sync_once
from cca.waiting import wait_until
from tests.helpers import free_port

SMALL_CACHE = "cache_size=102MB"
LINE = (
    '{"type":"user","uuid":"u1","sessionId":"s1","timestamp":"2026-11-01T10:00:00Z",'
    '"message":{"role":"user","content":"hello"}}\n'
)


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Settings]:
    """Settings of a home with one line to read, taken down whatever the test did."""
    folder = tmp_path / "projects" / "-srv-app"
    folder.mkdir(parents=True)
    (folder / "s1.jsonl").write_text(LINE)
    home = Settings(
        cca_home=tmp_path / "home",
        claude_dir=str(folder.parent),
        mongo_uri="",
        health_port=free_port(),
        browser_port=free_port(),
        airflow_port=free_port(),
        _env_file=None,
    )
    yield home
    stack.take_down(home, lambda _: None)


def stored(settings: Settings) -> list[str]:
    with archive.connect(str(server.running_uri(settings))) as client:
        return [each["_id"] for each in archive.conversations(client, settings).find()]


def mongod_command(settings: Settings) -> list[str]:
    (found,) = [each for each in processes.ours(settings) if processes.runs(each, "mongod")]
    return found.cmdline()


def test_a_home_moves_from_light_to_full_and_back_with_all_it_has(embedded: Settings) -> None:
    wanted = ("mongo", "schedule")
    assert stack.bring_up(embedded, wanted, lambda _: None, StackKind.LIGHT) == set(wanted)
    assert [part.name for part in parts(embedded)] == [
        "mongo", "sync", "follow", "schedule", "browser",
    ]  # fmt: skip
    assert SMALL_CACHE in " ".join(mongod_command(embedded))
    assert {each.name: each.status for each in all_checks(embedded)}["stack"] == "ok"
    sync_once(embedded, str(server.running_uri(embedded)))
    before = stored(embedded)
    assert len(before) == 1

    if AIRFLOW.is_installed():
        # Only what both have is started, so that the test stays cheap.
        ready = stack.bring_up(embedded, ("mongo",), lambda _: None, StackKind.FULL)
        assert ready == {"mongo"}
        assert "airflow" in [part.name for part in parts(embedded)]
        assert "schedule" not in supervisor.processes(embedded)
        assert SMALL_CACHE not in " ".join(mongod_command(embedded))
        assert stored(embedded) == before

    assert stack.bring_up(embedded, wanted, lambda _: None, StackKind.LIGHT) == set(wanted)
    assert stored(embedded) == before
    # Whoever starts a part alone gets it of the stack that there is.
    assert stack.bring_up(embedded, ("mongo",), lambda _: None) == {"mongo"}
    assert kind.is_light(embedded)


def test_a_killed_scheduler_comes_back_and_the_kernel_freed_its_place(embedded: Settings) -> None:
    stack.bring_up(embedded, ("schedule",), lambda _: None, StackKind.LIGHT)
    (part,) = [part for part in parts(embedded) if part.name == "schedule"]
    first = supervisor.processes(embedded)["schedule"]["pid"]
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: not psutil.pid_exists(first), 30)
    assert wait_until(lambda: readiness.answers(embedded, part), 60)
    assert supervisor.processes(embedded)["schedule"]["pid"] != first


def test_a_backfill_in_the_light_stack_is_refused_with_what_to_do(settings: Settings) -> None:
    kind.choose(settings, StackKind.LIGHT)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "cca", "run", "backfill"),
            *("--since", "2026-11-01", "--until", "2026-11-02"),
        ],
        env=child_environment(settings.as_environment()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    said = "pip install" if not AIRFLOW.is_installed() else "cca pipeline --since 2026-11-01"
    assert said in done.stderr
