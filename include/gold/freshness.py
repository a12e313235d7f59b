"""Tells how far the archive is ahead of the published gold file."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pymongo import DESCENDING
from pymongo.errors import PyMongoError

from cca.errors import WarehouseError
from cca.gold.state import published_high_water_mark
from cca.mongo import archive, server
from cca.settings import Settings


@dataclass(frozen=True)
class Freshness:
    """Arrival time of the newest document, and up to which gold holds everything; None for none.

    `is_archive_seen` tells whether MongoDB answered.
    """

    newest_at: datetime | None
    published_at: datetime | None
    is_archive_seen: bool = True

    @property
    def is_behind(self) -> bool:
        """Tells whether documents arrived that gold does not hold."""
        if self.newest_at is None:
            return False
        return self.published_at is None or self.newest_at > self.published_at


def freshness(settings: Settings, uri: str | None = None) -> Freshness:
    """Ask MongoDB and gold's state; a MongoDB that is down counts as one without documents."""
    newest, is_seen = _newest_ingested(settings, uri)
    return Freshness(newest, published_high_water_mark(settings), is_seen)


def require_fresh(settings: Settings, uri: str, stale_after: timedelta) -> str:
    """Return up to when gold is fresh.

    Raises:
        WarehouseError: A document has waited for longer than `stale_after`.
        ServiceDown: MongoDB does not answer.

    """
    published, limit = published_high_water_mark(settings), datetime.now(UTC) - stale_after
    waiting: dict[str, datetime] = {"$lt": limit} | ({"$gt": published} if published else {})
    with archive.connect(uri) as client:
        archive.require(client, uri)
        found = archive.conversations(client, settings).find_one(
            {"ingestedAt": waiting}, {"ingestedAt": 1}, sort=[("ingestedAt", 1)]
        )
    if found is None:
        return f"published up to {published or 'nothing'}, and nothing waits since {limit}"
    message = (
        f"entries that came at {found['ingestedAt']:%Y-%m-%d %H:%M} UTC are not published yet "
        f"(STALE_HOURS); see the last runs of conversation_pipeline, or `cca status`"
    )
    raise WarehouseError(message)


def _newest_ingested(settings: Settings, uri: str | None) -> tuple[datetime | None, bool]:
    uri = uri or settings.mongo_uri or server.running_uri(settings)
    if uri is None:
        return None, False
    with archive.connect(uri) as client:
        try:
            newest = archive.conversations(client, settings).find_one(
                {"ingestedAt": {"$type": "date"}},
                {"ingestedAt": 1},
                sort=[("ingestedAt", DESCENDING)],
            )
        except PyMongoError:
            return None, False
    return (newest["ingestedAt"] if newest else None), True
