"""`cca backup` and `cca restore`: saves what cannot be built again, and restores it."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from cca.terminal import say

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_FOLDER = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))


@click.command()
@_FOLDER
@_JSON
def backup(folder: Path, *, as_json: bool) -> None:
    """Back up archive, buffer and dead letters into FOLDER; a second backup adds what is new."""
    from cca.backup.save import save
    from cca.cli.progress import progress
    from cca.mongo.server import serving_mongo
    from cca.settings import get_settings
    from cca.stack import containers

    settings = get_settings()
    containers.require_kept(settings, folder.absolute(), "backup /backup")
    with serving_mongo(settings) as uri, progress("backup") as tick:
        done = save(settings, uri, folder.absolute(), on_progress=tick)
    if as_json:
        say(json.dumps({"rows": [asdict(done)], "totals": asdict(done)}))
        return
    kind = "new entries added" if done.is_incremental else "entries saved"
    size = done.size_bytes / 1e6
    say(
        f"{done.documents:,} {kind}; {folder} holds {done.held:,} documents (entries, marks, "
        f"erasures) in {done.files} files, {size:,.1f} MB"
    )
    if not done.is_buffer_saved:
        elsewhere = f"; `{containers.TOOLS}` has it" if containers.is_container(settings) else ""
        say(
            f"Without the agent's buffer and its dead letters: {settings.buffer_path} does not "
            f"exist{elsewhere}.",
            err=True,
        )


@click.command()
@_FOLDER
@click.option("--merge", is_flag=True, help="Add to an archive that is not empty.")
@_JSON
def restore(folder: Path, *, merge: bool, as_json: bool) -> None:
    """Restore a backup from FOLDER; lake, gold and search are then built again."""
    from cca.backup.bring_back import restore as bring_back
    from cca.cli.progress import progress
    from cca.mongo.server import serving_mongo
    from cca.settings import get_settings
    from cca.stack import containers

    settings = get_settings()
    # The buffer, the lake and gold are set back with the archive.
    containers.require_all(settings, "restore /backup", run=containers.BESIDE)
    with serving_mongo(settings) as uri, progress("restore") as tick:
        done = bring_back(settings, uri, folder.absolute(), is_merge=merge, on_progress=tick)
    if as_json:
        say(json.dumps({"rows": [asdict(done)], "totals": asdict(done)}))
        return
    buffer = "with its buffer" if done.is_buffer_restored else "the buffer here was kept"
    say(f"{done.stored:,} of {done.documents:,} documents restored, {buffer}.")
    up = "docker compose up -d" if containers.is_container(settings) else "cca up"
    say(f"Next: run `{up}` or `cca pipeline` to build lake, warehouse, gold and search.")
