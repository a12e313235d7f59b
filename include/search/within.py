"""Finding a text in one conversation: every place of it, tool calls and their results included."""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from pymongo.collection import Collection

from cca.conversation.order import ORDER, transcript_streams
from cca.conversation.stored import StoredEntry, stored
from cca.conversation.turns import turn_of
from cca.conversation.versions import versions
from cca.mongo.archive import Document
from cca.search.blocks import searchable
from cca.search.patterns import Pattern
from cca.search.typed import understand
from cca.transcript.blocks import is_call, is_result, kind_of
from cca.transcript.entry import ODD_ENTRY

# Texts of the conversations that somebody searches now; a person types a word letter by letter.
_KEPT_CONVERSATIONS = 4
_KEPT_CHARACTERS = 50_000_000
# As many as the page marks.
_MOST_WORDS, _MOST_MATCHES = 20, 500

# How often a text in lower case holds what is looked for.
Count = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of a conversation in lower case.

    `place` is the index of its entry in reading order, `call` the tool call that it belongs to.
    """

    place: int
    entry: str
    kind: str
    call: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that holds the text, and how often."""

    passage: Passage
    count: int


class Conversations:
    """Keeps the texts of the last few conversations; safe to share between threads."""

    def __init__(self, entries: Collection[Document]) -> None:
        self._entries = entries
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], tuple[int, list[Passage]]] = OrderedDict()

    def find(
        self, session_id: str, agent: str, count: Count, now: int, is_changed: Callable[[int], bool]
    ) -> list[Found]:
        """Returns the passages in which `count` finds anything, in reading order.

        `now` numbers the state of the archive; `is_changed` tells whether the session has changed
        since a number.
        """
        key = (session_id, agent)
        with self._lock:
            at, passages = self._kept.get(key, (-1, []))
        if at < 0 or is_changed(at):
            passages = list(read_passages(self._entries, session_id, agent))
            self._keep(key, now, passages)
        counted = (Found(passage, count(passage.text)) for passage in passages)
        return [found for found in counted if found.count]

    def _keep(self, key: tuple[str, str], now: int, passages: list[Passage]) -> None:
        is_small = sum(len(passage.text) for passage in passages) <= _KEPT_CHARACTERS
        with self._lock:
            self._kept.pop(key, None)
            if is_small:
                self._kept[key] = (now, passages)
            while len(self._kept) > _KEPT_CONVERSATIONS:
                self._kept.popitem(last=False)


def read_passages(entries: Collection[Document], session_id: str, agent: str) -> Iterator[Passage]:
    """Yields the texts that a session's main conversation, or a subagent of it, shows, in order."""
    base: Document = {
        "sessionKey": session_id,
        "stream": {"$in": transcript_streams(entries, session_id, agent)},
    }
    shown = versions(entries, base)
    found = entries.find(base, {"toolUseResult": 0}).sort(list(ORDER))
    for place, document in enumerate(found):
        # Of the versions of an entry the page shows one.
        if shown.get(str(document["_id"]), "shown"):
            yield from _passages(place, stored(entries, document))


def _passages(place: int, entry: StoredEntry) -> Iterator[Passage]:
    try:
        # A title, for one, is searched over all sessions and no line of the conversation.
        blocks = list(searchable(entry.body)) if turn_of(entry) else []
    except ODD_ENTRY:
        return
    calls = [_call_of(block) for block in entry.blocks]
    for block in blocks:
        call = calls[block.number] if block.number < len(calls) else ""
        yield Passage(place, entry.id, block.kind, call, block.text.lower())


def _call_of(block: object) -> str:
    if not isinstance(block, dict):
        return ""
    kind = kind_of(block)
    name = "id" if is_call(kind) else "tool_use_id" if is_result(kind) else ""
    return str(block.get(name) or "") if name else ""


def count_of_text(text: str) -> Count:
    """Returns what counts a text as it was typed; case does not matter."""
    return _count_of_any([text] if text.strip() else [])


def count_of_search(query: str) -> Count:
    """Returns what counts the words of a search, as its matches show them.

    The browser's page.js has the same rule, to mark what was counted.
    """
    typed = understand(query)
    if typed.pattern is not None:
        return partial(_matches, typed.pattern)
    words = (
        term.text.rstrip("*") if not term.is_quoted else term.text
        for term in typed.terms
        if not term.is_negated
    )
    return _count_of_any([word for word in words if len(word) > 1][:_MOST_WORDS])


def _count_of_any(texts: list[str]) -> Count:
    # A text may be broken into lines where the search has a space.
    literals = [r"\s+".join(map(re.escape, text.lower().split())) for text in texts]
    if not literals:
        return lambda _: 0
    pattern = re.compile("|".join(literals))
    return lambda text: sum(1 for _ in pattern.finditer(text))


def _matches(pattern: Pattern, text: str) -> int:
    # A text for which the pattern needs too long has no place that could be shown.
    with suppress(TimeoutError):
        return len(pattern.spans(text, _MOST_MATCHES))
    return 0
