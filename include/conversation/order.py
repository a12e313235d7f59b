"""The reading order of a session's entries, and which streams make up a conversation."""

import re

from pymongo.collection import Collection

from cca.mongo.archive import Document
from cca.transcript.agents import agent_of_file

# A file's own order, not its clocks: about one line in ten is stamped before the line above it.
ORDER = (("stream", 1), ("generation", 1), ("sourceOffset", 1))
# A transcript's stream ends in the file's stem, that of a small file beside it in its whole name.
_SIDE_FILE = re.compile(r"\.(json|txt|png|js|md)$")


def streams_of(entries: Collection[Document], session_id: str) -> list[str]:
    """Returns the names of all streams of a session, those of its small files too."""
    return sorted(map(str, entries.distinct("stream", {"sessionKey": session_id})))


def transcript_streams(
    entries: Collection[Document], session_id: str, agent: str = ""
) -> list[str]:
    """Returns the streams of a session's main conversation, or of one of its subagents."""
    names = streams_of(entries, session_id)
    return [name for name in names if is_transcript(name) and agent_of_stream(name) == agent]


def is_transcript(stream: str) -> bool:
    """Tells whether a stream holds transcript lines, not a small file beside a transcript."""
    return _SIDE_FILE.search(stream) is None


def agent_of_stream(stream: str) -> str:
    """Returns the subagent whose stream this is; "" for a main conversation."""
    return agent_of_file(stream) or ""


def beyond(document: Document, direction: int) -> Document:
    """Returns the filter for what is strictly after (or before) a document in `ORDER`.

    A keyset, which an index walks; `direction` is 1 or -1.
    """
    sign = "$gt" if direction > 0 else "$lt"
    equal: Document = {}
    ways = []
    for name, _ in ORDER:
        ways.append({**equal, name: {sign: document[name]}})
        equal[name] = document[name]
    return {"$or": ways}
