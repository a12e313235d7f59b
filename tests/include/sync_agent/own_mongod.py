"""A mongod of a test's own, and the session of the tests' transcripts."""

import contextlib
import subprocess
import time
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from cca.mongo.mongod import find_binary
from tests.helpers import free_port

SESSION = "00000000-0000-4000-8000-0000000000ad"


class OwnMongod:
    """A mongod of the test's own, on a port of its own: it may be killed and come back."""

    def __init__(self, home: Path, *options: str, client: str = "") -> None:
        self.home = home
        self.port = free_port()
        self.options = options
        self.uri = f"mongodb://127.0.0.1:{self.port}/?directConnection=true{client}"
        self.process: subprocess.Popen[bytes] | None = None
        (home / "data").mkdir(parents=True)

    def start(self) -> None:
        command = [
            *(find_binary(), "--dbpath", self.home / "data", "--port", str(self.port)),
            *("--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"),
            *("--logpath", self.home / "log", "--logappend"),
            *self.options,
        ]
        self.process = subprocess.Popen(
            list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def wait(self) -> None:
        """Until it answers."""
        deadline = time.monotonic() + 30
        with MongoClient[Any](self.uri, serverSelectionTimeoutMS=500) as client:
            while time.monotonic() < deadline:
                with contextlib.suppress(PyMongoError):
                    client.admin.command("ping")
                    return
                time.sleep(0.05)
        message = "the test's mongod did not become ready"
        raise AssertionError(message)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
