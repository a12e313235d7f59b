"""Which session is meant by what a person types, and what is near where there is none."""

import re

from pymongo.collection import Collection

from cca.errors import NotFound
from cca.mongo import erasures
from cca.mongo.archive import Document
from cca.projects import near
from cca.selection import Selection


def named(conversations: Collection[Document], wanted: str) -> str:
    """Returns the key of a session: given whole, or as the name of its file.

    A file that is not named by a UUID has a key with its machine and folder in front, such as
    `laptop/-home-ada-web/notes`. An erasure that is not finished names its session too. What nobody
    knows is returned as it is.

    Raises:
        NotFound: Several files are named so.

    """
    if conversations.find_one({"sessionKey": wanted}, {"_id": 1}):
        return wanted
    of_file = re.compile(rf"/{re.escape(wanted.removesuffix('.jsonl'))}$")
    found = set(conversations.distinct("sessionKey", {"sessionKey": of_file}))
    asked = (one for one in erasures.requests(conversations.database) if not one.is_done)
    found |= {one.selection.session for one in asked if of_file.search(one.selection.session)}
    if len(found) > 1:
        raise NotFound(f"several sessions are named {wanted!r}: {', '.join(sorted(found))}")
    return found.pop() if found else wanted


def unknown(conversations: Collection[Document], selection: Selection) -> list[str]:
    """Returns a sentence for each name of a selection that the archive does not know."""
    fields = {"session": "sessionKey", "project": "projectId", "host": "host"}
    given = {fields[what]: (what, name) for what, name in selection.given().items() if name}
    sentences = []
    for field, (what, name) in given.items():
        if conversations.find_one({field: name}, {"_id": 1}) is None:
            close = near(name, [str(one) for one in conversations.distinct(field)])
            sentences.append(f"The archive knows no {what} {name!r}{close}.")
    return sentences
