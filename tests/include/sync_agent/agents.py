"""A sync agent in a thread, and what it says about itself."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cca.settings import Settings
from cca.sync_agent.agent import run


def changed(settings: Settings, **values: Any) -> Settings:
    """Returns the settings with other values, which are checked as any are."""
    return Settings(**(settings.model_dump() | values), _env_file=None)


def line(number: int) -> bytes:
    """One line of a transcript."""
    return json.dumps({"type": "user", "uuid": f"u{number}", "n": number}).encode() + b"\n"


def get(settings: Settings, page: str = "/health") -> str:
    url = f"http://127.0.0.1:{settings.health_port}{page}"
    with urllib.request.urlopen(url, timeout=5) as answer:
        text: str = answer.read().decode()
        return text


def health_of(settings: Settings) -> dict[str, Any]:
    """The health object; while the agent is not up yet, one that says nothing good."""
    try:
        health: dict[str, Any] = json.loads(get(settings))
    except urllib.error.URLError:
        return {"mongoConnected": False, "pending": -1, "synced": -1}
    return health


@contextmanager
def running(settings: Settings, uri: str) -> Iterator[None]:
    """Runs the agent in a thread and stops it at the end; its error is raised here."""
    stopping, errors = threading.Event(), []

    def work() -> None:
        try:
            run(settings, uri, stopping)
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(timeout=20)
    assert not thread.is_alive()
    assert not errors
