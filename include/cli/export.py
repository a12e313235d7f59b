"""`cca export`: writes conversations to files."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from cca.terminal import new_console, printable, say

if TYPE_CHECKING:
    from cca.export.sessions import SessionFilter
    from cca.settings import Settings

_DAY = click.DateTime(["%Y-%m-%d"])


def _in_folder(
    _context: click.Context, _option: click.Parameter, value: Path | None
) -> Path | None:
    if value is not None and not value.parent.is_dir():
        raise click.BadParameter(f"the folder {value.parent} does not exist")
    return value


FORMATS = ("md", "html", "json", "jsonl", "csv")


@click.command("export")
@click.option("--session", help="One session, by its id or how it begins.")
@click.option("--project", help="One project: its directory, name or folder (slug).")
@click.option("--since", type=_DAY, help="Sessions with messages on this day or later.")
@click.option("--until", type=_DAY, help="Sessions with messages on this day or earlier.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="md", show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_in_folder,
    help="File to write.",
)
@click.option(
    "--reveal",
    is_flag=True,
    help="Do not mask keys, tokens and passwords.",
)
def export(
    session: str | None,
    project: str | None,
    since: datetime | None,
    until: datetime | None,
    form: str,
    out: Path | None,
    reveal: bool,
) -> None:
    """Write conversations as Markdown, HTML, JSON, JSONL (the original entries) or CSV."""
    from dataclasses import replace

    from rich.progress import Progress

    from cca.conversation.reader import count_entries
    from cca.errors import NotFound
    from cca.export.masking import MaskedPlaces
    from cca.export.sessions import chosen, whole_id
    from cca.export.write import export as pieces
    from cca.mongo import archive
    from cca.mongo.server import serving_mongo
    from cca.settings import get_settings

    if out is None and sys.stdout.isatty() and not (session or project or since or until):
        raise click.UsageError(
            "this would print every conversation; name a file with --out, or choose some with "
            "--session, --project, --since or --until"
        )
    settings = get_settings()
    choice = _choice(settings, session, project, since, until)
    with serving_mongo(settings) as uri, archive.connect(uri) as client:
        archive.require(client, uri)
        collection = archive.conversations(client, settings)
        choice = replace(choice, session=whole_id(collection, choice.session))
        sessions = chosen(collection, choice)
        if not sessions:
            raise NotFound(
                "no session matches; `cca usage session` and `cca usage project` list what there is"
            )
        total = sum(count_entries(collection, found.id) for found in sessions)
        places = MaskedPlaces(is_revealed=reveal)
        # A terminal would obey what a transcript tells it; a file or a pipe gets every byte.
        is_shown = out is None and sys.stdout.isatty()
        # A bar would stand between the lines of a shown conversation.
        progress = Progress(console=new_console(stderr=True), transient=True, disable=is_shown)
        with progress, _target(out) as file:
            task = progress.add_task("exporting", total=total)
            written = pieces(
                collection,
                sessions,
                form,
                places=places,
                tell=lambda: progress.advance(task),
            )
            for piece in written:
                shown = printable(piece.expandtabs(4)) if is_shown else piece
                file.write(shown.encode(errors="replace"))
    if out:
        many = "1 conversation" if len(sessions) == 1 else f"{len(sessions):,} conversations"
        say(f"{out}: {many}. {places.sentence}", err=True)
    elif places.count:
        say(f"cca: {places.sentence} --reveal shows them.", err=True)


def _choice(
    settings: "Settings",
    session: str | None,
    project: str | None,
    since: datetime | None,
    until: datetime | None,
) -> "SessionFilter":
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    from cca.export.sessions import SessionFilter

    zone = ZoneInfo(settings.timezone)
    return SessionFilter(
        session=session or "",
        project=project or "",
        since=since and since.replace(tzinfo=zone),
        until=until and until.replace(tzinfo=zone) + timedelta(days=1),
    )


@contextmanager
def _target(out: Path | None) -> Iterator[IO[bytes]]:
    """Open the terminal's output, or a file that appears only when it is complete."""
    if out is None:
        yield click.get_binary_stream("stdout")
        return
    building = out.with_name(f".{out.name}.part")
    try:
        with building.open("wb") as file:
            yield file
        building.replace(out)
    finally:
        building.unlink(missing_ok=True)
