"""Windows of a conversation as HTML; those that cannot grow are kept while nothing changes."""

from collections.abc import Mapping
from typing import NamedTuple

from markupsafe import Markup

from cca.annotations import Annotation, annotations_of
from cca.conversation.excerpt import EXCERPT_ENTRIES, Anchor, read_excerpt
from cca.dashboards.browser.archive import root_of
from cca.dashboards.browser.costs import message_costs
from cca.dashboards.browser.desk import Desk
from cca.dashboards.browser.gold import identity
from cca.dashboards.browser.masking import masked_excerpt
from cca.dashboards.browser.reading import articles, nearest
from cca.dashboards.browser.tools import KIND_TITLES
from cca.dashboards.browser.views import render
from cca.mongo import erasures

SIGNS = {"ok": "✓", "failed": "✕", "rejected": "⊘", "waiting": "…"}
OUTCOMES = {"ok": "succeeded", "failed": "failed", "rejected": "declined", "waiting": "no result"}
# A window of long texts is read by few, and would take the room of many.
_MOST_KEPT_CHARS = 300_000


class Asked(NamedTuple):
    """Which entries of which conversation, and whether their secrets are shown."""

    session: str
    agent: str
    anchor: Anchor
    is_revealed: bool = False
    limit: int = EXCERPT_ENTRIES


class _Window(NamedTuple):
    html: Markup
    has_after: bool

    @property
    def is_worth_it(self) -> bool:
        """Tells whether it may be kept: nothing that arrives belongs to it."""
        return self.has_after and len(self.html) <= _MOST_KEPT_CHARS


def window(desk: Desk, asked: Asked) -> Markup:
    """A window of entries as articles, with where it begins and ends."""
    marks = annotations_of(desk.archive.annotations, asked.session)
    if asked.is_revealed:
        return _made(desk, asked, marks).html
    # What is erased is not shown once more, though no follower runs that would say so.
    erased = erasures.progress(desk.archive.entries.database)
    key = (asked, frozenset(marks.items()), identity(desk.settings), erased)
    return desk.pulse.kept(
        key, lambda: _made(desk, asked, marks), asked.session, lambda made: made.is_worth_it
    ).html


def _made(desk: Desk, asked: Asked, marks: Mapping[str, Annotation]) -> _Window:
    session, agent, anchor, is_revealed, limit = asked
    found = read_excerpt(desk.archive.entries, session, agent, anchor, limit)
    root = root_of(desk.archive, session)
    zone = desk.archive.timezone
    shown = articles(found if is_revealed else masked_excerpt(found), zone, root)
    messages = sorted({article.message_id for article in shown if article.message_id})
    html = render(
        "window.html",
        zone,
        session=session,
        agent=agent,
        articles=shown,
        marks=marks,
        costs=message_costs(desk.settings, messages),
        is_revealed=is_revealed,
        nearest=nearest(found, shown, anchor.id),
        signs=SIGNS,
        kinds=KIND_TITLES,
        outcomes=OUTCOMES,
        first=found.entries[0].id if found.entries else "",
        last=found.entries[-1].id if found.entries else "",
        has_before=found.has_before,
        has_after=found.has_after,
    )
    return _Window(html, found.has_after)
