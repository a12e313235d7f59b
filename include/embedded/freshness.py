"""How far the archive is ahead of what is published."""

from dataclasses import dataclass
from datetime import datetime

from pymongo import DESCENDING
from pymongo.errors import PyMongoError

from include import archive
from include.embedded import mongod
from include.extract.manifest import published_mark
from include.settings import Settings


@dataclass(frozen=True)
class Freshness:
    """Newest document of the archive, and up to where gold holds it; None where there is none."""

    newest_at: datetime | None
    published_at: datetime | None

    @property
    def is_behind(self) -> bool:
        """Whether documents came that no published gold file holds."""
        if self.newest_at is None:
            return False
        return self.published_at is None or self.newest_at > self.published_at


def freshness(settings: Settings) -> Freshness:
    """Look at both; a MongoDB that is down has no newest document to tell."""
    return Freshness(_newest_ingested(settings), published_mark(settings))


def _newest_ingested(settings: Settings) -> datetime | None:
    uri = settings.mongo_uri or mongod.running_uri(settings)
    if uri is None:
        return None
    with archive.connect(uri) as client:
        try:
            newest = archive.conversations(client, settings).find_one(
                {"ingestedAt": {"$type": "date"}},
                {"ingestedAt": 1},
                sort=[("ingestedAt", DESCENDING)],
            )
        except PyMongoError:
            return None
    return newest["ingestedAt"] if newest else None
