"""A small OpenID Connect provider: honest unless told otherwise, and strict with its client."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "cca browser", "a secret: with/odd characters"


@dataclass
class Provider:
    """`claims` become the token's; `sign` writes it; both may be replaced to attack."""

    issuer: str = ""
    key: Any = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    claims: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[dict[str, Any], Any], str] | None = None
    userinfo: dict[str, Any] | None = None
    error: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def described(self) -> dict[str, Any]:
        address = {"userinfo_endpoint": f"{self.issuer}/me"} if self.userinfo else {}
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/sign-in",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys", **address,
        }  # fmt: skip

    def keys(self) -> dict[str, Any]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]}

    def answer(self, query: dict[str, str]) -> str:
        """Where a person who has just signed in is sent."""
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        given = self.error or {"code": code}
        return f"{query['redirect_uri']}?{urlencode({**given, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """A code is worth a token once, to the client that can show secret and verifier."""
        query = self.codes.pop(form.get("code", ""), None)
        name, _, secret = (
            base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        )
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_right = query is not None and (
            (_plain(name), _plain(secret)) == (CLIENT, SECRET)
            and challenge == query["code_challenge"]
            and form["redirect_uri"] == query["redirect_uri"]
        )
        if query is None or not is_right:
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": "7", "iat": now, "exp": now + 300,
            "nonce": query["nonce"], "email": "Ada@Example.org", "email_verified": True,
            **self.claims,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        token = (self.sign or signed)(claims, self.key)
        return {"access_token": "at", "token_type": "Bearer", "id_token": token}


def signed(claims: dict[str, Any], key: Any) -> str:
    return jwt.encode(claims, key, "RS256", headers={"kid": "k1"})


def _plain(text: str) -> str:
    return unquote(text.replace("+", " "))


@contextmanager
def provider() -> Iterator[Provider]:
    """Serves until the block ends."""
    own = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            own.asked.append(parts.path)
            if parts.path == "/sign-in":
                # A person's click, so that this is a page of another site as it would be.
                link = f'<a href="{own.answer(query)}">I am Ada</a>'.replace("&", "&amp;")
                self.reply(f'<!doctype html><link rel="icon" href="data:,">{link}', "text/html")
                return
            found = {
                "/.well-known/openid-configuration": own.described,
                "/keys": own.keys,
                "/me": lambda: own.userinfo,
            }[parts.path]
            self.reply(json.dumps(found()))

        def do_POST(self) -> None:
            own.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            found = own.token(form, self.headers.get("Authorization", ""))
            refusal = {"error": "invalid_grant", "error_description": "The code is worth nothing"}
            self.reply(json.dumps(found or refusal), status=200 if found else 400)

        def reply(self, text: str, kind: str = "application/json", status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        # Another site than 127.0.0.1, as providers are.
        own.issuer = f"http://localhost:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield own
        server.shutdown()
        thread.join()
