"""The `cca` command: one file a command group, imported only when that command runs."""

import os
import sys
from importlib import import_module

import click

from cca.errors import CcaError
from cca.extras import DISTRIBUTION
from cca.terminal import say

# name: (module:attribute, what it does)
COMMANDS = {
    "up": ("cca.cli.stack:up", "Start the whole stack and wait until it answers."),
    "down": ("cca.cli.stack:down", "Stop everything that `up` started."),
    "status": ("cca.cli.stack:status", "What runs, what is fresh, what waits."),
    "logs": ("cca.cli.stack:logs", "Show a part's log."),
    "health": ("cca.cli.health:health", "Does one part answer?"),
    "mongo": ("cca.cli.parts:mongo", "Run the embedded MongoDB in the foreground."),
    "airflow": ("cca.cli.parts:airflow", "Run Airflow's four processes in the foreground."),
    "sync": ("cca.cli.sync:sync", "Run the sync agent, or once over everything."),
    "follow": ("cca.cli.follow:follow", "Keep search index and session lists fresh."),
    "browser": ("cca.cli.browser:browser", "Serve the conversation browser."),
    "extract": ("cca.cli.pipeline:extract", "MongoDB to lake."),
    "load": ("cca.cli.pipeline:load", "Lake to raw tables."),
    "transform": ("cca.cli.pipeline:transform", "dbt: raw to marts."),
    "publish": ("cca.cli.pipeline:publish", "Marts to the gold file."),
    "pipeline": ("cca.cli.pipeline:pipeline", "All four steps in order, without Airflow."),
    "run": ("cca.cli.run:run", "Trigger Airflow's DAGs and wait for them."),
    "iceberg": ("cca.cli.iceberg:iceberg", "The Iceberg tables and their past."),
    "usage": ("cca.cli.usage:usage", "Tokens and cost by day, model, project or session."),
    "query": ("cca.cli.query:query", "Read-only SQL over gold."),
    "search": ("cca.cli.search:search", "Search everything that was said."),
    "export": ("cca.cli.export:export", "Conversations out, as files."),
    "dead-letters": (
        "cca.cli.dead_letters:dead_letters",
        "What could not be taken in, and why.",
    ),
    "users": ("cca.cli.users:users", "Who may use a MongoDB that machines share."),
    "demo": ("cca.cli.demo:demo", "The whole stack on sample conversations."),
    "demo-data": ("cca.cli.demo:demo_data", "Write realistic sample transcripts."),
    "prices": ("cca.cli.prices:prices", "The price seed."),
    "metabase": ("cca.cli.metabase:metabase", "Dashboards in Metabase, from code."),
    "docs": ("cca.cli.docs:docs", "What every table and column means, as one page."),
    "doctor": ("cca.cli.doctor:doctor", "Check everything and say how to mend it."),
    "rebuild": ("cca.cli.rebuild:rebuild", "Derived stores from the truth."),
    "backup": ("cca.cli.backup:backup", "Save what cannot be made anew."),
    "restore": ("cca.cli.backup:restore", "Bring a backup back."),
    "forget": ("cca.cli.forget:forget", "Delete on request, everywhere it went."),
}


class LazyGroup(click.Group):
    """Lists its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=DISTRIBUTION)
def cca() -> None:
    """Claude Code conversation analytics: every conversation kept, searchable, counted, costed."""


def main() -> None:
    """Entry point: our own errors, and those of files and disks, are one line and exit code 1."""
    # conversations are private: whatever a command writes is its user's alone
    os.umask(0o077)
    try:
        cca()
    except (CcaError, OSError) as error:
        say(f"cca: {error}", err=True)
        sys.exit(1)
