"""`cca usage`: reports tokens and cost in the terminal."""

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

import click

from cca.terminal import say
from cca.usage.kinds import KINDS

if TYPE_CHECKING:
    from cca.settings import Settings

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("kind", type=click.Choice(KINDS), default="daily")
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
    """Report tokens and cost by day, week, month, model, project, machine, session, block or tool.

    Or by what caused them: branch, pull request (pr), skill, plugin, MCP server (mcp), mcp-tool,
    kind of subagent (agent), slash command, effort, Claude Code version, entrypoint, category of
    the prompt, user. Each of these counts every response once, under `none` where it has none.

    A repository is a project with its worktrees, and with what it was called before it moved.

    Limits are the real ones of a plan, where a status line recorded them: docs/limits.md.

    A block is a five-hour window as plans limit them: it begins at the full hour of its first
    message, and the open one shows where it is heading.

    behaviour tells how Claude worked, by week, model, version and effort: what was corrected,
    edited again, declined, and how long it took. Each value has the cases behind it.

    cache-breaks tells what was written to the cache again and why, context what fills the context,
    waste where money brought little.
    """
    from typing import cast

    if since and until and since > until:
        raise click.UsageError(f"--since {since:%Y-%m-%d} is after --until {until:%Y-%m-%d}")
    from cca.settings import get_settings
    from cca.usage import render
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
    else:
        render.print_table(made)
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
