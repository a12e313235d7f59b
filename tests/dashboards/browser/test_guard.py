"""Who may ask: other hosts, other sites and other addresses are refused."""

import http.client
import socket
from typing import Any

import pytest

from cca.dashboards.browser.guard import check_address
from cca.dashboards.browser.server import build
from cca.dashboards.browser.users import add_user, users_path
from cca.errors import PortTaken, SettingError
from cca.settings import Settings


@pytest.fixture(scope="module")
def site(run_site: Any, new_story: Any) -> Any:
    site = run_site()
    story = new_story("77777777-7777-4777-8777-777777777777", title="Secret plan")
    story.prompt("The secret prompt")
    site.store(story)
    return site


def ask(
    site: Any, path: str, *, method: str = "GET", **headers: str
) -> tuple[int, http.client.HTTPMessage, str]:
    connection = http.client.HTTPConnection("127.0.0.1", site.settings.browser_port, timeout=30)
    connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read().decode(errors="replace")


@pytest.mark.parametrize(
    "path", ["/", "/numbers", "/api/window?session=77777777-7777-4777-8777-777777777777",
             "/static/js/bokeh.min.js", "/healthz", "/ws", "/nowhere"],
)  # fmt: skip
def test_another_host_name_is_refused_everywhere(site: Any, path: str) -> None:
    status, _, body = ask(site, path, Host="evil.example")
    assert status == 421
    assert "Secret" not in body


def test_other_sites_may_not_read_conversations(site: Any) -> None:
    path = "/api/window?session=77777777-7777-4777-8777-777777777777"
    assert ask(site, path, Sec_Fetch_Site="cross-site")[0] == 403
    assert ask(site, path, Sec_Fetch_Site="same-site")[0] == 403
    status, _, body = ask(site, path, Sec_Fetch_Site="same-origin")
    assert (status, "The secret prompt" in body) == (200, True)


@pytest.mark.parametrize("origin", ["", "http://evil.example", "null"])
def test_a_websocket_of_another_page_is_refused(site: Any, origin: str) -> None:
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13",
               "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
    assert ask(site, "/ws", **headers, **({"Origin": origin} if origin else {}))[0] == 403


@pytest.mark.parametrize("path", ["/", "/numbers", "/nowhere", "/api/window?session=x"])
def test_every_answer_carries_the_protecting_headers(site: Any, path: str) -> None:
    _, headers, body = ask(site, path)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.split("style-src")[0]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert policy != ask(site, path)[1]["Content-Security-Policy"], "a nonce is used once"
    assert "Traceback" not in body


def test_a_client_cannot_choose_the_nonce(site: Any) -> None:
    _, headers, body = ask(site, "/", X_Csp_Nonce="known")
    assert "nonce-known" not in headers["Content-Security-Policy"]
    assert 'nonce="known"' not in body


def test_beyond_loopback_the_browser_refuses_to_start(settings: Settings) -> None:
    with pytest.raises(SettingError, match=r"BROWSER_HOST=0\.0\.0\.0"):
        check_address(settings.model_copy(update={"browser_host": "0.0.0.0"}))


def test_a_public_address_needs_a_user_even_on_loopback(settings: Settings) -> None:
    public = settings.model_copy(update={"browser_url": "https://claude.example.org"})
    with pytest.raises(SettingError, match=r"BROWSER_URL.*cca browser --add-user"):
        check_address(public)
    add_user(users_path(public), "ada", "long enough")
    check_address(public)


def test_only_own_pages_may_change_anything(site: Any) -> None:
    for origin in ({}, {"Origin": "null"}, {"Origin": "http://evil.example"}):
        assert ask(site, "/healthz", method="POST", **origin)[0] == 403
    own = f"http://127.0.0.1:{site.settings.browser_port}"
    assert ask(site, "/healthz", method="POST", Origin=own)[0] == 405


def test_a_taken_port_is_named_with_its_setting(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"port {port} is taken.*BROWSER_PORT"):
            build(settings.model_copy(update={"browser_port": port}), settings.mongo_uri)


def test_pictures_are_served_only_as_pictures(site: Any, new_story: Any, pixel: str) -> None:
    story = new_story("88888888-8888-4888-8888-888888888888")
    source = {"type": "base64", "media_type": "image/png", "data": pixel}
    good = story.prompt([{"type": "image", "source": source}])
    evil = story.prompt([{"type": "image", "source": {**source, "media_type": "text/html"}}])
    site.store(story)
    base = "/api/image?session=88888888-8888-4888-8888-888888888888&block=0&entry="
    status, headers, _ = ask(site, base + good)
    assert (status, headers["Content-Type"]) == (200, "image/png")
    assert ask(site, base + evil)[0] == 404
    assert ask(site, base + good + "&block=99")[0] == 404


def test_a_short_address_leads_to_its_message_on_this_site(site: Any) -> None:
    status, headers, _ = ask(site, "/sessions/abc/def")
    assert (status, headers["Location"]) == (302, "/?session=abc&m=def")
    assert ask(site, "/sessions/%2F%2Fevil.example")[1]["Location"].startswith("/?session=")


def test_files_outside_the_assets_are_not_served(site: Any) -> None:
    for path in ("/assets/0123456789ab/js/../server.py", "/assets/0123456789ab/js/%2e%2e/page.py"):
        assert ask(site, path)[0] == 404


def test_an_address_that_is_no_text_is_refused_at_once(site: Any) -> None:
    assert ask(site, "/?q=%FF")[0] == 400
