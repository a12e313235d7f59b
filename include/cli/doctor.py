"""`cca doctor`: finds problems and says how to fix them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from cca.terminal import new_console, printable, say

if TYPE_CHECKING:
    from cca.doctor.check import Check

_MARKS = {"ok": "[green]✓[/]", "warn": "[yellow]![/]", "fail": "[red]✗[/]", "unknown": "[dim]?[/]"}


@click.command()
@click.option("--data", "with_data", is_flag=True, help="Compare the rows of all stores instead.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(*, with_data: bool, as_json: bool) -> None:
    """Check settings, disk, versions, ports and connections; --data: MongoDB, lake, raw and gold.

    Ends with 1 where something is broken.
    """
    from cca.doctor.checks import all_checks
    from cca.settings import get_settings

    settings = get_settings()
    if with_data:
        from cca.doctor.reconcile import reconcile
        from cca.mongo.server import serving_mongo
        from cca.stack import containers

        for store in (settings.lake_dir, settings.warehouse_path.parent, settings.gold_path.parent):
            containers.require_here(settings, store, "doctor --data")
        with serving_mongo(settings) as uri:
            found = list(reconcile(settings, uri))
    else:
        found = list(all_checks(settings))
    _show(found, as_json=as_json)
    if any(one.status == "fail" for one in found):
        raise SystemExit(1)


def _show(found: Iterable["Check"], *, as_json: bool) -> None:
    import json
    from collections import Counter

    from rich.markup import escape
    from rich.table import Table

    totals = Counter(str(one.status) for one in found)
    if as_json:
        rows = [vars(one) for one in found]
        counts = {status: totals[status] for status in _MARKS}
        say(json.dumps({"rows": rows, "totals": counts}, ensure_ascii=False))
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    for one in found:
        fix = f"\n[dim]fix:[/] {escape(printable(one.fix))}" if one.fix else ""
        name, detail = (escape(printable(text)) for text in (one.name, one.detail))
        table.add_row(_MARKS[one.status], name, detail + fix)
    new_console().print(table)
