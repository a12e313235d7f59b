"""The stack of docker-compose.yaml in real containers: numbers, kills, reboot, upgrade, erasure.

The tests follow each other on one stack. Images that a registry would give are made here
(tests/deploy/bases), so the true ones are not proved; everything else is what people run.
"""

import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cca.demo.generate import generate
from cca.stack.compose_env import contents
from tests.deploy.podman import Podman, podman
from tests.helpers import eventually, free_port

pytestmark = pytest.mark.long

# Those of people on macOS, whose group Debian has too.
UID, GID = 501, 20
AIRFLOW = ("airflow", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")
SERVERS = ("mongo", "sync", "follow", "browser", "airflow-db", *AIRFLOW)
WORD, SESSION = "zebrafish", "11111111-0000-4000-8000-000000000001"
LINES = 300


@dataclass
class Stack:
    """The containers, their transcripts and what those come to."""

    engine: Podman
    projects: Path
    truth: dict[str, Any]

    def total(self) -> dict[str, Any]:
        """Tokens and cost as `cca usage` says them in the browser's container."""
        said = self.engine.inside("browser", "cca", "usage", "daily", "--json")
        totals: dict[str, Any] = json.loads(said)["totals"]
        return totals

    def hits(self, word: str = WORD) -> int:
        """What a search in the browser's container finds."""
        said = self.engine.inside("browser", "cca", "search", word, "--json")
        return int(json.loads(said)["total"])

    def status(self) -> dict[str, Any]:
        """What `cca status` says in a container with every volume."""
        found: dict[str, Any] = json.loads(self.engine.tools("status", "--json"))
        return found

    def must_equal_truth(self) -> None:
        """Compare each kind of tokens, and the cost to a cent's fraction."""
        total = self.total()
        wanted = self.truth["totals"]
        for name in ("api_messages", "input_tokens", "output_tokens", "cache_read_tokens"):
            assert total[name] == wanted[name], name
        assert round(Decimal(str(total["cost_usd"])), 6) == round(Decimal(wanted["cost_usd"]), 6)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Both images built from a checkout that only its owner may read, and everything up."""
    with podman() as engine:
        made = engine.folder / "sample"
        shutil.rmtree(made, ignore_errors=True)
        generate(made, sessions=8, seed=3)
        _give(made)
        env = contents(made / "projects", UID, GID).replace(",metabase", "")
        ports = {"MONGO": 37017, "BROWSER": 33000, "AIRFLOW": 38080, "HEALTH": 39090}
        env += "".join(f"{name}_PORT={free_port()}\n" for name, port in ports.items())
        (engine.checkout / ".env").write_text(env)
        ids = ["--build-arg", f"CCA_UID={UID}", "--build-arg", f"CCA_GID={GID}"]
        engine.build("agent", "cca-agent:local", *ids)
        engine.build("all", "cca:local", *ids)
        engine.compose("up", "-d", "--no-build")
        engine.until_healthy(*SERVERS)
        yield Stack(engine, made / "projects", json.loads((made / "truth.json").read_text()))
        engine.compose("down", "-v")


def _give(folder: Path) -> None:
    """What the containers' user may read and write: the folder is its own."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, UID, GID)


def line(number: int) -> str:
    """An entry of the session that is forgotten later."""
    return json.dumps({
        "type": "user", "uuid": f"22222222-0000-4000-8000-{number:012}", "sessionId": SESSION,
        "timestamp": "2026-11-20T10:00:00.000Z", "cwd": "/srv/zebra",
        "message": {"role": "user", "content": f"line {number} of the {WORD}"},
    }) + "\n"  # fmt: skip


def test_the_numbers_of_the_first_run_are_those_of_the_transcripts(stack: Stack) -> None:
    """The hourly run begins by itself; a second one is started by hand."""
    stack.engine.tools("run", "pipeline")
    stack.must_equal_truth()
    states = {row["program"]: row["state"] for row in stack.status()["rows"]}
    assert set(states.values()) == {"running"}, states
    assert "✗" not in stack.engine.tools("doctor", "--data")


def test_no_process_is_root_and_none_has_a_capability(stack: Stack) -> None:
    for service in SERVERS:
        name = stack.engine.name(service)
        user, caps = stack.engine.podman(
            "inspect", "--format", "{{.Config.User}} {{.EffectiveCaps}}", name
        ).split(maxsplit=1)
        assert user in {f"{UID}:{GID}", "999:999"}, service
        assert caps.strip() in {"[]", "<nil>"}, service


def test_nothing_is_lost_or_doubled_by_a_killed_mongod_and_a_killed_agent(stack: Stack) -> None:
    """A session grows while both are killed; each line is found once."""
    path = stack.projects / "-srv-zebra" / f"{SESSION}.jsonl"
    path.parent.mkdir()
    writer = threading.Thread(target=_grow, args=(path,))
    writer.start()
    time.sleep(2)
    stack.engine.kill("mongo")
    time.sleep(2)
    stack.engine.kill("sync")
    writer.join()
    stack.engine.until_healthy("mongo", "sync", "follow", "browser")
    eventually(lambda: stack.hits() == LINES, 300)
    time.sleep(3)
    assert stack.hits() == LINES


def _grow(path: Path) -> None:
    with path.open("w") as file:
        _give(path.parent)
        for number in range(LINES):
            file.write(line(number))
            file.flush()
            time.sleep(0.03)


def test_after_a_reboot_everything_answers_and_the_numbers_are_the_same(stack: Stack) -> None:
    """All stop at once and start without order, as the machine's start does it."""
    names = [stack.engine.name(service) for service in SERVERS]
    stack.engine.podman("stop", "--time", "60", *names)
    stack.engine.podman("start", *reversed(names))
    stack.engine.until_healthy(*SERVERS)
    stack.must_equal_truth()
    assert stack.hits() == LINES


def test_an_upgrade_is_built_without_network_and_its_models_are_built_again(stack: Stack) -> None:
    model = stack.engine.checkout / "dbt" / "models" / "marts" / "agg_errors.sql"
    text = model.read_text()
    model.write_text(text.replace("coalesce(tool_name, '')", "upper(coalesce(tool_name, ''))"))
    ids = ["--build-arg", f"CCA_UID={UID}", "--build-arg", f"CCA_GID={GID}"]
    stack.engine.build("all", "cca:local", "--network=none", *ids)
    stack.engine.compose("up", "-d", "--no-build", "--force-recreate", seconds=600)
    stack.engine.until_healthy(*SERVERS)
    stack.engine.tools("run", "pipeline")
    names = {row["tool_name"] for row in stack.engine.query("select tool_name from agg_errors")}
    assert names
    assert names == {name.upper() for name in names}
    stack.must_equal_truth()


def test_a_command_in_a_container_without_the_volumes_says_where_it_runs(stack: Stack) -> None:
    said = stack.engine.podman(
        "exec", stack.engine.name("browser"), "sh", "-c",
        f"cca backup /tmp/x 2>&1; cca forget --session {SESSION} --dry-run 2>&1; true",
    )  # fmt: skip
    assert "docker compose run --rm" in said
    assert "0 rows in the lake" not in said


def test_what_is_forgotten_is_in_no_volume_also_after_a_kill_in_between(stack: Stack) -> None:
    """MongoDB's own freed pages and journal are the exception that docs/forget.md names."""
    assert {"gold", "lake", "search", "warehouse"} <= stack.engine.volumes_with(WORD)
    assert {"conversations", "sessions"} <= stack.engine.documents_with(WORD)
    command = ("forget", "--session", SESSION, "--yes")
    begun = stack.engine.start_tools(*command)
    assert begun.stdout
    for step in begun.stdout:
        if "lake" in step:
            break
    stack.engine.podman("kill", "cut-short")
    begun.wait(60)
    said = stack.engine.tools(*command)
    assert "Erased:" in said
    assert "Not done yet" not in said
    assert stack.engine.documents_with(WORD) == set()
    assert stack.engine.volumes_with(WORD) == set()
    assert stack.hits() == 0
    stack.must_equal_truth()


def test_a_restored_backup_has_all_but_what_was_forgotten(stack: Stack) -> None:
    """Every volume is deleted; the agent then reads all files again."""
    backup = stack.engine.folder / "backup"
    shutil.rmtree(backup, ignore_errors=True)
    backup.mkdir(mode=0o700)
    _give(backup)
    mount = ("-v", f"{backup}:/backup")
    stack.engine.tools("backup", "/backup", options=mount)
    assert any("buffer" in path.name for path in backup.rglob("*"))
    stack.engine.compose("down", "-v")
    stack.engine.compose("up", "-d", "--no-build", "mongo", "mongo-set-up")
    stack.engine.tools("restore", "/backup", options=mount)
    stack.engine.compose("up", "-d", "--no-build", "sync", "follow", "browser")
    stack.engine.until_healthy("mongo", "sync", "follow", "browser")
    stack.engine.tools("pipeline")
    stack.must_equal_truth()
    time.sleep(5)
    assert stack.hits() == 0
