"""Versions of entries: a file that is read again from its start stores changed entries again.

Each entry is shown once, where it first stood, as it was last written.
"""

from collections.abc import Iterable

from pymongo.collection import Collection

from cca.conversation.order import ORDER
from cca.mongo.archive import Document
from cca.transcript.values import mended

_NAMES = {"stream": 1, "uuid": 1, "generation": 1}


def versions(
    entries: Collection[Document], base: Document, uuids: Iterable[str] | None = None
) -> dict[str, str]:
    """Returns what stands for each document that has versions: document id → document id.

    The first of them stands for the last; the others have "" and are not shown. `uuids` are those
    to look at, all without. A session that was read once costs one query.
    """
    reread = {**base, "generation": {"$gt": 0}}
    if entries.find_one(reread, {"_id": 1}) is None:
        return {}
    wanted: Document = {"$type": "string"} if uuids is None else {"$in": list(map(mended, uuids))}
    copies: dict[tuple[str, str], list[Document]] = {}
    for copy in entries.find({**base, "uuid": wanted}, _NAMES).sort(list(ORDER)):
        # MongoDB also finds lists of strings.
        if isinstance(copy["uuid"], str):
            copies.setdefault((copy["stream"], copy["uuid"]), []).append(copy)
    shown: dict[str, str] = {}
    for same in copies.values():
        # One uuid twice in one reading is two entries.
        if len({copy["generation"] for copy in same}) > 1:
            shown |= dict.fromkeys((str(copy["_id"]) for copy in same), "")
            shown[str(same[0]["_id"])] = str(same[-1]["_id"])
    return shown
