"""Podman for a test: storage of its own, images made from Debian's packages, compose's commands."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values
from pymongo import MongoClient

from cca.mongo.mongod import find_binary
from cca.settings import PROJECT_DIR
from tests.helpers import eventually
from tests.stored import files_with

_BASES = Path(__file__).with_name("bases")
# Keeps the base images for the next run, if set.
_KEEP = "CCA_TEST_PODMAN_DIR"
_DEBIAN = "http://deb.debian.org/debian"
_IMAGES = {
    "python": "docker.io/library/python:3.11.14-slim-bookworm",
    "mongo": "docker.io/library/mongo:7.0.28",
    "postgres": "docker.io/library/postgres:17.6-bookworm",
}
_PROGRAMS = ("podman", "podman-compose", "runc", "debootstrap", "iptables", "catatonit")
_FILES = {
    "containers.conf": """\
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
""",
    "storage.conf": """\
[storage]
driver = "overlay"
graphroot = "{folder}/storage"
runroot = "{folder}/run"
""",
    "registries.conf": 'unqualified-search-registries = ["docker.io"]\n',
    "uv.toml": "native-tls = true\n",
}
# What a build needs of this machine to reach its package index.
_FOR_BUILDS = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf", "/etc/xdg/pip")


@dataclass(frozen=True)
class Podman:
    """Podman with its own storage, and one checkout whose stack it runs."""

    folder: Path
    checkout: Path
    project: str

    def podman(self, *arguments: str, seconds: float = 600, is_checked: bool = True) -> str:
        """Run podman; returns what it printed."""
        return self._run(["podman", *arguments], seconds, is_checked=is_checked)

    def compose(self, *arguments: str, seconds: float = 600) -> str:
        """Run podman-compose in the checkout, by way of bases/podman.py."""
        program = [*self._compose(), *arguments]
        return self._run(program, seconds)

    def tools(self, *command: str, options: tuple[str, ...] = (), seconds: float = 600) -> str:
        """Run `cca COMMAND` in a container with every volume; returns what it printed."""
        return self.compose(*self._tools(options), *command, seconds=seconds)

    def start_tools(self, *command: str) -> subprocess.Popen[str]:
        """Begin `cca COMMAND` in such a container; its steps come from its output."""
        return subprocess.Popen(
            [*self._compose(), *self._tools(("--name", "cut-short")), *command],
            cwd=self.checkout, env=self._environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def inside(self, service: str, *command: str) -> str:
        """Run a command in a container that runs."""
        return self.podman("exec", self.name(service), *command)

    def name(self, service: str) -> str:
        """The container of a service."""
        return f"{self.project}_{service}_1"

    def until_healthy(self, *services: str, seconds: float = 400) -> None:
        """Ask each health check until it is content."""
        for service in services:
            check = ["podman", "healthcheck", "run", self.name(service)]
            eventually(lambda check=check: self._is_well(check), seconds)  # type: ignore[misc]

    def kill(self, service: str) -> None:
        """Kill the container's first process, as the kernel does when memory is short."""
        pid = int(self.podman("inspect", "--format", "{{.State.Pid}}", self.name(service)))
        os.kill(pid, 9)

    def build(self, target: str, image: str, *options: str) -> None:
        """Build a target of the checkout's Dockerfile."""
        given = ["--target", target, "-t", image, *self.for_builds(), *options]
        self.podman("build", "-q", *given, str(self.checkout), seconds=600)

    def for_builds(self) -> list[str]:
        """Options that let a build reach the package index as this machine does."""
        mounted = [f"{path}:{path}:ro" for path in _FOR_BUILDS if Path(path).exists()]
        mounted.append(f"{self.folder}/uv.toml:/etc/uv/uv.toml:ro")
        return ["--network=host", *(word for each in mounted for word in ("-v", each))]

    def volumes_with(self, text: str) -> set[str]:
        """The volumes in which a file holds the text; MongoDB's are asked by documents_with."""
        found = files_with(self.folder / "storage" / "volumes", text)
        return {Path(name).parts[0].removeprefix(f"{self.project}_") for name in found} - {"mongo"}

    def documents_with(self, text: str) -> set[str]:
        """The collections of MongoDB in which a document holds the text."""
        given = dotenv_values(self.checkout / ".env")
        # The address that docs/deploy.md gives.
        address = (
            f"mongodb://cca:{given['MONGO_PASSWORD']}@localhost:{given['MONGO_PORT']}"
            "/?authSource=claude_logs&directConnection=true"
        )
        with MongoClient[dict[str, Any]](address) as client:
            database = client["claude_logs"]
            names = database.list_collection_names()
            return {name for name in names if text in repr(list(database[name].find()))}

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Rows of gold, by the browser's container."""
        rows: list[dict[str, Any]] = json.loads(
            self.inside("browser", "cca", "query", sql, "--json")
        )["rows"]
        return rows

    def _compose(self) -> list[str]:
        program = _program("podman-compose") or "podman-compose"
        shim = str(_BASES / "podman.py")
        return [program, "--podman-path", shim, "-p", self.project, "--in-pod", "false"]

    def _tools(self, options: tuple[str, ...]) -> list[str]:
        return ["--profile", "tools", "run", "--rm", "--no-deps", "-T", *options, "tools"]

    def _is_well(self, check: list[str]) -> bool:
        done = subprocess.run(check, env=self._environment(), capture_output=True, check=False)
        return done.returncode == 0

    def _run(self, command: list[str], seconds: float, *, is_checked: bool = True) -> str:
        done = subprocess.run(
            command, cwd=self.checkout, env=self._environment(), timeout=seconds,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert not is_checked or done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _environment(self) -> dict[str, str]:
        files = {
            f"CONTAINERS_{name.upper()}": f"{self.folder}/{name}.conf"
            for name in ("storage", "registries")
        }
        return {
            "PATH": os.environ["PATH"],  # noqa: TID251
            "HOME": str(self.folder),
            "CONTAINERS_CONF": f"{self.folder}/containers.conf",
            "CONTAINERS_STORAGE_CONF": files["CONTAINERS_STORAGE"],
            "CONTAINERS_REGISTRIES_CONF": files["CONTAINERS_REGISTRIES"],
        }


@contextmanager
def podman() -> Iterator[Podman]:
    """Podman with the images that compose names, made here; skips where that is impossible."""
    if missing := [name for name in _PROGRAMS if not _program(name)]:
        pytest.skip(f"needs {', '.join(missing)} (Debian packages; podman-compose is on PyPI)")
    if os.geteuid():
        pytest.skip("needs root: debootstrap makes device files")
    kept = os.environ.get(_KEEP)  # noqa: TID251
    folder = Path(kept or tempfile.mkdtemp(prefix="cca-podman-"))
    folder.mkdir(exist_ok=True)
    for name, text in _FILES.items():
        (folder / name).write_text(text.format(folder=folder))
    made = Podman(folder, folder / "checkout", "ccatest")
    try:
        shutil.rmtree(made.checkout, ignore_errors=True)
        _clone(made.checkout)
        _make_bases(made)
        yield made
    finally:
        made.podman("rm", "--all", "--force", "--time", "2", is_checked=False)
        made.podman("volume", "prune", "--force", is_checked=False)
        if not kept:
            # Its files belong to the users of containers, and some are mounts.
            made.podman("system", "reset", "--force", is_checked=False)
            shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> str | None:
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def _clone(to: Path) -> None:
    """The files of this checkout as a hardened server has them: for their owner alone."""
    listed = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT_DIR,
        text=True,
    )
    before = os.umask(0o077)
    try:
        for name in filter(None, listed.split("\0")):
            source, target = PROJECT_DIR / name, to / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
                target.chmod(source.stat().st_mode & 0o700)
    finally:
        os.umask(before)


def _make_bases(made: Podman) -> None:
    if _IMAGES["postgres"] in made.podman("images", "--format", "{{.Repository}}:{{.Tag}}"):
        return
    root = made.folder / "debian"
    command = ["debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm"]
    with (made.folder / "debootstrap.log").open("w") as log:
        subprocess.run([*command, str(root), _DEBIAN], check=True, stdout=log, stderr=log)
    tar = subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE)
    subprocess.run(
        ["podman", "import", "-", "localhost/debian-base"],
        check=True, stdin=tar.stdout, capture_output=True, env=made._environment(),
    )  # fmt: skip
    tar.wait()
    shutil.rmtree(root)
    context = shutil.copytree(_BASES, made.folder / "bases", dirs_exist_ok=True)
    shutil.copy(find_binary(), context / "mongod")
    for target, image in _IMAGES.items():
        made.podman(
            "build", "-q", "--target", target, "-t", image, *made.for_builds(), str(context)
        )
