"""`cca health`: a part that does not answer is reported with the reason."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from cca.cli.health import COMPONENTS
from cca.cli.health import PARTS as NAMED
from cca.errors import ServiceDown
from cca.follow.lock import follower_lock
from cca.settings import Settings
from cca.stack.health import PARTS, require
from tests.deploy.compose import MAIN, load
from tests.helpers import free_port


@pytest.fixture
def lonely(settings: Settings) -> Settings:
    nobody = free_port()
    ports = dict.fromkeys(("health_port", "browser_port", "airflow_port"), nobody)
    address = f"http://127.0.0.1:{nobody}"
    uri = f"mongodb://127.0.0.1:{nobody}/"
    return settings.model_copy(update={**ports, "metabase_url": address, "mongo_uri": uri})


@pytest.mark.parametrize("part", NAMED)
def test_a_part_that_does_not_run_is_down(lonely: Settings, part: str) -> None:
    with pytest.raises(ServiceDown, match=f"^{part}: "):
        require(lonely, part)


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_of_airflow_is_named(lonely: Settings, component: str) -> None:
    with pytest.raises(ServiceDown, match=f"^airflow {component}: nothing answers at http"):
        require(lonely, "airflow", component)


@pytest.fixture
def half_well() -> Iterator[str]:
    """A server that answers as Airflow's does while only its dag-processor is broken."""
    well = {name: {"status": "healthy"} for name in ("metadatabase", "scheduler", "triggerer")}
    body = json.dumps({**well, "dag_processor": {"status": "unhealthy"}}).encode()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/api/v2/monitor/health" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_broken_component_is_told_of_itself_only(settings: Settings, half_well: str) -> None:
    there = settings.model_copy(update={"airflow_api_url": half_well})
    for well in ("api-server", "scheduler", "triggerer"):
        require(there, "airflow", well)
    with pytest.raises(ServiceDown, match=r"^airflow dag-processor: unhealthy"):
        require(there, "airflow", "dag-processor")
    with pytest.raises(ServiceDown, match=r"^airflow: not healthy: dag_processor"):
        require(there, "airflow")


@pytest.mark.parametrize("part", ["scheduler", "dag-processor", "triggerer"])
def test_the_container_s_check_says_the_same(part: str, half_well: str) -> None:
    test = load(MAIN)["services"][f"airflow-{part}"]["healthcheck"]["test"]
    asked = [word.replace("http://airflow:8080", half_well) for word in test[1:]]
    done = subprocess.run([sys.executable, *asked[1:]], check=False, timeout=30)
    assert done.returncode == (part == "dag-processor")


def test_every_named_part_can_be_asked() -> None:
    assert set(NAMED) == set(PARTS)


def test_mongo_and_follower_that_run_are_well(settings: Settings) -> None:
    require(settings, "mongo")
    with follower_lock(settings.search_dir):
        require(settings, "follow")
    with pytest.raises(ServiceDown, match="nobody holds"):
        require(settings, "follow")
