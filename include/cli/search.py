"""`cca search`: search from the terminal."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import click

from cca.terminal import new_console, printable, say, shown

if TYPE_CHECKING:
    from pymongo.collection import Collection
    from rich.text import Text

    from cca.mongo.archive import Document
    from cca.search.searcher import Results
    from cca.search.texts import Row
    from cca.settings import Settings

# Fewer entries that wait are in the index a moment later.
_MANY = 1000
_MARGIN = "    "
# The terminal is patient: so many hits are looked at for what the index does not keep.
_CHECKED_HITS, _PATTERN_SECONDS = 5000, 60.0
KINDS = ("prompt", "answer", "thinking", "tool_input", "tool_result", "title", "system")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("text", nargs=-1, required=True)
@click.option("--project", help="One project: its directory, name or folder (slug).")
@click.option("--session", help="Only this session, by its id or how it begins.")
@click.option("--kind", type=click.Choice(KINDS), help="Only this kind of block.")
@click.option("--host", help="Only this machine.")
@click.option("--pr", help="Only sessions that worked on this pull request: owner/name#12, or 12.")
@click.option("--since", help="From this day or time on.")
@click.option("--until", help="Until the end of this day, or before this time.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--offset", type=click.IntRange(0), default=0, help="Skip the first matches.")
@click.option("--order", type=click.Choice(["newest", "best"]), default="newest", show_default=True)
@click.option("--regex", is_flag=True, help="TEXT is a regular expression, as /TEXT/ is.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def search(text: tuple[str, ...], *, regex: bool, as_json: bool, **options: Any) -> None:
    """Find TEXT: words, parts of words, "phrases", -without, co*, /regular expressions/.

    Also kind:, project:, session:, host: and pr: before a value. One minus leaves a word out;
    --flag is a word itself.

    Put -- before TEXT when it begins with a minus sign.
    """
    from cca.search.searcher import Look, Searcher
    from cca.settings import get_settings

    settings = get_settings()
    typed = _understood(" ".join(text), is_regex=regex)
    look = Look(_CHECKED_HITS, _PATTERN_SECONDS)
    with _served(settings) as uri:
        _freshen(settings, uri)
        options |= _meant(settings, uri, options)
        found = Searcher(settings, uri).search(typed, look=look, **options)
    if as_json:
        _print_json(found)
    else:
        _print(found)


@contextmanager
def _served(settings: "Settings") -> Iterator[str]:
    """MongoDB; where the stack does not run, it takes seconds to start and to stop."""
    from cca.mongo.server import running_uri, serving_mongo

    is_running = bool(settings.mongo_uri) or running_uri(settings) is not None
    console = new_console(stderr=True, quiet=is_running)
    with ExitStack() as stack:
        with console.status("starting MongoDB; `cca up` keeps it running"):
            uri = stack.enter_context(serving_mongo(settings))
        yield uri


def _understood(text: str, *, is_regex: bool) -> str:
    """What is searched; a text that cannot be searched is a wrong use."""
    from cca.search.patterns import understood
    from cca.search.typed import understand

    if is_regex and isinstance(problem := understood(text), str):
        raise click.UsageError(problem)
    typed = f"/{text}(?:)/" if is_regex else text
    if problem := understand(typed).message:
        raise click.UsageError(problem.replace("(?:)", "") if is_regex else problem)
    return typed


def _meant(settings: "Settings", uri: str, options: dict[str, Any]) -> dict[str, str]:
    """What was named of the archive: a project's key, a session's whole id, a machine.

    A folder stays a folder. NotFound where there is no such thing, as it has no hits either.
    """
    named = {name: options[name] for name in ("project", "session", "host") if options[name]}
    if not named:
        return {}
    from cca.mongo import archive

    with archive.connect(uri) as client:
        entries = archive.conversations(client, settings)
        return {name: _MEANT[name](entries, wanted) for name, wanted in named.items()}


def _project(entries: "Collection[Document]", wanted: str) -> str:
    from cca.mongo.archive import SESSIONS
    from cca.projects import listed_projects, named

    found = named(wanted, listed_projects(entries.database[SESSIONS]))
    return wanted if any(each.slug == wanted for each in found) else found[0].key


def _session(entries: "Collection[Document]", wanted: str) -> str:
    from cca.errors import NotFound
    from cca.export.sessions import whole_id

    found = whole_id(entries, wanted)
    if entries.find_one({"sessionKey": found}, {"_id": 1}) is None:
        raise NotFound(f"no session {wanted!r}; `cca usage session` lists all")
    return found


def _host(entries: "Collection[Document]", wanted: str) -> str:
    from cca.errors import NotFound
    from cca.mongo.archive import SESSIONS
    from cca.projects import near

    names = [str(name) for name in entries.database[SESSIONS].distinct("host")]
    if wanted not in names:
        raise NotFound(f"no machine {wanted!r}{near(wanted, names)}; `cca usage host` lists all")
    return wanted


_MEANT = {"project": _project, "session": _session, "host": _host}


def _freshen(settings: "Settings", uri: str) -> None:
    """Index new entries, unless a running follower does so; NotFound where there are none."""
    from cca.errors import AlreadyRunning, NotFound
    from cca.follow.agent import catch_up
    from cca.search.home import current

    with new_console(stderr=True).status("updating the search index"):
        try:
            catch_up(settings, uri)
        except AlreadyRunning:
            _say_behind(settings, uri)
            return
    if current(settings.search_dir) is None:
        raise NotFound(
            "no search index yet, as the archive holds no conversation; run `cca up`, or "
            "`cca sync --once`"
        )


def _say_behind(settings: "Settings", uri: str) -> None:
    """Say that hits may be missing, while a running follower builds the index or catches up."""
    from cca.follow.state import MOST_WAITING, follower_state
    from cca.mongo import archive

    with archive.connect(uri) as client:
        state = follower_state(settings, archive.conversations(client, settings))
    if state and state.waiting > _MANY:
        more = "or more " if state.waiting == MOST_WAITING else ""
        say(f"The search index is being built: it lacks {state.waiting:,} {more}entries.", err=True)


def _print_json(results: "Results") -> None:
    import json

    found: dict[str, Any] = {"total": results.total, "rows": [_row(row) for row in results.rows]}
    if results.approximate:
        found["approximate"] = True
    if results.message:
        found["message"] = results.message
    say(json.dumps(found, ensure_ascii=False))


def _row(row: "Row") -> dict[str, Any]:
    names = ("session_id", "project_id", "entry_id", "kind", "snippet", "copies")
    return {**{name: getattr(row, name) for name in names}, "at": iso(row.at)}


def _print(results: "Results") -> None:
    from rich.text import Text

    if results.message:
        say(results.message, err=True)
    console = new_console(soft_wrap=True)
    for row in results.rows:
        place = f"{iso(row.at)}  {row.kind:<11}  {row.session_id}  {row.project_id}"
        console.print(Text(shown(place), style="dim"))
        console.print(_marked(row.snippet, row.marks))
    sign = "≈ " if results.approximate else ""
    noun = "hit" if results.total == 1 else "hits"
    say(f"{sign}{results.total} {noun}, {len(results.rows)} shown")


def _marked(text: str, marks: Iterable[tuple[int, int]]) -> "Text":
    from rich.text import Text

    # One sign for one: the marks stay where they are.
    line = Text(_MARGIN + printable(text.replace("\n", " ").replace("\t", " ")))
    for start, stop in marks:
        line.stylize("bold yellow", len(_MARGIN) + start, len(_MARGIN) + stop)
    return line


def iso(at: Any) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else ""
