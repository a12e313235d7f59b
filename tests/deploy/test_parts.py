"""The containers' commands, run as they stand in docker-compose.yaml, without Docker."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from cca.mongo.mongod import find_binary
from tests.deploy.compose import MAIN, command, env_file, load
from tests.helpers import eventually, free_port
from tests.package.wheels import build, install

BIN = str(Path(sys.executable).parent)
MESSAGE = (
    '{"type":"user","uuid":"u1","timestamp":"2026-11-01T10:00:00Z",'
    '"message":{"role":"user","content":"needle"}}\n'
)


@dataclass
class Stack:
    """What stands in for the containers' network and volumes."""

    folder: Path
    variables: dict[str, str]
    mongo_port: int
    services: dict[str, Any]

    def environment(self, service: str) -> dict[str, str]:
        """The service's own variables and nothing else, with its names and folders put here."""
        given = self.services[service].get("environment", {})
        local = {name: self._local(service, str(value)) for name, value in given.items()}
        return {
            **local,
            "PATH": f"{self._programs(service)}:/usr/bin:/bin",
            "HOME": str(self.folder / service),
            "CCA_ENV_FILE": os.devnull,
        }

    def _programs(self, service: str) -> Path | str:
        """The folder with the programs that the image has of ours."""
        target = self.services[service].get("build", {}).get("target")
        return self.folder / f"image-{target}" / "bin" if target else BIN

    def _local(self, service: str, value: str) -> str:
        value = value.replace("@mongo:27017", f"@127.0.0.1:{self.mongo_port}")
        value = value.replace("0.0.0.0", "127.0.0.1")
        if value.startswith(("/data", "/transcripts")):
            return str(self.folder / service) if value.startswith("/data") else self.transcripts
        value = value.replace(":9090/", f":{self.variables['HEALTH_PORT']}/")
        value = value.replace("/127.0.0.1/27017", f"/127.0.0.1/{self.mongo_port}")
        value = value.replace(" /data/", f" {self.folder / service}/")
        return self.variables["HEALTH_PORT"] if value == "9090" else value

    @property
    def transcripts(self) -> str:
        return self.variables["CLAUDE_DIR"]

    def start(self, service: str, *arguments: str) -> subprocess.Popen[str]:
        """The container's command, as its entrypoint would run it."""
        given = self.services[service]
        if arguments:
            given = given | {"command": list(arguments)}
        (self.folder / service).mkdir(exist_ok=True, mode=0o700)
        return subprocess.Popen(
            command(given),
            env=self.environment(service),
            cwd=self.folder,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, service: str, *arguments: str) -> str:
        done = self.start(service, *arguments)
        output, _ = done.communicate(timeout=60)
        assert done.returncode == 0, output
        return output

    def is_healthy(self, service: str) -> bool:
        test = self.services[service]["healthcheck"]["test"]
        asked = [self._local(service, word) for word in test[1:]]
        done = subprocess.run(
            asked, env=self.environment(service), capture_output=True, check=False, timeout=30
        )
        return done.returncode == 0


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    project = tmp_path / "transcripts" / "-srv-app"
    project.mkdir(parents=True)
    (project / "00000000-0000-4000-8000-000000000001.jsonl").write_text(MESSAGE)
    port = free_port()
    variables = env_file() | {
        "CLAUDE_DIR": str(project.parent),
        "HEALTH_PORT": str(free_port()),
        "BROWSER_PORT": str(free_port()),
    }
    # A sign-in is needed, as it is in the container, whose BROWSER_HOST is not loopback.
    variables["BROWSER_URL"] = f"http://localhost:{variables['BROWSER_PORT']}"
    made = Stack(tmp_path, variables, port, load(MAIN, variables=variables)["services"])
    install(build("deploy/agent", tmp_path / "wheel"), tmp_path / "image-agent")
    server = _mongo_container(made)
    try:
        yield made
    finally:
        server.terminate()
        server.wait(30)


def _mongo_container(stack: Stack) -> subprocess.Popen[bytes]:
    """As the official image does: a root user first, then a member of a set with a key."""
    data, keyfile = stack.folder / "db", stack.folder / "keyfile"
    data.mkdir()
    keyfile.touch(mode=0o600)
    keyfile.write_text(stack.variables["MONGO_KEYFILE"])
    server = _mongod(stack, data)
    password = stack.variables["MONGO_ROOT_PASSWORD"]
    with MongoClient(f"mongodb://127.0.0.1:{stack.mongo_port}/?directConnection=true") as client:
        eventually(lambda: _answers(client), 90)
        client.admin.command("createUser", "root", pwd=password, roles=["root"])
    server.terminate()
    server.wait(30)
    assert not stack.is_healthy("mongo"), "the server that makes the user is not the container's"
    return _mongod(stack, data, "--replSet", "rs0", "--keyFile", str(keyfile))


def _mongod(stack: Stack, data: Path, *arguments: str) -> subprocess.Popen[bytes]:
    place = ["--dbpath", str(data), "--bind_ip", "127.0.0.1", "--port", str(stack.mongo_port)]
    small = ["--nounixsocket", "--oplogSize", "16", "--wiredTigerCacheSizeGB", "0.25"]
    return subprocess.Popen(
        [find_binary(), *place, *small, *arguments], stdout=subprocess.DEVNULL
    )  # fmt: skip


def _answers(client: MongoClient[Any]) -> bool:
    try:
        return bool(client.admin.command("ping")["ok"])
    except PyMongoError:
        return False


def test_each_part_starts_by_its_command_and_says_that_it_is_well(stack: Stack) -> None:
    eventually(lambda: stack.is_healthy("mongo"), 90)
    said = stack.run("mongo-set-up")
    assert stack.is_healthy("mongo")
    assert not any(stack.is_healthy(name) for name in ("sync", "follow", "browser"))
    assert "replica set rs0" in said
    assert "user cca" in said
    assert "already" in stack.run("mongo-set-up")
    parts = {name: stack.start(name) for name in ("sync", "follow", "browser")}
    try:
        for name in parts:
            eventually(lambda name=name: stack.is_healthy(name), 90)
        _check_user(stack)
        _check_sign_in(stack)
        # Extraction needs no more rights than the others.
        assert "1 entries" in stack.run("airflow-scheduler", "extract")
    finally:
        for part in parts.values():
            part.terminate()
        ends = {name: (part.communicate(timeout=30)[0], part) for name, part in parts.items()}
    assert {part.returncode for _, part in ends.values()} <= {0, -15}, ends
    secrets = [value for name, value in stack.variables.items() if "PASSWORD" in name]
    assert not [s for output, _ in ends.values() for s in secrets if s in output]


def _check_user(stack: Stack) -> None:
    """It has the database of conversations, and nothing else."""
    uri = stack.environment("sync")["MONGO_URI"]
    with MongoClient(uri) as client:
        entries = client["claude_logs"]["conversations"]
        eventually(lambda: entries.count_documents({}) == 1, 90)
        for forbidden in (
            lambda: client["other"]["things"].insert_one({}),
            lambda: client.admin.command("replSetGetConfig"),
            client["admin"]["system.users"].find_one,
        ):
            with pytest.raises(OperationFailure):
                forbidden()


def _check_sign_in(stack: Stack) -> None:
    url = f"http://localhost:{stack.variables['BROWSER_PORT']}/"
    with urllib.request.urlopen(url, timeout=20) as answer:
        assert answer.url.split("?")[0].endswith("/login"), answer.url
