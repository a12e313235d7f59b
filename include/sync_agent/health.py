"""The agent's health over HTTP: /health, /stats and /metrics, also while MongoDB is down."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from cca.errors import PortTaken
from cca.sync_agent.buffer import Buffer

log = logging.getLogger(__name__)

_STATS_FILES = 1000


@dataclass(slots=True)
class State:
    """What the running agent knows beside its buffer; each field has one writing thread."""

    started: float = field(default_factory=monotonic)
    is_mongo_connected: bool = False
    is_buffer_writable: bool = True
    retries: int = 0
    scans: int = 0
    last_scan_seconds: float = 0.0


def iso_milliseconds(milliseconds: int) -> str:
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def health_of(buffer: Buffer, state: State) -> dict[str, Any]:
    """The health object; degraded when MongoDB is away or dead letters wait."""
    dead_letters = buffer.dead_letter_count()
    is_well = state.is_mongo_connected and state.is_buffer_writable and not dead_letters
    last_sync_ms = buffer.counter("last_sync_ms")
    return {
        "status": "ok" if is_well else "degraded",
        "pending": buffer.pending_count(),
        "synced": buffer.counter("delivered") or 0,
        "lastSyncAt": None if last_sync_ms is None else iso_milliseconds(last_sync_ms),
        "mongoConnected": state.is_mongo_connected,
        "uptime": int(monotonic() - state.started),
        "deadLetters": dead_letters,
        "filesTracked": buffer.file_count(),
        "oldestPendingSeconds": buffer.oldest_pending_seconds(),
    }


def stats_of(buffer: Buffer, state: State) -> dict[str, Any]:
    """Counts per project, and per file for those touched last."""
    projects, files = buffer.project_rows(), buffer.newest_file_rows(_STATS_FILES)
    project_names = ("project", "files", "records", "bytesRead", "bytesUnread")
    file_names = ("file", "project", "position", "size", "generation", "records", "updatedAt")
    return {
        **figures_of(buffer, state),
        "projects": [dict(zip(project_names, row, strict=True)) for row in projects],
        "files": [dict(zip(file_names, row, strict=True)) for row in files],
    }


def figures_of(buffer: Buffer, state: State) -> dict[str, Any]:
    """Health, and what the agent counts since its start; each is one number or one word."""
    return {
        **health_of(buffer, state),
        "retries": state.retries,
        "scans": state.scans,
        "lastScanSeconds": round(state.last_scan_seconds, 4),
    }


def _metrics(buffer: Buffer, state: State) -> tuple[str, str]:
    # 3 MB of memory that only an agent takes whom Prometheus asks.
    from cca.sync_agent.metrics import metrics_page  # noqa: PLC0415

    return metrics_page(lambda: figures_of(buffer, state))


@contextmanager
def health_server(host: str, port: int, buffer: Buffer, state: State) -> Iterator[int]:
    """Serve in a thread of its own, yielding the port; raises PortTaken."""
    pages: dict[str, Callable[[], tuple[str, str]]] = {
        "/health": lambda: ("application/json", json.dumps(health_of(buffer, state))),
        "/stats": lambda: ("application/json", json.dumps(stats_of(buffer, state))),
        "/metrics": lambda: _metrics(buffer, state),
    }
    try:
        server = ThreadingHTTPServer((host, port), _handler(pages, _names(host)))
    except OSError as error:
        message = (
            f"port {port} on {host} cannot be used ({error.strerror}); "
            "set HEALTH_PORT to a free port (or HEALTH_HOST)"
        )
        raise PortTaken(message) from error
    thread = Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


def _names(host: str) -> frozenset[str]:
    """Names to answer to: a web page that points a name of its own here must read nothing."""
    loopback = frozenset({"localhost", "127.0.0.1", "::1"})
    return loopback if host in loopback else frozenset()


def _handler(
    pages: dict[str, Callable[[], tuple[str, str]]], names: frozenset[str]
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(f"//{self.headers.get('Host', '')}").hostname
            if names and asked not in names:
                self.send_error(HTTPStatus.MISDIRECTED_REQUEST, "a private page of another name")
                return
            page = pages.get(self.path.split("?", 1)[0].rstrip("/") or "/health")
            if page is None:
                self.send_error(HTTPStatus.NOT_FOUND, "see /health, /stats, /metrics")
                return
            kind, text = page()
            body = text.encode()
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (its name)
            log.debug(format, *args)

    return Handler
