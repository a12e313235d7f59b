"""Signing in with an OpenID Connect provider: as it should go, and every way it must not."""

import base64
import hashlib
import hmac
import http.client
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from cca.dashboards.browser.guard import check_address
from cca.dashboards.browser.oidc import Allowed, Person, Provider, provider_of
from cca.dashboards.browser.signin import FREE_ATTEMPTS, Gate
from cca.dashboards.browser.users import add_user, users_path
from cca.errors import SettingError
from cca.settings import Settings
from tests.dashboards.browser import provider as stub

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def provider() -> Iterator[stub.Provider]:
    with stub.provider() as running:
        yield running


@pytest.fixture
def honest(provider: stub.Provider) -> Iterator[stub.Provider]:
    """What a test changes about the provider is over with it."""
    yield provider
    provider.claims, provider.error, provider.sign, provider.userinfo = {}, {}, None, None


@pytest.fixture(scope="module")
def site(run_site: Any, provider: stub.Provider) -> Any:
    return run_site(
        oidc_issuer=provider.issuer,
        oidc_client_id=stub.CLIENT,
        oidc_client_secret=stub.SECRET,
        oidc_allowed="ada@example.org, @team.example, sub:42",
    )


class Visitor:
    """A browser without a screen: keeps cookies and follows nothing by itself.

    Each has an address of its own, so that the refusals of one make no other wait.
    """

    _numbers = itertools.count(2)

    def __init__(self, site: Any) -> None:
        self.port = site.settings.browser_port
        self.address = f"127.0.0.{next(self._numbers)}"
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> Any:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=30, source_address=(self.address, 0)
        )
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request("GET", path, headers={"Cookie": cookies} if cookies else {})
        answer = connection.getresponse()
        answer.body = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(line).items():
                self.cookies.pop(name, None)
                if morsel.value:
                    self.cookies[name] = morsel.value
        return answer

    def start(self, after: str = "/numbers") -> dict[str, str]:
        """What the provider is asked."""
        address = self.get(f"/login/oidc?next={quote(after, safe='')}").headers["Location"]
        return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}

    def come_back(self, provider: stub.Provider, query: dict[str, str]) -> Any:
        back = urlsplit(provider.answer(query))
        return self.get(f"{back.path}?{back.query}")

    def sign_in(self, provider: stub.Provider) -> Any:
        return self.come_back(provider, self.start())

    @property
    def is_in(self) -> bool:
        return self.get("/numbers").status == 200


def test_a_person_goes_to_the_provider_and_comes_back_to_where_they_were(
    site: Any, provider: stub.Provider, open_page: Any
) -> None:
    page = open_page(f"{site.url}/numbers?days=7")
    assert page.get_by_label("Password").count() == 0
    page.get_by_role("link", name=f"Sign in with {urlsplit(provider.issuer).netloc}").click()
    page.get_by_role("link", name="I am Ada").click()
    page.wait_for_url("**/numbers?days=7")
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert set(cookies) == {"cca_user"}
    assert (cookies["cca_user"]["sameSite"], cookies["cca_user"]["httpOnly"]) == ("Strict", True)


def test_the_request_is_bound_to_this_browser(site: Any) -> None:
    first, second = Visitor(site), Visitor(site)
    query = first.start()
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    assert query["redirect_uri"] == f"http://127.0.0.1:{first.port}/login/oidc/return"
    other = second.start()
    for name in ("state", "nonce", "code_challenge"):
        assert query[name] != other[name]
        assert len(query[name]) >= 43


def test_sign_in_fails_with_a_wrong_or_missing_state(site: Any, honest: stub.Provider) -> None:
    victim, attacker = Visitor(site), Visitor(site)
    theirs = urlsplit(honest.answer(attacker.start()))
    asked = len(honest.asked)
    assert victim.get(f"{theirs.path}?{theirs.query}").status == 400, "without any cookie"
    victim.start()
    assert victim.get(f"{theirs.path}?{theirs.query}").status == 400, "with that of another state"
    assert not victim.is_in
    query = victim.start()
    code = parse_qs(urlsplit(honest.answer(query)).query)["code"][0]
    assert victim.get(f"/login/oidc/return?code={code}").status == 400
    assert honest.asked[asked:].count("/token") == 0, "no code was even tried"


def test_an_answer_counts_once(site: Any, honest: stub.Provider) -> None:
    visitor = Visitor(site)
    query = visitor.start()
    kept = dict(visitor.cookies)
    back = urlsplit(honest.answer(query))
    assert visitor.get(f"{back.path}?{back.query}").status == 200
    assert visitor.is_in
    thief = Visitor(site)
    thief.cookies = kept
    assert thief.get(f"{back.path}?{back.query}").status == 400
    assert not thief.is_in


