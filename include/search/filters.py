"""Filters as queries: where and when something was said, copies counted where they stand."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import tantivy
from tantivy import FieldType, Occur, Query

from cca.errors import SettingError
from cca.search.index import milliseconds
from cca.search.schema import PLACES, count_of
from cca.transcript.projects import key_or_folder

Moment = str | date | datetime | None
# The folders (slugs) of a project, or its sessions where others share a folder.
Places = Callable[[str], tuple[list[str], list[str]]]


@dataclass(frozen=True)
class Filters:
    """What a hit must be; several values of one field mean any of them."""

    wanted: dict[str, list[str]] = field(default_factory=dict)
    unwanted: list[tuple[str, str]] = field(default_factory=list)
    since: int | None = None  # milliseconds
    until: int | None = None  # milliseconds, exclusive
    sessions: Collection[str] | None = None  # any of these; None is all
    # Sessions of wanted projects that share their folder with others.
    apart: list[str] = field(default_factory=list)


def combined(
    typed: Iterable[tuple[str, str, bool]],
    given: dict[str, str | None],
    period: tuple[Moment, Moment],
    timezone: ZoneInfo,
    places: Places,
) -> Filters:
    """Filters typed into the search and those set beside it; `places` knows where projects lie."""
    wanted: dict[str, list[str]] = defaultdict(list)
    unwanted = []
    for name, typed_value, is_negated in typed:
        value = key_or_folder(typed_value) if name == "project" else typed_value
        if is_negated:
            unwanted.append((name, value))
        else:
            wanted[name].append(value)
    for name, chosen in given.items():
        if chosen:
            # what is set beside the search narrows what is typed in it
            only = key_or_folder(chosen) if name == "project" else chosen
            wanted[name] = [only] if not wanted[name] or only in wanted[name] else [""]
    since, until = period
    found = [places(value) for value in wanted.get("project", ())]
    if found:
        wanted["project"] = [folder for folders, _ in found for folder in folders]
    return Filters(
        dict(wanted),
        _everywhere(unwanted, places),
        moment(since, timezone),
        moment(until, timezone, is_end=True),
        apart=[session for _, sessions in found for session in sessions],
    )


def _everywhere(unwanted: Iterable[tuple[str, str]], places: Places) -> list[tuple[str, str]]:
    """What the index must not hold: of a project its folders, or its sessions."""
    found = []
    for name, value in unwanted:
        folders, sessions = places(value) if name == "project" else ([value], [])
        found += [(name, folder) for folder in folders]
        found += [("session", session) for session in sessions]
    return found


def moment(at: Moment, timezone: ZoneInfo, *, is_end: bool = False) -> int | None:
    """Milliseconds of a time or day; a day as the end of a period is in it."""
    if not at:
        return None
    try:
        value = datetime.fromisoformat(at) if isinstance(at, str) else at
    except ValueError as error:
        raise SettingError(f"{at!r} is no date or time; write it as 2026-11-21") from error
    is_day = not isinstance(value, datetime) or (
        isinstance(at, str) and len(at) == len("2026-11-21")
    )
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if value.tzinfo is None:
        value = value.replace(tzinfo=timezone)
    return milliseconds(value + timedelta(days=1) if is_day and is_end else value)


def clauses(
    filters: Filters, schema: tantivy.Schema, searcher: tantivy.Searcher
) -> list[tuple[Occur, Query]]:
    """What the filters add to a search."""
    found = []
    for name, values in filters.wanted.items():
        terms = Query.term_set_query(schema, name, values)
        if name == "project" and filters.apart:
            sessions = Query.term_set_query(schema, "session", filters.apart)
            terms = Query.boolean_query([(Occur.Should, terms), (Occur.Should, sessions)])
        wanted = _said_or_copied(terms, schema, searcher) if name in PLACES else terms
        found.append((Occur.Must, wanted))
    if filters.sessions is not None:
        among = Query.term_set_query(schema, "session", list(filters.sessions))
        found.append((Occur.Must, _said_or_copied(among, schema, searcher)))
    for name, value in filters.unwanted:
        found.append((Occur.MustNot, Query.term_query(schema, name, value)))
    if filters.since is not None or filters.until is not None:
        upper = None if filters.until is None else filters.until - 1
        # include_upper stays true: without an upper bound tantivy would find nothing
        period = Query.range_query(schema, "ts", FieldType.Integer, filters.since, upper)
        found.append((Occur.Must, period))
    return found


def _said_or_copied(terms: Query, schema: tantivy.Schema, searcher: tantivy.Searcher) -> Query:
    """Blocks first seen there, and blocks whose copies stand there."""
    copies = Query.boolean_query([(Occur.Must, terms), (Occur.Must, Query.exists_query("of"))])
    count = count_of(searcher, copies)
    said = Query.boolean_query([(Occur.Must, terms), (Occur.Must, Query.exists_query("key"))])
    if not count:
        return said
    addresses = [address for _, address in searcher.search(copies, limit=count).hits]
    originals = sorted({int(key or 0) for key in searcher.fast_field_values("of", addresses)})
    copied = Query.term_set_query(schema, "key", originals)
    return Query.boolean_query([(Occur.Should, said), (Occur.Should, copied)])
