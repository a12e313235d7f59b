"""A running stack is heard on this machine only."""

import ipaddress
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cca.settings import Settings
from cca.stack import processes, stack
from tests.helpers import free_port


@pytest.fixture
def running(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    (tmp_path / "projects").mkdir()
    settings = Settings(
        cca_home=tmp_path / "home",
        claude_dir=str(tmp_path / "projects"),
        mongo_uri="",
        health_port=free_port(),
        browser_port=free_port(),
        airflow_port=free_port(),
        _env_file=None,
    )
    try:
        ready = stack.bring_up(settings, request.param, lambda _: None)
        assert ready == set(request.param)
        yield settings
    finally:
        stack.take_down(settings, lambda _: None)


PARTS = ("mongo", "sync", "follow", "browser")


@pytest.mark.parametrize(
    "running",
    [PARTS, pytest.param((*PARTS, "airflow"), marks=[pytest.mark.long, pytest.mark.timeout(600)])],
    ids=["without Airflow", "all"],
    indirect=True,
)
def test_every_port_of_the_stack_is_on_loopback(running: Settings) -> None:
    heard = {
        (connection.laddr.ip, connection.laddr.port)
        for process in processes.ours(running)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    ports = {port for _, port in heard}
    assert {running.health_port, running.browser_port} <= ports
    assert len(ports) >= 3
    assert [address for address in heard if not ipaddress.ip_address(address[0]).is_loopback] == []
