"""Whether a follower runs, and how many entries its index does not hold yet."""

from dataclasses import dataclass

from pymongo.collection import Collection

from cca.mongo import erasures
from cca.mongo.archive import Document
from cca.search import home as homes
from cca.settings import Settings

# Beyond this it does not matter how many wait.
MOST_WAITING = 10_000


@dataclass(frozen=True)
class FollowerState:
    """`is_running` is None where no follower ever told; `waiting` ends at `MOST_WAITING`."""

    is_running: bool | None
    waiting: int

    @property
    def is_behind(self) -> bool:
        """Tells whether entries wait for a follower that does not run."""
        return bool(self.waiting) and self.is_running is False


def follower_state(settings: Settings, entries: Collection[Document]) -> FollowerState | None:
    """Returns the state of the follower that keeps this index; None while there is no index."""
    home = homes.current(settings.search_dir)
    if home is None:
        return None
    place = ("search", settings.cca_host, str(settings.search_dir))
    known = erasures.stores(entries.database)
    own = [one for one in known if (one.kind, one.host, one.path) == place]
    is_running = bool(erasures.running(entries.database, own)) if own else None
    position = home.position()
    after: Document = {}
    if position is not None:
        at, last = position.ingested_at, position.id
        after = {"$or": [{"ingestedAt": {"$gt": at}}, {"ingestedAt": at, "_id": {"$gt": last}}]}
    return FollowerState(is_running, entries.count_documents(after, limit=MOST_WAITING))