def test_a_replayed_code_is_refused_by_its_provider(site: Any, honest: stub.Provider) -> None:
    visitor = Visitor(site)
    code = parse_qs(urlsplit(honest.answer(visitor.start())).query)["code"][0]
    honest.codes.pop(code)
    state = visitor.start()["state"]
    answer = visitor.get(f"/login/oidc/return?code={code}&state={state}")
    assert (answer.status, "The code is worth nothing" in answer.body) == (403, True)


def unsigned(claims: dict[str, Any], _: Any) -> str:
    return jwt.encode(claims, None, "none")


def by_somebody_else(claims: dict[str, Any], _: Any) -> str:
    return stub.signed(claims, rsa.generate_private_key(65537, 2048))


def with_the_secret(claims: dict[str, Any], _: Any) -> str:
    """HS256: whoever knows the client's secret could write such a token."""
    return jwt.encode(claims, stub.SECRET.ljust(32), "HS256", headers={"kid": "k1"})


def with_the_public_key(claims: dict[str, Any], key: Any) -> str:
    """The public key as if it were a shared secret; by hand, as PyJWT refuses to."""
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    public = key.public_key().public_bytes(*form)
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "k1"}, claims)]
    signed = b".".join(map(_written, parts))
    return (signed + b"." + _written(hmac.digest(public, signed, hashlib.sha256))).decode()


def _written(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


@pytest.mark.parametrize("sign", [unsigned, by_somebody_else, with_the_secret, with_the_public_key])
def test_a_token_that_the_provider_did_not_sign_is_worth_nothing(
    site: Any, honest: stub.Provider, sign: Any
) -> None:
    honest.sign = sign
    visitor = Visitor(site)
    answer = visitor.sign_in(honest)
    assert (answer.status, "cannot be trusted" in answer.body) == (403, True)
    assert not visitor.is_in


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"nonce": "another"}, "belongs to another sign-in"),
        ({"nonce": None}, "belongs to another sign-in"),
        ({"aud": "another client"}, "cannot be trusted"),
        ({"aud": [stub.CLIENT, "another"]}, "meant for somebody else"),
        ({"azp": "another"}, "meant for somebody else"),
        ({"iss": "https://evil.example"}, "cannot be trusted"),
        ({"exp": int(time.time()) - 3600}, "cannot be trusted"),
        ({"exp": None}, "cannot be trusted"),
        ({"sub": None}, "cannot be trusted"),
        ({"email": "eve@evil.example"}, "eve@evil.example may not read here"),
        ({"email": "ada@example.org.evil.example"}, "may not read here"),
        ({"email": "x@notteam.example"}, "may not read here"),
        ({"email_verified": False}, "verified address"),
        ({"email_verified": None}, "verified address"),
        ({"email": "<img src=x onerror=alert(1)>@evil.example"}, "&lt;img src=x"),
        ({"email": None}, "sub:7 may not read here"),
    ],
)
def test_a_token_for_another_time_place_or_person_is_worth_nothing(
    site: Any, honest: stub.Provider, claims: dict[str, Any], said: str
) -> None:
    honest.claims = claims
    visitor = Visitor(site)
    answer = visitor.sign_in(honest)
    assert (answer.status, said in answer.body) == (403, True)
    assert "cca_user" not in visitor.cookies
    assert not visitor.is_in


@pytest.mark.parametrize(
    "claims", [{"email": "Bob@Team.Example"}, {"sub": "42", "email": None},
               {"email_verified": "true"}]
)  # fmt: skip
def test_an_allowed_person_can_sign_in(
    site: Any, honest: stub.Provider, claims: dict[str, Any]
) -> None:
    honest.claims = claims
    visitor = Visitor(site)
    assert visitor.sign_in(honest).status == 200
    assert visitor.is_in


def test_an_address_may_come_from_userinfo_but_only_that_of_the_same_person(
    run_site: Any, honest: stub.Provider
) -> None:
    honest.claims = {"email": None, "email_verified": None}
    honest.userinfo = {"sub": "7", "email": "ada@example.org", "email_verified": True}
    given = {"oidc_issuer": honest.issuer, "oidc_client_id": stub.CLIENT,
             "oidc_client_secret": stub.SECRET, "oidc_allowed": "ada@example.org"}  # fmt: skip
    site = run_site(
        **given, prepare=lambda settings: add_user(users_path(settings), "bob", PASSWORD)
    )
    assert Visitor(site).sign_in(honest).status == 200
    honest.userinfo |= {"sub": "8"}
    visitor = Visitor(site)
    assert "two different people" in visitor.sign_in(honest).body
    page = visitor.get("/login").body
    assert "Password" in page, "passwords stay beside it"
    assert "Sign in with" in page


