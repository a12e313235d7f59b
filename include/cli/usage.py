"""`cca usage`: reports tokens and cost in the terminal."""

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from cca.cli.groups import nearest
from cca.terminal import say
from cca.usage.kinds import KINDS

if TYPE_CHECKING:
    from cca.settings import Settings


class _KindOfReport(click.Choice[str]):
    """The names of the reports; the error of another one says what may have been meant."""

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        return "[KIND]"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,  # noqa: ARG002
        ctx: click.Context | None,
    ) -> str:
        if value not in self.choices:
            near = nearest(str(value), self.choices)
            meant = f"; did you mean {near}?" if near else "."
            names = ", ".join(self.choices)
            raise click.UsageError(f"{value!r} is no report{meant} There are: {names}.", ctx)
        return str(value)


_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("kind", type=_KindOfReport(KINDS), default="daily")
@click.option("--since", type=_DAY, help="First day, such as 2026-11-01.")
@click.option("--until", type=_DAY, help="Last day.")
@click.option("--project", help="One project: its directory, name or folder (slug).")
@click.option("--host", help="One machine: its CCA_HOST.")
@click.option("--model", help="One model: its id, as `cca usage model` shows it.")
@click.option(
    "--now", is_flag=True, help="First read new transcripts and publish them: no stack is needed."
)
@click.option("--json", "form", flag_value="json", help="One JSON object.")
@click.option("--csv", "form", flag_value="csv", help="Rows as CSV.")
def usage(
    kind: str,
    since: datetime | None,
    until: datetime | None,
    project: str | None,
    host: str | None,
    model: str | None,
    now: bool,
    form: str | None,
) -> None:
    """Report tokens and cost, or what Claude did for them.

    KIND is one of these, by default daily:

    \b
    by time     daily weekly monthly blocks limits
    by source   project repository host user session
    by model    model effort version entrypoint
    by cause    branch pr category agent command skill plugin mcp mcp-tool
    calls       tools
    quality     behaviour
    waste       cache-breaks context waste

    A report by cause counts every response once, under `none` where it has none. pr is by pull
    request, agent by kind of subagent, mcp by MCP server.

    A repository is a project with its worktrees, and with what it was called before it moved.

    A block is a five-hour window as plans limit them: it begins at the full hour of its first
    message, and the open one shows where it is heading. Limits are the real ones of a plan, where
    a status line recorded them: docs/limits.md.

    behaviour tells how Claude worked, by week, model, version and effort: what was corrected,
    edited again, declined, and how long it took. Each value has the cases behind it.

    cache-breaks tells what was written to the cache again and why, context what fills the context,
    waste where money brought little.

    A terminal gets cents and the columns that fit. A pipe, --csv and --json get everything.
    """  # noqa: D301  (click wants the character itself)
    from typing import cast

    if since and until and since > until:
        raise click.UsageError(f"--since {since:%Y-%m-%d} is after --until {until:%Y-%m-%d}")
    from cca.settings import get_settings
    from cca.usage import render, table
    from cca.usage.kinds import Kind
    from cca.usage.projects import known_host, known_model, known_project
    from cca.usage.reports import report

    if now:
        _publish_newest(get_settings())
    gold = get_settings().gold_path
    made = report(
        gold,
        cast("Kind", kind),
        since and since.date(),
        until and until.date(),
        known_project(gold, project) if project else None,
        host=known_host(gold, host) if host else None,
        model=known_model(gold, model) if model else None,
    )
    if form == "json":
        say(render.as_json(made))
    elif form == "csv":
        say(render.as_csv(made), nl=False)
    elif left_out := table.print_table(made):
        say(
            f"cca: no room in this terminal for: {', '.join(left_out)}; a wider one, --csv and "
            "--json show all",
            err=True,
        )
    if (warning := render.warning(made)) is not None:
        say(f"cca: {warning}", err=True)


def _publish_newest(settings: "Settings") -> None:
    from cca import pipeline
    from cca.cli.progress import steps_shown
    from cca.errors import AlreadyRunning
    from cca.extract.window import resolve
    from cca.mongo.server import serving_mongo
    from cca.stack import sources
    from cca.sync_agent.agent import sync_once

    for remark in sources.remarks(settings):
        say(f"cca: {remark}", err=True)
    with serving_mongo(settings) as uri, steps_shown() as (on_step, on_progress):
        on_step("sync")
        # Where an agent runs, it has read what there is.
        with suppress(AlreadyRunning):
            sync_once(settings, uri, lambda done: on_progress(done.files, done.files_total))
        options = pipeline.Options(resolve())
        pipeline.run(settings, uri, options, on_step=on_step, on_progress=on_progress)
