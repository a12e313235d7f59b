"""MongoDB, the archive: connection and collections."""

from datetime import UTC, datetime
from typing import Any

from bson.codec_options import CodecOptions, DatetimeConversion
from gridfs import GridFSBucket, NoFile
from pymongo import MongoClient, WriteConcern
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import PyMongoError

from cca.errors import ServiceDown, SettingError
from cca.settings import Settings

Document = dict[str, Any]

# Collections beside the entries. Stars, tags and notes of people:
ANNOTATIONS = "annotations"
# What status lines recorded: the plan's limits. No part of any conversation.
LIMITS = "limits"
# What the follower derives for the list, and what it and other stores record.
SESSIONS, ACTIVITY, FOLLOWER = "sessions", "activity", "follower"
# Erasure requests, and the ids of the documents that were deleted for them.
ERASURES, ERASED_IDS = "forgotten", "forgotten_ids"
_NOT_FOR_ENTRIES = frozenset((
    *(ANNOTATIONS, LIMITS, SESSIONS, ACTIVITY, FOLLOWER, ERASURES, ERASED_IDS),
    # Long lines, and MongoDB's own.
    *("fs", "system"),
))  # fmt: skip

# The index of arrivals, the order in which everything that follows the archive reads it.
ARRIVALS = [("ingestedAt", 1), ("_id", 1)]
# The index of places: a session's entries, in the order of its streams.
PLACES = [("sessionKey", 1), ("stream", 1), ("generation", 1), ("sourceOffset", 1)]
# The index that says which sessions hold an entry, without a look at a document.
HOLDERS = [("uuid", 1), ("sessionKey", 1)]
# A time that Python cannot hold becomes something else than a time, and ends nobody's reading.
_IN_UTC = CodecOptions[Document](
    tz_aware=True, tzinfo=UTC, datetime_conversion=DatetimeConversion.DATETIME_AUTO
)
# Times are UTC and name no zone: with it they take as long to decode as all other fields.
WITHOUT_ZONES = CodecOptions[Document](datetime_conversion=DatetimeConversion.DATETIME_AUTO)


def connect(uri: str, *, timeout_ms: int = 1500) -> MongoClient[Document]:
    """A client whose times are aware and in UTC; nothing is sent before its first use."""
    if not uri.startswith(("mongodb://", "mongodb+srv://")):
        raise SettingError(
            "MONGO_URI is no connection string, such as mongodb://host:27017/; set it to one, or "
            "unset it for cca's own MongoDB"
        )
    try:
        return MongoClient(
            uri, tz_aware=True, tzinfo=UTC, serverSelectionTimeoutMS=timeout_ms, appname="cca"
        )
    except (PyMongoError, ValueError) as error:
        # The string itself may hold a password.
        raise SettingError(f"MONGO_URI cannot be used: {error}") from None


def database(client: MongoClient[Document], settings: Settings) -> Database[Document]:
    """cca's database, times aware and in UTC; what it confirms is on the disk of its server."""
    return client.get_database(
        settings.mongo_db,
        codec_options=_IN_UTC,
        # A stand-alone server confirms sooner than that, if it is not asked.
        write_concern=WriteConcern("majority", j=True),
    )


def conversations(client: MongoClient[Document], settings: Settings) -> Collection[Document]:
    """The collection of entries, one document a transcript record.

    Raises:
        SettingError: MONGO_COLLECTION names one that cca or MongoDB keeps for something else.

    """
    first = settings.mongo_collection.split(".")[0]
    if first in _NOT_FOR_ENTRIES:
        raise SettingError(
            f"MONGO_COLLECTION: {settings.mongo_collection} holds something else; name another one"
        )
    return database(client, settings)[settings.mongo_collection]


def limits_beside(collection: Collection[Document]) -> Collection[Document]:
    """The collection of what status lines recorded, beside that of entries."""
    return collection.database[LIMITS]


def server_time(database: Database[Document]) -> datetime:
    """Return the time by MongoDB's own clock, aware and in UTC."""
    now: datetime = database.command("hello", codec_options=_IN_UTC)["localTime"]
    return now


def arrived(collection: Collection[Document], after: datetime, through: datetime) -> int:
    """Count the documents that came in (after, through]; only the index is read."""
    query = {"ingestedAt": {"$gt": after, "$lte": through}}
    # `count_documents` aggregates, which is several times the work of this command.
    found = collection.database.command("count", collection.name, query=query)
    return int(found["n"])


def whole(collection: Collection[Document], document: Document) -> Document:
    """The document with its line as `rawLine`, where that is so long that GridFS holds it."""
    if "rawFile" not in document:
        return document
    try:
        with GridFSBucket(collection.database).open_download_stream(document["rawFile"]) as file:
            return document | {"rawLine": file.read()}
    except NoFile:
        return document


def require(client: MongoClient[Document], uri: str) -> None:
    """Raise ServiceDown, naming the server without its password, unless it answers."""
    try:
        client.admin.command("ping")
    except PyMongoError as error:
        address = uri.rsplit("@", 1)[-1].split("?", 1)[0]
        message = (
            f"MongoDB at {address} does not answer; check MONGO_URI, "
            "or start cca's own with `cca up --only mongo`"
        )
        raise ServiceDown(message) from error
