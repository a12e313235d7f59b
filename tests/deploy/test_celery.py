"""Airflow with Celery's workers: the containers' commands, with a real Postgres and Redis."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pytest

from cca.demo.generate import generate
from cca.gold.summary import summary
from cca.settings import Settings
from cca.stack.airflow_api import FINISHED, AirflowApi
from cca.sync_agent.agent import sync_once
from cca.transform.dbt import mart_names
from tests.deploy.compose import CELERY, MAIN, env_file, load
from tests.deploy.databases import PASSWORD, postgres, program, rows_of
from tests.helpers import eventually, free_port

SERVERS = ("airflow-scheduler", "airflow-dag-processor", "airflow-triggerer", "airflow-worker")


@dataclass(frozen=True)
class Containers:
    """What stands in for the containers' image, network and volumes."""

    folder: Path
    bin: Path
    port: int
    services: dict[str, Any]
    places: dict[str, str]
    archive: dict[str, str]
    host: str = "127.0.0.1"

    def environment(self, service: str) -> dict[str, str]:
        """The service's own variables and nothing else, with its names and folders put here."""
        given = self.services[service]["environment"]
        return {
            **{name: self._local(str(value)) for name, value in given.items()},
            **self.archive,
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "HOSTNAME": socket.gethostname(),
            "CCA_ENV_FILE": os.devnull,
        }

    def _local(self, value: str) -> str:
        for name, here in self.places.items():
            value = value.replace(name, here)
        if value.startswith(("/data", "/duckdb")):
            return f"{self.folder}{value}"
        return str(self.port) if value == "8080" else value

    @contextmanager
    def running(
        self, service: str, name: str = "", inside: tuple[str, ...] = ()
    ) -> Iterator[subprocess.Popen[bytes]]:
        """The container's command, stopped as Docker stops it; by another program, if given."""
        with (self.folder / f"{name or service}.log").open("w") as output:
            given = self.services[service]
            command = [*given.get("entrypoint", ["cca"]), *map(self._local, given["command"])]
            own = {"HOSTNAME": name} if name else {}
            process = subprocess.Popen(
                [*inside, *command],
                env=self.environment(service) | own,
                cwd=self.folder,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield process
        finally:
            children = family(process)[1:]
            process.terminate()
            process.wait(60)
            assert psutil.wait_procs(children, timeout=30)[1] == [], f"{service} leaves processes"

    def is_healthy(self, service: str) -> bool:
        test = self.services[service]["healthcheck"]["test"]
        command, environment = [*map(self._local, test[1:])], self.environment(service)
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        return done.returncode == 0


@contextmanager
def prepared(
    folder: Path, archive: dict[str, str], host: str = "127.0.0.1"
) -> Iterator[Containers]:
    """Postgres and Redis run at that address; Airflow is not started."""
    python = os.environ.get("CELERY_PYTHON", "")  # noqa: TID251
    if not python:
        pytest.skip("CELERY_PYTHON names no Python with the packages of the image (docs/scale.md)")
    program("redis-server")
    port, redis = free_port(), free_port()
    variables = env_file() | {"AIRFLOW_DB_PASSWORD": PASSWORD, "AIRFLOW_PORT": str(port)}
    with postgres("airflow", host) as address:
        places = {
            "airflow-db:5432": address.split("@")[1].split("/")[0],
            "redis:6379": f"{host}:{redis}",
            "airflow:8080": f"{host}:{port}",
            "127.0.0.1:8080": f"{host}:{port}",
            "0.0.0.0": host,
            "/tmp/redis.conf && exec": f"{folder}/redis.conf && exec",
            "/tmp/redis.conf": f"{folder}/redis.conf --bind {host} --port {redis}",
        }
        services = load(MAIN, CELERY, variables=variables)["services"]
        made = Containers(folder, Path(python).parent, port, services, places, archive, host)
        with made.running("redis"):
            yield made


@pytest.fixture
def containers(settings: Settings, tmp_path: Path) -> Iterator[Containers]:
    """Postgres, Redis and an archive of sample conversations; Airflow is not started."""
    archive = {"MONGO_URI": settings.mongo_uri, "MONGO_DB": settings.mongo_db}
    with prepared(tmp_path, archive) as made:
        yield made


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_run_by_celery_workers_publishes_what_was_written(
    containers: Containers, settings: Settings, tmp_path: Path
) -> None:
    truth = generate(tmp_path / "sample", sessions=6, seed=7, until=date(2026, 11, 20)).as_json()
    projects = tmp_path / "sample" / "projects"
    sync_once(settings.model_copy(update={"claude_dir": str(projects)}), settings.mongo_uri)
    with containers.running("airflow-prepare") as preparing:
        assert preparing.wait(300) == 0, log_of(containers, "airflow-prepare")
    with ExitStack() as stack:
        server = stack.enter_context(containers.running("airflow"))
        eventually(lambda: containers.is_healthy("airflow"), 400)
        started = [stack.enter_context(containers.running(name)) for name in SERVERS]
        check_run(containers)
        assert all(containers.is_healthy(name) for name in SERVERS)
        _check_ports([server, *started])
        assert [process.poll() for process in started] == [None] * len(SERVERS)
    check_results(containers, truth["totals"])


def check_run(containers: Containers) -> None:
    """The hourly run and one by hand succeed."""
    home = Settings(_env_file=None, cca_home=containers.folder / "data")
    with AirflowApi(home, f"http://{containers.host}:{containers.port}") as api:
        eventually(lambda: not api.missing_components(), 400)
        api.sign_in()
        eventually(api.has_dag, 400)
        # The hourly run starts by itself, and what it publishes is no news to the other one.
        api.trigger()
        eventually(lambda: all(run["state"] in FINISHED for run in api.runs()), 800)
        states = {run["dag_run_id"]: run["state"] for run in api.runs()}
        tasks = {run: api.tasks(run) for run in states}
        assert set(states.values()) == {"success"}, tasks
        # A good build skips the task that waits for red models.
        good = [each for each in tasks.values() if each["publish"] == "success"]
        assert [{name for name, state in each.items() if state != "success"} for each in good] == [
            {"dbt.all_repaired"}
        ]


def family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """A process that still runs, and its children."""
    if process.poll() is not None:
        return []
    first = psutil.Process(process.pid)
    return [first, *first.children(recursive=True)]


def _check_ports(processes: list[subprocess.Popen[bytes]]) -> None:
    """None listens but on loopback."""
    heard = {
        each.laddr.ip
        for one in processes
        for process in family(one)
        for each in process.net_connections(kind="inet")
        if each.status == psutil.CONN_LISTEN
    }
    assert heard == {"127.0.0.1"}


def check_results(containers: Containers, totals: dict[str, Any]) -> None:
    """Gold has the totals of the sample, and Celery a result for each task."""
    found = summary(Settings(_env_file=None, cca_home=containers.folder / "data"))
    assert found is not None
    for name, value in vars(found).items():
        assert Decimal(str(value)) == Decimal(str(totals[name])), name
    backend = containers.environment("airflow-worker")["AIRFLOW__CELERY__RESULT_BACKEND"]
    results = rows_of(
        backend.removeprefix("db+").replace("+psycopg2", ""),
        "select status, count(*) from celery_taskmeta group by 1",
    )
    # One for each task, those of models too: here a worker ends them.
    ((status, count),) = results
    assert status == "SUCCESS"
    assert int(count) > 7 + len(mart_names())


def log_of(containers: Containers, service: str) -> str:
    return (containers.folder / f"{service}.log").read_text()[-4000:]
