import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from cca.alerts import Alert, send
from cca.settings import Settings

ALERT = Alert(
    "conversation_pipeline", "manual__1", "load", "task_failure", "http://localhost:8080/dags/x"
)


class Hook(BaseHTTPRequestHandler):
    received: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(json.loads(body))  # type: ignore[attr-defined]
        self.send_response(500 if self.path == "/broken" else 204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Hook)
    server.received = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def address(hook: HTTPServer, path: str) -> str:
    return f"http://127.0.0.1:{hook.server_port}{path}"


def test_an_alert_reaches_the_webhook_with_the_place_and_the_page(
    settings: Settings, hook: HTTPServer
):
    told = settings.model_copy(update={"alert_webhook": address(hook, "/hook")})
    assert send(told, ALERT) == ["webhook"]
    (message,) = hook.received  # type: ignore[attr-defined]
    assert message["dag_id"] == "conversation_pipeline"
    assert message["text"].startswith("cca: conversation_pipeline failed in load (task_failure)")
    assert message["text"].endswith("http://localhost:8080/dags/x")


def test_a_failed_webhook_is_logged_without_its_address_and_raises_nothing(
    settings: Settings, hook: HTTPServer, caplog: pytest.LogCaptureFixture
):
    told = settings.model_copy(update={"alert_webhook": address(hook, "/broken")})
    assert send(told, ALERT) == []
    assert "the alert by webhook did not go out" in caplog.text
    assert "/broken" not in caplog.text


def test_without_an_address_the_log_has_it(settings: Settings, caplog: pytest.LogCaptureFixture):
    assert send(settings, ALERT) == []
    assert "conversation_pipeline failed in load" in caplog.text


def test_a_mail_server_that_is_away_stops_nothing(settings: Settings, hook: HTTPServer):
    told = settings.model_copy(
        update={
            "alert_webhook": address(hook, "/hook"),
            "alert_email": "someone@example.org",
            "smtp_url": "smtp://127.0.0.1:1",
        }
    )
    assert send(told, ALERT) == ["webhook"]
