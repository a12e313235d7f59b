"""`cca forget`: deletes data on request, in every store."""

from typing import TYPE_CHECKING

import click

from cca.terminal import say

if TYPE_CHECKING:
    from cca.erase import Erased, Found
    from cca.selection import Selection
    from cca.settings import Settings


@click.command()
@click.option("--host", default="", help="Entries from this machine.")
@click.option("--project", default="", help="This project: its directory, name or folder (slug).")
@click.option(
    "--session", default="", help="This session, by its id or its file's name, with its subagents."
)
@click.option(
    "--gone", metavar="HOST:PATH", help="This index or lake was lost: no request waits for it."
)
@click.option("--dry-run", is_flag=True, help="Count what would be deleted, and delete nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def forget(
    *,
    host: str,
    project: str,
    session: str,
    gone: str | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Erase entries for good: archive, buffer, search index, lake, warehouse and gold.

    With several options, entries must match all of them. The transcript files stay untouched. Their
    entries are not stored again; entries of a later time are. Search indexes of other machines and
    containers follow by themselves. The report names a lake elsewhere, and the request stays open
    until this command runs beside that lake, or until --gone says that the lake exists no more.
    """
    import json
    from dataclasses import asdict

    from cca.erase import erase, look
    from cca.mongo.server import serving_mongo
    from cca.settings import get_settings

    if gone:
        if host or project or session or dry_run:
            raise click.UsageError("--gone strikes out a lost store and goes with --yes only")
        _dismiss(gone, is_sure=yes, as_json=as_json)
        return
    if not (host or project or session):
        raise click.UsageError("name a --host, a --project or a --session")
    settings = get_settings()
    with serving_mongo(settings) as uri:
        chosen = _chosen(settings, uri, host, project, session)
        found = look(settings, uri, *chosen)
        if dry_run or found.is_nothing:
            done = asdict(found)
            text = json.dumps({"rows": [done], "totals": done}) if as_json else _counted(found)
            say(text)
            if found.is_nothing:
                _say_unknown(settings, uri, chosen)
            return
        if not yes:
            click.confirm(f"{_counted(found)}\nErase it for good?", abort=True, err=True)
        report = erase(settings, uri, *chosen, on_step=_say)
    if as_json:
        done = asdict(report)
        say(json.dumps({"rows": [done], "totals": done}))
        return
    say(_erased(report))


def _dismiss(place: str, *, is_sure: bool, as_json: bool) -> None:
    """Strike out a store that is gone for good, and say which requests that ends."""
    import json

    from cca.mongo import archive, erasures
    from cca.mongo.server import serving_mongo
    from cca.settings import get_settings

    settings = get_settings()
    if not is_sure:
        warning = f"What {place} holds stays there, if it exists after all. Strike it out?"
        click.confirm(warning, abort=True, err=True)
    with serving_mongo(settings) as uri, archive.connect(uri) as client:
        archive.require(client, uri)
        done = erasures.dismiss(archive.conversations(client, settings).database, place)
    rows = [{**one.selection.given(), "at": one.at.isoformat()} for one in done]
    if as_json:
        say(json.dumps({"rows": rows, "totals": {"requests_done": len(rows)}}))
        return
    noun = "erasure request is" if len(rows) == 1 else "erasure requests are"
    say(f"{place} is struck out: no request waits for it. {len(rows)} open {noun} done by that.")


def _chosen(
    settings: "Settings", uri: str, host: str, project: str, session: str
) -> "list[Selection]":
    """What is meant; the session list knows the directories, so it is brought up to date."""
    from contextlib import suppress

    from cca.errors import AlreadyRunning
    from cca.follow.agent import catch_up
    from cca.follow.rebuild import update_lists
    from cca.mongo import archive
    from cca.projects import selections
    from cca.search.home import is_there
    from cca.sessions import named

    if project and is_there(settings.search_dir):
        with suppress(AlreadyRunning):
            catch_up(settings, uri)
    with archive.connect(uri) as client:
        archive.require(client, uri)
        collection = archive.conversations(client, settings)
        if project and not is_there(settings.search_dir):
            # Whoever erases needs no index where none is kept.
            update_lists(collection)
        return selections(collection, host, project, named(collection, session) if session else "")


def _say_unknown(settings: "Settings", uri: str, chosen: "list[Selection]") -> None:
    """Say which names the archive does not know: one may be mistyped."""
    from cca import sessions
    from cca.mongo import archive

    with archive.connect(uri) as client:
        collection = archive.conversations(client, settings)
        for sentence in sorted(
            {one for each in chosen for one in sessions.unknown(collection, each)}
        ):
            say(sentence, err=True)


def _say(step: str) -> None:
    say(f"{step} …", err=True)


def _counted(found: "Found") -> str:
    lines = [f"Not counted: {sentence}." for sentence in found.elsewhere]
    if found.is_nothing:
        return "\n".join(["Nothing matches.", *lines])
    counts = {
        f"documents of {found.sessions:,} sessions": found.documents,
        "lines in the buffer": found.buffered,
        "dead letters": found.dead_letters,
        "blocks in the search index": found.blocks,
        "rows in the lake": found.lake_rows,
    }
    if found.is_unfinished:
        lines.append("An earlier erasure request is not finished.")
    return "\n".join([_sentence("", counts), *lines])


def _erased(report: "Erased") -> str:
    counts = {
        "documents": report.documents,
        "lines of the buffer": report.lines,
        "blocks of the search index": report.blocks,
        "rows of the lake": report.lake_rows,
    }
    lines = [_sentence("Erased: ", counts)]
    if report.gold:
        lines.append(f"Published: {report.gold}")
    lines += [f"Not reachable from here: {sentence}." for sentence in report.elsewhere]
    lines += [f"Not done yet: {sentence}." for sentence in report.waiting]
    return "\n".join(lines)


def _sentence(start: str, counts: dict[str, int | None]) -> str:
    seen = [f"{number:,} {name}" for name, number in counts.items() if number is not None]
    return f"{start}{', '.join(seen)}."
