"""The archive as Airflow knows it: its address, and news of what arrives there."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent
from asgiref.sync import sync_to_async

from cca.errors import CcaError
from cca.settings import Settings, get_settings

CONNECTION = "cca_mongo"
_LOOK_SECONDS = 60.0
_used: dict[str, str] = {}


def mongo(settings: Settings) -> AbstractContextManager[str]:
    """The archive's address: connection `cca_mongo` where there is one, else by the settings."""
    from cca.mongo.server import serving_mongo

    uri = connected_uri()
    _used["uri"] = uri or settings.mongo_uri
    return nullcontext(uri) if uri else serving_mongo(settings)


def used_uri() -> str:
    """Return the address that this process's task used; empty: the embedded server.

    After the end of a task Airflow is not asked for a connection again.
    """
    return _used.get("uri", "")


def connected_uri() -> str | None:
    """The address of connection `cca_mongo`; None where there is no such connection."""
    from airflow.providers.mongo.hooks.mongo import MongoHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return str(MongoHook(CONNECTION).uri)
    except AirflowNotFoundException:
        return None


class ArrivedTrigger(BaseEventTrigger):
    """Tells of documents that are not published yet, at most once in so many minutes."""

    def __init__(self, minutes: float, look_seconds: float = _LOOK_SECONDS) -> None:
        super().__init__()
        self.minutes = minutes
        self.look_seconds = look_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments, from which any triggerer makes this trigger again."""
        arguments = {"minutes": self.minutes, "look_seconds": self.look_seconds}
        return f"{type(self).__module__}.{type(self).__name__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look for ever; what arrives shortly after news waits for the next."""
        # What is there at the start is the business of whoever started the stack.
        told_at = time.monotonic()
        while True:
            await asyncio.sleep(self.look_seconds)
            if time.monotonic() - told_at < self.minutes * 60:
                continue
            if newest := await sync_to_async(_unpublished)():
                told_at = time.monotonic()
                yield TriggerEvent({"newest_at": newest})


def _unpublished() -> str | None:
    from cca.gold.freshness import freshness

    try:
        state = freshness(get_settings(), connected_uri())
    except CcaError:
        # MongoDB may be away for a while: look again
        return None
    return str(state.newest_at) if state.is_behind else None