def test_refusals_make_the_next_attempt_wait(site: Any, honest: stub.Provider) -> None:
    visitor = Visitor(site)
    honest.claims = {"email": "eve@evil.example"}
    answers = [visitor.sign_in(honest).status for _ in range(FREE_ATTEMPTS + 1)]
    assert answers == [403] * FREE_ATTEMPTS + [429]


def test_what_the_provider_says_is_shown_as_text(site: Any, honest: stub.Provider) -> None:
    honest.error = {"error": "access_denied", "error_description": "<b>No</b> " + "x" * 500}
    answer = Visitor(site).sign_in(honest)
    assert answer.status == 403
    assert "says: &lt;b&gt;No&lt;/b&gt; x" in answer.body
    assert "x" * 250 not in answer.body


@pytest.mark.parametrize("after", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_sign_in_never_redirects_to_another_site(
    site: Any, honest: stub.Provider, after: str
) -> None:
    visitor = Visitor(site)
    answer = visitor.come_back(honest, visitor.start(after))
    assert 'content="0; url=/"' in answer.body
    assert "evil" not in answer.body


def test_a_session_ends_when_the_list_no_longer_holds_its_person(
    site: Any, honest: stub.Provider
) -> None:
    visitor = Visitor(site)
    visitor.sign_in(honest)
    cookie = visitor.cookies["cca_user"]
    for allowed, name in (
        ("ada@example.org", "Ada@Example.org"),
        ("@example.org", "Ada@Example.org"),
        ("bob@example.org", None),
    ):
        settings = site.settings.model_copy(update={"oidc_allowed": allowed})
        assert Gate(settings).named(cookie) == name
    elsewhere = {"oidc_issuer": "https://other.example", "oidc_allowed": "ada@example.org"}
    assert Gate(site.settings.model_copy(update=elsewhere)).named(cookie) is None
    assert Gate(site.settings.model_copy(update={"oidc_issuer": ""})).named(cookie) is None


def test_the_browser_starts_and_reports_a_provider_that_is_down(run_site: Any) -> None:
    site = run_site(
        oidc_issuer="http://127.0.0.1:9", oidc_client_id="x", oidc_allowed="ada@example.org"
    )
    answer = Visitor(site).get("/login/oidc")
    assert (answer.status, "127.0.0.1:9 does not answer" in answer.body) == (502, True)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"oidc_allowed": " , "}, "OIDC_ALLOWED"),
        ({"oidc_client_id": ""}, "OIDC_CLIENT_ID"),
        ({"oidc_issuer": "http://sso.example"}, "https"),
        ({"oidc_client_secret_file": "/nowhere/at/all"}, "OIDC_CLIENT_SECRET_FILE"),
    ],
)
def test_half_a_setting_is_refused_at_the_start(
    settings: Settings, changes: dict[str, str], named: str
) -> None:
    whole = {"oidc_issuer": "https://sso.example", "oidc_client_id": "x", "oidc_allowed": "a@b.c"}
    given = settings.model_copy(update=whole)
    assert isinstance(provider_of(given), Provider)
    refused = Settings.model_validate({**given.model_dump(), **changes})
    with pytest.raises(SettingError, match=named):
        Gate(refused)


@pytest.mark.parametrize("half", [{"oidc_client_id": "x"}, {"oidc_allowed": "@b.c"}])
def test_a_provider_that_was_not_named_does_not_leave_the_browser_open(
    settings: Settings, half: dict[str, str]
) -> None:
    check_address(settings)
    with pytest.raises(SettingError, match="OIDC_ISSUER"):
        check_address(settings.model_copy(update=half))


def test_the_secret_may_stand_in_a_file_and_is_never_shown(settings: Settings) -> None:
    path = settings.cca_home / "secret"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("s3cret\n")
    changes = {"oidc_issuer": "https://sso.example", "oidc_client_id": "x", "oidc_allowed": "a@b.c",
               "oidc_client_secret": "plain", "oidc_client_secret_file": path}  # fmt: skip
    given = settings.model_copy(update=changes)
    provider = provider_of(given)
    assert provider
    assert provider._secret == "s3cret"
    assert "plain" not in repr(given)


def test_names_are_compared_whole() -> None:
    ada = Person("7", "ada@example.org")
    for entry, holds in (
        ("ada@example.org", True), ("example.org", True), ("@example.org", True),
        ("sub:7", True), ("sub:70", False), ("xample.org", False), ("org", False), ("ada", False),
    ):  # fmt: skip
        assert Allowed(frozenset({entry})).holds(ada) is holds
    assert not Allowed(frozenset({"@", "", "@example.org"})).holds(replace(ada, email=""))
