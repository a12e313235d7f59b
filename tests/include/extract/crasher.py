"""Runs steps and kills itself at a named call.

Nothing of this is in the product: the child replaces the function before it begins.
"""

import json
import os
import signal
import sys
from importlib import import_module

import cca.extract.run
import cca.lake.iceberg
import cca.load.raw
from cca.extract.window import Window
from cca.settings import Settings


def kill_at(point: str, nth: int, *, after: bool) -> None:
    module_name, path = point.split(":")
    owner = import_module(module_name)
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    real = getattr(owner, name)
    calls = 0

    def wrapped(*args, **kwargs):
        nonlocal calls
        calls += 1
        result = real(*args, **kwargs) if calls != nth or after else None
        if calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, wrapped)


def run(job: dict) -> None:
    if job["point"]:
        kill_at(job["point"], job["nth"], after=job["after"])
    settings = Settings(**job["settings"], _env_file=None)
    window = Window.from_dict(job["window"])
    cca.extract.run.extract(settings, settings.mongo_uri, window)
    cca.load.raw.load(settings)


run(json.loads(sys.stdin.readline()))
