"""Metabase's API, and telling it of each new gold file without ever waiting for it."""

import logging
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from cca.errors import CcaError, ServiceDown, SettingError
from cca.publish.metabase_key import known_key
from cca.settings import Settings

log = logging.getLogger(__name__)

DATABASE_NAME = "Claude Code"
# Publishing goes on after this, whatever Metabase does.
_PUBLISH_SECONDS = 5
_SHOWN_CHARS = 300


class Metabase:
    """A connection to one Metabase; every failure names the address and the setting."""

    def __init__(self, url: str, *, timeout_seconds: float = 60) -> None:
        self.url = url.rstrip("/")
        self._client = httpx.Client(base_url=self.url, timeout=timeout_seconds, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def use_key(self, key: str) -> None:
        """Sign every request with an API key."""
        self._client.headers["x-api-key"] = key

    def use_session(self, session: str) -> None:
        """Sign every request with a session."""
        self._client.headers.pop("x-api-key", None)
        self._client.headers["X-Metabase-Session"] = session

    def is_healthy(self) -> bool:
        """Tells whether it answers and has finished starting."""
        try:
            return self._client.get("/api/health").status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def is_signed_in(self) -> bool:
        """Tells whether the key or session is accepted."""
        try:
            status = self._client.get("/api/user/current").status_code
        except httpx.HTTPError as error:
            raise self._down(error) from error
        return status == httpx.codes.OK

    def get(self, path: str, **query: Any) -> Any:
        return self._call("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._call("POST", path, json=body or {})

    def put(self, path: str, body: dict[str, Any]) -> Any:
        return self._call("PUT", path, json=body)

    def _call(self, method: str, path: str, **options: Any) -> Any:
        try:
            answer = self._client.request(method, path, **options)
        except httpx.HTTPError as error:
            raise self._down(error) from error
        if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            message = (
                f"Metabase at {self.url} refuses {method} {path} ({answer.status_code}): check "
                "METABASE_API_KEY, or METABASE_EMAIL and METABASE_PASSWORD; it must be an "
                "administrator"
            )
            raise SettingError(message)
        if answer.is_error:
            said = answer.text[:_SHOWN_CHARS]
            raise ServiceDown(
                f"Metabase at {self.url}: {method} {path}: {answer.status_code} {said}"
            )
        return answer.json() if answer.content else None

    def _down(self, error: httpx.HTTPError) -> ServiceDown:
        said = str(error) or type(error).__name__
        return ServiceDown(
            f"Metabase at {self.url} does not answer ({said}); start it, or set METABASE_URL"
        )


def find_database(metabase: Metabase) -> dict[str, Any] | None:
    """Our database, as Metabase has it."""
    found = metabase.get("/api/database")["data"]
    ours = (each for each in found if each["name"] == DATABASE_NAME and each["engine"] == "duckdb")
    return next(ours, None)


def details(settings: Settings, gold: Path) -> dict[str, Any]:
    """How Metabase opens a gold file; an option its driver does not know would break it."""
    return {
        # By its number: the link's old target would stay open for as long as anyone looks.
        "database_file": str(settings.gold_dir_in_metabase / gold.name),
        "read_only": True,
        "old_implicit_casting": True,
    }


def point_to(settings: Settings, gold: Path) -> bool:
    """Have Metabase read a new gold file; where it cannot be told, it goes on with the old one."""
    if not (key := known_key(settings)):
        return False
    try:
        with Metabase(settings.metabase_url, timeout_seconds=_PUBLISH_SECONDS) as metabase:
            metabase.use_key(key)
            if (database := find_database(metabase)) is None:
                return False
            metabase.put(f"/api/database/{database['id']}", {"details": details(settings, gold)})
    except (CcaError, KeyError, TypeError, ValueError) as error:
        log.warning("%s; it shows the gold file before, `cca metabase provision` mends it", error)
        return False
    return True
