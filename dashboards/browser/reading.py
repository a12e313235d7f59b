"""Entries as a person reads them: articles with a speaker and parts; pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from cca.conversation.calls import Pairs
from cca.conversation.excerpt import Excerpt
from cca.conversation.parts import Part
from cca.conversation.turns import Turn, turn_of
from cca.dashboards.browser.parts import Article, ShownPart, short_model, shown_part, usage_of
from cca.dashboards.browser.tools import call_of

_ROLES = {"person": "you", "task": "you", "claude": "claude", "teammate": "teammate"}
# Unit, its days, and from how many days on it is the one to say.
_UNITS = (("year", 365, 365), ("month", 30, 30), ("week", 7, 14), ("day", 1, 2))
_WITHOUT_CALL = "Tool result (its call is missing from the archive)"


def articles(excerpt: Excerpt, timezone: tzinfo = UTC, root: str = "") -> list[Article]:
    """Returns what the entries show; the blocks of one API message stand together.

    Where a new day begins by the clock of `timezone`, a line says so. Paths below `root` are shown
    from there.
    """
    shown: list[Article] = []
    for entry in excerpt.entries:
        turn = turn_of(entry)
        article = _article(turn, excerpt.pairs, root) if turn else None
        if article is None:
            continue
        last = shown[-1] if shown else None
        if last and article.message_id and last.message_id == article.message_id:
            shown[-1] = _joined(last, article)
            continue
        goes_on = bool(last and last.role == article.role == "claude" and last.note == article.note)
        shown.append(replace(article, is_continued=goes_on))
    return list(_with_days(shown, excerpt.before_at, timezone))


def _with_days(
    shown: list[Article], before: datetime | None, timezone: tzinfo
) -> Iterator[Article]:
    """The articles, with a line before the first of each other day."""
    for article in shown:
        at = article.at
        if at and before and at.astimezone(timezone).date() != before.astimezone(timezone).date():
            note = later(before, at)
            yield Article(f"day-{article.id}", "day", "", at, note=note)
            article = replace(article, is_continued=False)  # noqa: PLW2901  (the name stands again)
        before = at or before
        yield article


def nearest(found: Excerpt, shown: list[Article], entry_id: str) -> str:
    """The article to go to for an entry: its own, or the last one before it that shows anything."""
    visible = {article.id for article in shown}
    last = ""
    for entry in found.entries:
        last = entry.id if entry.id in visible else last
        if entry.id == entry_id:
            break
    return last


def later(before: datetime, after: datetime) -> str:
    """Returns how much later something was, from two days on: 3 months later."""
    days = (after - before).days
    for unit, length, least in _UNITS:
        if days >= least:
            count = round(days / length)
            return f"{count} {unit}{'' if count == 1 else 's'} later"
    return ""


def _joined(first: Article, second: Article) -> Article:
    """Two entries of one API message as one article."""
    return replace(
        first,
        parts=[*first.parts, *second.parts],
        is_masked=first.is_masked or second.is_masked,
        usage=second.usage or first.usage,
    )


def _article(turn: Turn, pairs: Pairs, root: str) -> Article | None:
    entry = turn.entry
    if turn.headline:
        return Article(entry.id, "divider", turn.name, turn.at, note=turn.headline,
                       is_failed=turn.is_failed)  # fmt: skip
    parts = list(_shown_parts(turn, pairs, root))
    if not parts:
        return None
    answers = (pairs.results.get(part.call_id) for part in parts if part.call)
    return Article(
        entry.id,
        _ROLES.get(turn.speaker, "system"),
        turn.name,
        turn.at,
        parts,
        model=short_model(turn.model),
        message_id=turn.message_id,
        note=turn.note,
        is_failed=turn.is_failed,
        is_masked=entry.is_masked or any(answer.is_masked for answer in answers if answer),
        usage=usage_of(entry.body) if turn.speaker == "claude" else None,
    )


def _shown_parts(turn: Turn, pairs: Pairs, root: str) -> Iterator[ShownPart]:
    """The parts, without results: they are read inside the call that they belong to."""
    for number, part in enumerate(turn.parts):
        if part.kind == "call":
            answer = pairs.results.get(part.call)
            call = call_of(turn.entry.id, part.given, turn.at, answer, root)
            yield shown_part(part, turn.entry.id, number, call)
        elif not part.call:
            yield shown_part(part, turn.entry.id, number)
        elif part.call not in pairs.calls:
            yield shown_part(_orphan(part), turn.entry.id, number)


def _orphan(part: Part) -> Part:
    return replace(part, kind="fold", label=_WITHOUT_CALL) if part.kind == "result" else part
