"""Signing in: what is closed without it, what a cookie is worth, how often one may guess."""

import http.client
import json
import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner

from cca.dashboards.browser.api import routes
from cca.dashboards.browser.server import more_routes
from cca.dashboards.browser.signin import FREE_ATTEMPTS, Attempts, own_path
from cca.dashboards.browser.users import add_user, read_users, remove_user, users_path
from cca.errors import SettingError
from cca.settings import Settings

SESSION = "99999999-9999-4999-8999-999999999999"
PASSWORD = "correct horse battery"
CLOSED = [
    "/", "/numbers", "/numbers/tools", "/nowhere", f"/sessions/{SESSION}", "/autoload.js",
    "/metadata", "/liveness", "/dbt-docs/", "/dbt-docs/index.html", "/dbt-docs/catalog.json",
    "/static/js/bokeh.min.js", "/favicon.ico",
    *(f"/api/{name}?session={SESSION}&format=jsonl" for name in (
        "window", "tool", "text", "image", "export", "annotations", "status"
    )),
]  # fmt: skip


@pytest.fixture(scope="module")
def site(run_site: Any, new_story: Any) -> Any:
    site = run_site(
        browser_url="https://claude.example.org",
        prepare=lambda settings: add_user(users_path(settings), "ada", PASSWORD),
    )
    story = new_story(SESSION, title="Secret plan")
    story.prompt("The secret prompt")
    site.store(story)
    return site


@pytest.fixture
def fresh(site: Any) -> Iterator[None]:
    """The waits of one test are none of the next one's."""
    yield
    add_user(users_path(site.settings), "ada", PASSWORD)


def ask(site: Any, path: str, form: dict[str, str] | None = None, **headers: str) -> Any:
    port = site.settings.browser_port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    given = {"Origin": f"http://127.0.0.1:{port}"} if form is not None else {}
    if form is not None:
        given["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request(
        "GET" if form is None else "POST",
        path,
        urlencode(form) if form is not None else None,
        given | {name.replace("_", "-"): value for name, value in headers.items()},
    )
    answer = connection.getresponse()
    answer.body = answer.read().decode(errors="replace")
    return answer


def sign_in(site: Any, password: str = PASSWORD, name: str = "ada", **headers: str) -> Any:
    return ask(site, "/login", {"name": name, "password": password, "next": "/numbers"}, **headers)


def cookie_of(answer: Any) -> Any:
    return SimpleCookie(answer.headers["Set-Cookie"])["cca_user"]


@pytest.mark.parametrize("path", CLOSED)
def test_a_stranger_reads_no_conversation(site: Any, path: str) -> None:
    for cookie in ("", "cca_user=ada", "cca_user=2|1:0|10:1|8:cca_user|4:YWRh|bad"):
        answer = ask(site, path, Cookie=cookie)
        assert answer.status in {302, 401}
        assert "ecret" not in answer.body
        assert answer.status == 401 or answer.headers["Location"].startswith("/login?next=%2F")


def test_a_websocket_of_a_stranger_is_refused(site: Any) -> None:
    own = f"http://127.0.0.1:{site.settings.browser_port}"
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13",
               "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
    assert ask(site, "/ws", Origin=own, **headers).status == 401
    cookie = f"cca_user={cookie_of(sign_in(site)).value}"
    assert ask(site, "/ws", Origin=own, Cookie=cookie, **headers).status not in {401, 403}


def test_the_way_in_is_open(site: Any) -> None:
    assert ask(site, "/healthz").status == 200
    page = ask(site, "/login")
    assert (page.status, "Sign in" in page.body) == (200, True)


def test_a_cookie_opens_everything_and_cannot_be_read_by_scripts(site: Any) -> None:
    answer = sign_in(site)
    assert (answer.status, answer.headers["Location"]) == (303, "/numbers")
    cookie = cookie_of(answer)
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
    assert not cookie["secure"], "on loopback there is no TLS"
    window = f"/api/window?session={SESSION}"
    read = ask(site, window, Cookie=f"cca_user={cookie.value}")
    assert (read.status, "The secret prompt" in read.body) == (200, True)


def test_behind_tls_the_cookie_is_secure(site: Any) -> None:
    answer = sign_in(site, Host="claude.example.org", Origin="https://claude.example.org")
    assert answer.status == 303
    assert cookie_of(answer)["secure"] is True


def test_a_form_from_another_site_cannot_sign_in(site: Any) -> None:
    assert sign_in(site, Origin="https://evil.example").status == 403


def test_a_wrong_password_says_nothing_about_names(site: Any, fresh: None) -> None:
    pages = [sign_in(site, "wrong password", name) for name in ("ada", "nobody")]
    assert [page.status for page in pages] == [401, 401]
    assert all("Name or password is wrong." in page.body for page in pages)
    assert all("Set-Cookie" not in page.headers for page in pages)


def test_signing_out_ends_the_cookie_and_its_copies(site: Any) -> None:
    cookie = f"cca_user={cookie_of(sign_in(site)).value}"
    assert ask(site, "/numbers", Cookie=cookie).status == 200
    assert ask(site, "/logout", Cookie=cookie).status == 405, "a link must not sign out"
    assert ask(site, "/logout", {}, Cookie=cookie).status == 303
    assert ask(site, "/numbers", Cookie=cookie).status == 302


