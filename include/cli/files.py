"""`cca files`: what was done to a file, and why."""

import shutil
import sys
from datetime import datetime

import click

from cca.terminal import say


@click.command()
@click.argument("path")
@click.option("--project", help="One project: its directory, name or folder (slug).")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="From this day on.")
@click.option("--reads", is_flag=True, help="Also where it was read.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def files(
    path: str, *, project: str | None, since: datetime | None, reads: bool, limit: int,
    as_json: bool,
) -> None:  # fmt: skip
    """List the sessions that changed the file PATH, with the prompt before each change.

    PATH is a whole path or its end, such as src/app.ts.
    """
    import orjson

    from cca.gold.open import reading_gold
    from cca.settings import get_settings
    from cca.usage.files import Asked, as_text, file_operations, totals_of
    from cca.usage.projects import known_project

    settings = get_settings()
    with reading_gold(settings) as gold:
        key = known_project(settings.gold_path, project) if project else ""
        asked = Asked(path, key, since.date().isoformat() if since else "", reads)
        rows = file_operations(gold, asked, limit)
    if as_json:
        say(orjson.dumps({"rows": rows, "totals": totals_of(rows)}, default=str).decode())
    elif rows:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        say(as_text(rows, width))
    else:
        say(f"no session changed {path}" + ("" if reads else "; --reads lists who read it"))
