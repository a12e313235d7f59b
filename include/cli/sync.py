"""`cca sync`: runs the sync agent in the foreground, or syncs once."""

import click

from cca.settings import Settings, get_settings
from cca.terminal import new_console, say


@click.command()
@click.option("--once", is_flag=True, help="Read all files, deliver their entries and exit.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON (with --once).")
def sync(*, once: bool, as_json: bool) -> None:
    """Follow the transcript files and copy every record to MongoDB."""
    from cca.log import configure
    from cca.mongo.server import serving_mongo
    from cca.sync_agent.agent import run

    settings = get_settings()
    if as_json and not once:
        raise click.UsageError("--json needs --once")
    with serving_mongo(settings) as uri:
        if once:
            _once(settings, uri, as_json=as_json)
        else:
            configure()
            run(settings, uri)


def _once(settings: Settings, uri: str, *, as_json: bool) -> None:
    import json
    from dataclasses import asdict

    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    from cca.sync_agent.agent import sync_once
    from cca.sync_agent.once import Progress as SyncProgress

    console = new_console(stderr=True)
    columns = (
        TextColumn("syncing"),
        BarColumn(bar_width=20),
        DownloadColumn(),
        TextColumn("{task.fields[delivered]}/{task.fields[records]} records"),
        TimeElapsedColumn(),
    )
    # On a pipe or in a log a progress bar is noise.
    is_quiet = not console.is_terminal
    with Progress(*columns, console=console, disable=is_quiet, transient=True) as bar:
        task = bar.add_task("sync", total=None, records=0, delivered=0)

        def show(done: SyncProgress) -> None:
            bar.update(
                task,
                total=done.bytes_total,
                completed=done.bytes,
                records=done.records,
                delivered=done.delivered,
            )

        report = sync_once(settings, uri, show)
    if as_json:
        say(json.dumps({"rows": [asdict(report)], "totals": asdict(report)}))
        return
    say(
        f"{report.files} files, {report.records} new records: {report.stored} stored, "
        f"{report.duplicates} already there, {report.dead_letters} dead letters"
    )
    if report.dead_letters:
        say("`cca dead-letters list` shows lines that could not be stored, and why.")
