"""A Postgres and a Redis of a test's own: empty, on loopback, gone afterwards."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.helpers import free_port

PASSWORD = "pg-password-of-a-test"


def program(name: str) -> str:
    """A server's program; Debian keeps Postgres' own beside PATH."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = os.pathsep.join([*map(str, places), os.environ.get("PATH", "")])  # noqa: TID251
    found = shutil.which(name, path=path)
    if not found:
        pytest.skip(f"{name} is not installed (Debian: apt install postgresql redis-server)")
    return found


@contextmanager
def postgres(database: str, host: str = "127.0.0.1") -> Iterator[str]:
    """The address of a database whose user has its name."""
    initdb, server, psql = program("initdb"), program("postgres"), program("psql")
    # It refuses root, and pytest's folders are closed to anyone else.
    user = "postgres" if os.geteuid() == 0 else None
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="cca-postgres-") as folder:
        if user:
            shutil.chown(folder, user)
        password = Path(folder, "password")
        password.write_text(PASSWORD)
        password.chmod(0o644)
        subprocess.run(
            [
                *(initdb, "-D", f"{folder}/data", "-U", database, "--no-sync", "-E", "UTF8"),
                *("--locale=C", "-A", "scram-sha-256", f"--pwfile={password}"),
            ],
            check=True, user=user, capture_output=True, cwd=folder,
        )  # fmt: skip
        with Path(folder, "data", "pg_hba.conf").open("a") as rules:
            # Those of the network it listens in.
            rules.write("host all all samenet scram-sha-256\n")
        place = ["-D", f"{folder}/data", "-p", str(port), "-k", folder, "-h", host]
        running = subprocess.Popen(
            [server, *place, "-c", "fsync=off"],
            user=user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            address = f"{database}:{PASSWORD}@{host}:{port}"
            _until_it_answers([psql, f"postgresql://{address}/postgres"])
            create = [psql, f"postgresql://{address}/postgres", "-c", f"create database {database}"]
            subprocess.run(create, check=True, capture_output=True)
            yield f"postgresql://{address}/{database}"
        finally:
            # SIGTERM would wait for connections that are still open
            running.send_signal(signal.SIGINT)
            running.wait(30)


def rows_of(address: str, sql: str) -> list[list[str]]:
    """What a query answers, as text."""
    command = [program("psql"), address, "-At", "-F", "\t", "-c", sql]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def _until_it_answers(psql: list[str], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while subprocess.run([*psql, "-c", "select 1"], check=False, capture_output=True).returncode:
        assert time.monotonic() < deadline, "Postgres does not come up"
        time.sleep(0.2)
