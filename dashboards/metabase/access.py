"""Getting into a Metabase: wait for it, set a new one up or sign in, and keep an API key."""

import time
from collections.abc import Callable
from typing import Any

from cca.errors import ServiceDown, SettingError
from cca.publish.metabase import Metabase
from cca.publish.metabase_key import keep_key, known_key
from cca.settings import Settings

KEY_NAME = "cca"
_POLL_SECONDS = 1.0
# Only since this release it tells which group the administrators are.
_OLDEST = (0, 55)


def await_health(metabase: Metabase, wait_seconds: float, say: Callable[[str], None]) -> None:
    """Wait until it answers: a first start takes a minute or two."""
    deadline = time.monotonic() + wait_seconds
    while not metabase.is_healthy():
        if time.monotonic() >= deadline:
            message = (
                f"Metabase at {metabase.url} does not answer; start it, or set METABASE_URL "
                "(a first start takes a minute or two: --wait 300)"
            )
            raise ServiceDown(message)
        say(f"waiting for Metabase at {metabase.url}")
        time.sleep(_POLL_SECONDS)


def is_new(metabase: Metabase) -> bool:
    """Tells whether nobody has set it up yet."""
    properties = metabase.get("/api/session/properties")
    _require_recent(metabase, properties)
    return not properties.get("has-user-setup", properties.get("setup-token") is None)


def sign_in(metabase: Metabase, settings: Settings, *, keep: bool) -> None:
    """With the key there is, else by setting up or signing in; `keep` makes and keeps a key."""
    if key := known_key(settings):
        metabase.use_key(key)
        if metabase.is_signed_in():
            return
        if settings.metabase_api_key:
            raise SettingError(f"Metabase at {metabase.url} refuses METABASE_API_KEY")
    _begin_session(metabase, settings)
    if keep:
        key = _own_key(metabase)
        keep_key(settings, key)
        metabase.use_key(key)


def _begin_session(metabase: Metabase, settings: Settings) -> None:
    if not settings.metabase_password:
        message = (
            f"Metabase at {metabase.url} wants a sign-in: set METABASE_PASSWORD for "
            f"METABASE_EMAIL={settings.metabase_email}, or METABASE_API_KEY"
        )
        raise SettingError(message)
    if is_new(metabase):
        metabase.use_session(_set_up(metabase, settings))
        return
    body = {"username": settings.metabase_email, "password": settings.metabase_password}
    metabase.use_session(str(metabase.post("/api/session", body)["id"]))


def _set_up(metabase: Metabase, settings: Settings) -> str:
    token = metabase.get("/api/session/properties")["setup-token"]
    user = {
        "email": settings.metabase_email,
        "password": settings.metabase_password,
        "first_name": "cca",
        "last_name": "admin",
    }
    body = {"token": token, "user": user, "prefs": {"site_name": "Claude Code analytics"}}
    return str(metabase.post("/api/setup", body)["id"])


def _own_key(metabase: Metabase) -> str:
    """Creates a key under our name, and replaces one whose text was lost."""
    groups = metabase.get("/api/permissions/group")
    admins = next(each["id"] for each in groups if each.get("magic_group_type") == "admin")
    known = [each["id"] for each in metabase.get("/api/api-key") if each["name"] == KEY_NAME]
    if known:
        return str(metabase.put(f"/api/api-key/{known[0]}/regenerate", {})["unmasked_key"])
    body = {"name": KEY_NAME, "group_id": admins}
    return str(metabase.post("/api/api-key", body)["unmasked_key"])


def _require_recent(metabase: Metabase, properties: dict[str, Any]) -> None:
    tag = str((properties.get("version") or {}).get("tag", ""))
    numbers = tuple(int(part) for part in tag.lstrip("v").split(".")[:2] if part.isdecimal())
    if numbers and numbers < _OLDEST:
        message = f"Metabase at {metabase.url} is {tag}; cca needs v0.55 or newer"
        raise ServiceDown(message)
