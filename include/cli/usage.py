"""`cca usage`: reports tokens and cost in the terminal."""

from datetime import datetime

import click

from cca.terminal import say

# Written out: the reports themselves are imported when one is asked for.
_KINDS = [
    "daily", "weekly", "monthly", "model", "project", "repository", "host", "session", "blocks",
    "limits", "tools", "behaviour", "branch", "pr", "skill", "plugin", "mcp", "mcp-tool", "agent",
    "command", "effort", "version", "entrypoint", "category", "user", "cache-breaks", "context",
    "waste",
]  # fmt: skip
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("kind", type=click.Choice(_KINDS), default="daily")
@click.option("--since", type=_DAY, help="First day, such as 2026-11-01.")
@click.option("--until", type=_DAY, help="Last day.")
@click.option("--project", help="One project: its directory, name or folder (slug).")
@click.option("--host", help="One machine: its CCA_HOST.")
@click.option("--model", help="One model: its id, as `cca usage model` shows it.")
@click.option("--json", "form", flag_value="json", help="One JSON object.")
@click.option("--csv", "form", flag_value="csv", help="Rows as CSV.")
def usage(
    kind: str,
    since: datetime | None,
    until: datetime | None,
    project: str | None,
    host: str | None,
    model: str | None,
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
    from cca.usage.projects import known_host, known_model, known_project
    from cca.usage.reports import Kind, report

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
