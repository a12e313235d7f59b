#!/usr/bin/env python3
"""What the official image's entrypoint does: a new data folder gets its root user, then mongod."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pymongo
from pymongo.errors import AutoReconnect


def add_root() -> None:
    """Create the root user in a mongod that nobody else can reach, and stop it."""
    server = subprocess.Popen(["mongod", "--bind_ip", "127.0.0.1", "--quiet"], stdout=sys.stderr)
    client: pymongo.MongoClient[dict[str, object]] = pymongo.MongoClient(directConnection=True)
    user, password = (os.environ[f"MONGO_INITDB_ROOT_{name}"] for name in ("USERNAME", "PASSWORD"))  # noqa: TID251
    client.admin.command("createUser", user, pwd=password, roles=["root"])
    # It ends without an answer.
    with suppress(AutoReconnect):
        client.admin.command("shutdown")
    server.wait()


if not Path("/data/db/WiredTiger").exists():
    add_root()
os.execvp(sys.argv[1], sys.argv[1:])
