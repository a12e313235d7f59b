"""Two workers of Celery, each in a network and under a host name of its own.

The servers are in the test's own network: `unshare --net pytest …`, so that nothing of this reaches
any other.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

import psutil
import pytest

from cca.demo.generate import generate
from cca.mongo import archive
from cca.mongo.mongod import find_binary
from cca.settings import Settings
from cca.sync_agent.agent import sync_once
from tests.deploy.databases import rows_of
from tests.deploy.test_celery import Containers, check_results, check_run, log_of, prepared
from tests.helpers import eventually, free_port

HUB = "10.77.0.1"
WORKERS = ("cca-worker-1", "cca-worker-2")
# The scheduler beside them runs no task.
SERVERS = ("airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")


def ip(*arguments: str) -> None:
    """Run `ip`."""
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@pytest.fixture
def networks() -> Iterator[None]:
    """A bridge with this side's address, and a network for each worker that ends at it."""
    if os.geteuid() or not shutil.which("ip"):
        pytest.skip("needs root, and `ip` of Debian's iproute2")
    if set(psutil.net_if_addrs()) - {"lo"}:
        pytest.skip("needs a network of its own: unshare --net …")
    ip("link", "set", "lo", "up")
    ip("link", "add", "hub", "type", "bridge")
    ip("addr", "add", f"{HUB}/24", "dev", "hub")
    ip("link", "set", "hub", "up")
    try:
        for number, name in enumerate(WORKERS, start=1):
            ip("netns", "add", name)
            ip("link", "add", f"to-{number}", "type", "veth", "peer", "eth0", "netns", name)
            ip("link", "set", f"to-{number}", "master", "hub", "up")
            ip("-n", name, "addr", "add", f"10.77.0.{number + 1}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield
    finally:
        for name in WORKERS:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


@contextmanager
def archive_at_the_hub(folder: Path) -> Iterator[str]:
    """A mongod that both networks reach; yields its address."""
    port = free_port()
    folder.mkdir()
    command = [str(find_binary()), "--dbpath", str(folder), "--bind_ip", HUB, "--port", str(port)]
    server = subprocess.Popen([*command, "--nounixsocket"], stdout=subprocess.DEVNULL)
    address = f"mongodb://{HUB}:{port}/"
    try:
        # The driver waits for it.
        with archive.connect(address, timeout_ms=60_000) as client:
            archive.require(client, address)
        yield address
    finally:
        server.terminate()
        server.wait(60)


def in_network(name: str) -> tuple[str, ...]:
    """The words before a command that is to run in a worker's network and under its name."""
    named = ("sh", "-c", 'hostname "$0" && exec "$@"', name)
    return ("ip", "netns", "exec", name, "unshare", "--uts", *named)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("networks")
def test_workers_on_two_networks_share_a_run(tmp_path: Path) -> None:
    """Both take tasks, and gold equals what was written."""
    sample = tmp_path / "sample"
    truth = generate(sample, sessions=6, seed=7, until=date(2026, 11, 20)).as_json()
    with ExitStack() as stack:
        uri = stack.enter_context(archive_at_the_hub(tmp_path / "mongo"))
        home = Settings(
            _env_file=None, cca_home=tmp_path / "agent", claude_dir=str(sample / "projects")
        )
        sync_once(home, uri)
        places = {"MONGO_URI": uri, "MONGO_DB": home.mongo_db}
        made = stack.enter_context(prepared(tmp_path, places, HUB))
        with made.running("airflow-prepare") as preparing:
            assert preparing.wait(300) == 0, log_of(made, "airflow-prepare")
        stack.enter_context(made.running("airflow"))
        eventually(lambda: made.is_healthy("airflow"), 400)
        for name in SERVERS:
            stack.enter_context(made.running(name))
        for name in WORKERS:
            stack.enter_context(made.running("airflow-worker", name, in_network(name)))
        check_run(made)
        by_host = tasks_by_host(made)
        check_results(made, truth["totals"])
    assert set(by_host) == set(WORKERS)
    assert min(by_host.values()) > 0


def tasks_by_host(made: Containers) -> dict[str, int]:
    """How many tasks succeeded on each host; those that were skipped ran nowhere."""
    backend = made.environment("airflow-worker")["AIRFLOW__CELERY__RESULT_BACKEND"]
    rows = rows_of(
        backend.removeprefix("db+").replace("+psycopg2", ""),
        "select hostname, count(*) from task_instance"
        " where state = 'success' and hostname <> '' group by 1",
    )
    print(rows)  # noqa: T201
    return {host: int(count) for host, count in rows}