def test_a_new_password_or_a_removed_user_ends_the_cookie(site: Any, fresh: None) -> None:
    cookie = f"cca_user={cookie_of(sign_in(site)).value}"
    add_user(users_path(site.settings), "ada", PASSWORD)
    assert ask(site, "/numbers", Cookie=cookie).status == 302
    cookie = f"cca_user={cookie_of(sign_in(site)).value}"
    remove_user(users_path(site.settings), "ada")
    assert ask(site, "/numbers", Cookie=cookie).status == 302
    assert sign_in(site).status == 401


def test_guesses_wait_longer_each_time() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for _ in range(FREE_ATTEMPTS - 1):
        attempts.failed("as ada")
    assert attempts.wait("as ada", "from here") == 0
    waits = []
    for _ in range(4):
        attempts.failed("as ada")
        waits.append(attempts.wait("as ada", "from here"))
    assert waits == [1, 2, 4, 8]
    now[0] += 8
    assert attempts.wait("as ada") == 0
    attempts.succeeded("as ada")
    attempts.failed("as ada")
    assert attempts.wait("as ada") == 0


def test_too_many_guesses_are_not_even_looked_at(run_site: Any, open_page: Any) -> None:
    site = run_site(
        browser_url="http://claude.example.org",
        prepare=lambda settings: add_user(users_path(settings), "ada", PASSWORD),
    )
    statuses = [sign_in(site, "wrong password").status for _ in range(FREE_ATTEMPTS + 1)]
    assert statuses[:FREE_ATTEMPTS] == [401] * FREE_ATTEMPTS
    assert statuses[-1] == 429
    # The right one has to wait as well: else waiting would tell that a guess was right.
    assert sign_in(site).status == 429


def test_behind_a_published_port_one_person_s_guesses_lock_nobody_else_out(run_site: Any) -> None:
    """Everybody has the gateway's address there; a proxy names the person's own."""

    def two_people(settings: Settings) -> None:
        for name in ("ada", "bob"):
            add_user(users_path(settings), name, PASSWORD)

    site = run_site(
        browser_url="http://claude.example.org", cca_service="browser", prepare=two_people
    )
    for _ in range(FREE_ATTEMPTS):
        assert sign_in(site, "wrong password").status == 401
    assert sign_in(site, "wrong password").status == 429
    assert sign_in(site, name="bob").status == 303
    # By a proxy: whoever guesses many names from one address has to wait for all of them.
    there = {"X_Forwarded_For": "10.1.1.1, 198.51.100.7"}
    for number in range(FREE_ATTEMPTS):
        assert sign_in(site, "wrong password", name=f"guess{number}", **there).status == 401
    assert sign_in(site, name="bob", **there).status == 429
    assert sign_in(site, name="bob", X_Forwarded_For="198.51.100.8").status == 303


@pytest.mark.parametrize(
    "given",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nX: y", "", "/login"],
)
def test_after_signing_in_one_stays_here(given: str) -> None:
    assert own_path(given) == "/"


def test_a_person_signs_in_reads_and_signs_out(site: Any, fresh: None, open_page: Any) -> None:
    page = open_page(f"{site.url}/?session={SESSION}")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**/?session={SESSION}")
    page.get_by_text("The secret prompt").wait_for()


def test_an_open_page_is_answered_no_more_once_its_user_is_out(
    site: Any, fresh: None, open_page: Any, new_story: Any
) -> None:
    page = open_page(f"{site.url}/login")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator(".live", has_text="Live").wait_for(timeout=30_000)
    remove_user(users_path(site.settings), "ada")
    page.locator("a.row", has_text="Secret plan").click()
    page.locator(".live", has_text="Not connected").wait_for(timeout=30_000)
    assert page.get_by_text("The secret prompt").count() == 0


def test_passwords_are_kept_hashed_in_a_private_file(settings: Settings) -> None:
    path = users_path(settings)
    add_user(path, "ada", PASSWORD)
    add_user(path, "bob", PASSWORD)
    stored = read_users(path)
    assert PASSWORD not in path.read_text()
    assert stored["ada"] != stored["bob"], "each has a salt of its own"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "short"), ("a/b", PASSWORD), ("", PASSWORD)]
)
def test_weak_passwords_and_odd_names_are_refused(
    settings: Settings, name: str, password: str
) -> None:
    with pytest.raises(SettingError):
        add_user(users_path(settings), name, password)


def test_the_command_makes_lists_and_removes_users(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cca import settings as module  # noqa: PLC0415
    from cca.cli.browser import browser  # noqa: PLC0415

    monkeypatch.setattr(module, "get_settings", lambda: settings)
    run = CliRunner().invoke
    assert run(browser, ["--add-user", "ada"], input=f"{PASSWORD}\n").exit_code == 0
    assert run(browser, ["--users"]).output == "ada\n"
    assert run(browser, ["--remove-user", "ada"]).exit_code == 0
    assert json.loads(Path(users_path(settings)).read_text()) == {}


def test_no_handler_of_ours_was_forgotten(site: Any) -> None:
    """Whatever is served one day is behind the sign-in without anybody thinking of it."""
    desk: Any = SimpleNamespace(settings=site.settings)
    literal = [
        pattern
        for pattern, *_ in [*routes(desk), *more_routes(desk)]
        if re.fullmatch(r"[\w/-]+", pattern)
    ]
    assert {"/api/window", "/api/export", "/api/annotations"} <= set(literal)
    for path in set(literal) - {"/healthz"}:
        assert ask(site, path).status in {302, 401}, path
        assert ask(site, path, {}).status in {302, 401}, path
