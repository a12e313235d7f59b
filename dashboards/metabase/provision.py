"""Make a Metabase hold just the dashboards that the code says; what people made is left alone.

What is ours is found by the mark in its description, and sent again only where its digest there
differs from what would be sent now: a second run changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cca.budgets.stored import budget_of_month
from cca.dashboards.metabase import access, database, payloads
from cca.dashboards.metabase.boards import VALUES, Board, load_boards
from cca.dashboards.metabase.kept import with_kept
from cca.dashboards.metabase.sql import columns_of
from cca.errors import NotFound
from cca.publish.metabase import Metabase, find_database
from cca.settings import Settings

# Metabase reads a few dozen tables within seconds
_SYNC_SECONDS = 60
_TOP = "Claude Code analytics"
_TOP_ABOUT = (
    "Dashboards over your Claude Code conversations. Made from code: copy one to change it."
)
_QUESTIONS = "Questions"
_QUESTIONS_ABOUT = "What the dashboards show. Made from code: copy one to change it."


@dataclass(frozen=True)
class Change:
    """What was done to one thing: created, updated, archived or unchanged."""

    kind: str
    name: str
    action: str


@dataclass(frozen=True)
class Options:
    """How long to wait for Metabase, and whether only to say what would be done."""

    wait_seconds: float = 0
    is_dry_run: bool = False
    is_forced: bool = False


@dataclass
class _Run:
    """One pass over a Metabase; writes nothing in a dry run."""

    metabase: Metabase
    options: Options
    changes: list[Change] = field(default_factory=list)
    # Places of other cards on our dashboards are people's.
    own_cards: set[int] = field(default_factory=set)

    def note(self, kind: str, name: str, action: str) -> None:
        self.changes.append(Change(kind, name, action))

    def ensure(self, kind: str, path: str, key: str, wanted: "_Wanted") -> int:
        """Create or update one thing unless its mark has this digest; its id."""
        description = payloads.marked(wanted.about, key, wanted.body)
        found = wanted.have.pop(key, None)
        if found and found["description"] == description and not self.options.is_forced:
            self.note(kind, wanted.body["name"], "unchanged")
            return int(found["id"])
        self.note(kind, wanted.body["name"], "updated" if found else "created")
        if self.options.is_dry_run:
            return int(found["id"]) if found else 0
        body = {**wanted.body, "description": description}
        if found:
            self._update(f"{path}/{found['id']}", body)
            return int(found["id"])
        # A dashboard takes its cards only once it exists.
        made = {name: value for name, value in body.items() if name != "dashcards"}
        made_id = int(self.metabase.post(path, made)["id"])
        if "dashcards" in body:
            self.metabase.put(f"{path}/{made_id}", body)
        return made_id

    def _update(self, path: str, body: dict[str, Any]) -> None:
        if "dashcards" in body:
            body = with_kept(body, self.metabase.get(path), self.own_cards)
        self.metabase.put(path, body)

    def archive(self, kind: str, path: str, left: Mapping[str, dict[str, Any]]) -> None:
        """Put away what is ours and no longer in the code."""
        for found in left.values():
            self.note(kind, found["name"], "archived")
            if not self.options.is_dry_run:
                self.metabase.put(f"{path}/{found['id']}", {"archived": True})


@dataclass(frozen=True)
class _Wanted:
    """What one thing should be, and what is there of its kind, by key."""

    about: str
    body: dict[str, Any]
    have: dict[str, dict[str, Any]]


def provision(
    settings: Settings,
    options: Options,
    say: Callable[[str], None] = lambda _: None,
    boards: tuple[Board, ...] | None = None,
) -> list[Change]:
    """Bring database, questions and dashboards to the Metabase of METABASE_URL."""
    boards = load_boards() if boards is None else boards
    with Metabase(settings.metabase_url) as metabase:
        if options.is_dry_run and not options.wait_seconds and not metabase.is_healthy():
            say(f"Metabase not reached at {metabase.url}: as in a new one, everything would be new")
            return _everything(boards)
        gold = _gold(settings)
        access.await_health(metabase, options.wait_seconds, say)
        if options.is_dry_run and access.is_new(metabase):
            return _everything(boards)
        access.sign_in(metabase, settings, keep=not options.is_dry_run)
        run = _Run(metabase, options)
        if options.is_dry_run and find_database(metabase) is None:
            return _everything(boards)
        known = database.marts(gold)
        send = not options.is_dry_run
        done = database.ensure_database(metabase, settings, gold, send=send)
        run.note("database", gold.name, done)
        patience = (options.wait_seconds + _SYNC_SECONDS) if send else 0
        tables = database.read_tables(metabase, known, patience, say)
        differing = database.describe(metabase, known, tables, send=send)
        if differing:
            run.note("descriptions", f"{differing} tables and columns", "updated")
        _boards(run, settings, boards, database.database_of(metabase, tables))
    return run.changes


def _boards(
    run: _Run, settings: Settings, boards: tuple[Board, ...], source: database.Database
) -> None:
    collections = _marked(run.metabase.get("/api/collection"))
    top = run.ensure(
        "collection", "/api/collection", "collection/top",
        _Wanted(_TOP_ABOUT, {"name": _TOP, "parent_id": None}, collections),
    )  # fmt: skip
    inner = run.ensure(
        "collection", "/api/collection", "collection/questions",
        _Wanted(_QUESTIONS_ABOUT, {"name": _QUESTIONS, "parent_id": top}, collections),
    )  # fmt: skip
    cards, shown = _items(run.metabase, inner, "card"), _items(run.metabase, top, "dashboard")
    run.own_cards = {int(each["id"]) for each in cards.values()}
    columns = columns_of(_gold(settings), boards)
    values = {"budget": float(budget_of_month(settings) or VALUES["budget"])}
    place = payloads.Place(source.id, inner, settings.browser_address, values)
    for board in boards:
        card_ids = {}
        for question in board.questions:
            key = f"{board.key}/{question.key}"
            fields = {
                name: source.fields[question.table, column]
                for name, column in question.filter_columns.items()
            }
            body = payloads.card(question, columns[key], fields, place)
            wanted = _Wanted(question.about, body, cards)
            card_ids[question.key] = run.ensure("question", "/api/card", key, wanted)
        body = payloads.dashboard(board, card_ids, replace(place, collection_id=top))
        run.ensure("dashboard", "/api/dashboard", board.key, _Wanted(board.about, body, shown))
    run.archive("dashboard", "/api/dashboard", shown)
    run.archive("question", "/api/card", cards)


def _items(metabase: Metabase, collection_id: int, model: str) -> dict[str, dict[str, Any]]:
    if not collection_id:
        return {}
    return _marked(metabase.get(f"/api/collection/{collection_id}/items", models=model)["data"])


def _marked(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Returns our items that are in use, by key."""
    keys = ((payloads.key_of(each.get("description")), each) for each in found)
    return {key: each for key, each in keys if key and not each.get("archived")}


def _everything(boards: tuple[Board, ...]) -> list[Change]:
    questions = [Change("question", q.name, "created") for board in boards for q in board.questions]
    shown = [Change("dashboard", board.name, "created") for board in boards]
    return [Change("database", "gold", "created"), *questions, *shown]


def _gold(settings: Settings) -> Path:
    if not settings.gold_path.exists():
        raise NotFound(f"{settings.gold_path} does not exist; run `cca pipeline` first")
    return settings.gold_path.resolve()
