"""`cca sync`: runs the sync agent in the foreground, or syncs once."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cca.settings import Settings, get_settings
from cca.terminal import new_console, say

if TYPE_CHECKING:
    from cca.sync_agent.once import Progress as SyncProgress


@click.command()
@click.option("--once", is_flag=True, help="Read all files, deliver their entries and exit.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON (with --once).")
def sync(*, once: bool, as_json: bool) -> None:
    """Follow the transcript files and copy every record to MongoDB."""
    from cca.mongo.server import serving_mongo

    settings = get_settings()
    if as_json and not once:
        raise click.UsageError("--json needs --once")
    with serving_mongo(settings) as uri:
        if once:
            _once(settings, uri, as_json=as_json)
            return
        from cca.log import configure
        from cca.sync_agent.agent import run

        configure()
        run(settings, uri)


def _once(settings: Settings, uri: str, *, as_json: bool) -> None:
    import json
    from dataclasses import asdict

    from cca.sync_agent.once import sync_once

    if sys.stderr.isatty():
        with _progress() as show:
            report = sync_once(settings, uri, show)
    else:
        # On a pipe or in a log a progress bar is noise, and its import a part of a short pass.
        report = sync_once(settings, uri)
    if as_json:
        say(json.dumps({"rows": [asdict(report)], "totals": asdict(report)}))
        return
    say(
        f"{report.files} files, {report.records} new records: {report.stored} stored, "
        f"{report.duplicates} already there, {report.dead_letters} dead letters"
    )
    if report.dead_letters:
        say("`cca dead-letters list` shows lines that could not be stored, and why.")


@contextmanager
def _progress() -> Iterator[Callable[["SyncProgress"], None]]:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("syncing"),
        BarColumn(bar_width=20),
        DownloadColumn(),
        TextColumn("{task.fields[delivered]}/{task.fields[records]} records"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=new_console(stderr=True), transient=True) as bar:
        task = bar.add_task("sync", total=None, records=0, delivered=0)

        def show(done: "SyncProgress") -> None:
            bar.update(
                task,
                total=done.bytes_total,
                completed=done.bytes,
                records=done.records,
                delivered=done.delivered,
            )

        yield show
