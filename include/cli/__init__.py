"""The `cca` command: one file for each command group, imported when that command runs."""

import os
import sys
from importlib import import_module

import click

from cca.cli.groups import Group
from cca.errors import CcaError
from cca.extras import DISTRIBUTION
from cca.terminal import guard, say

# Name: (module:attribute, what it does).
COMMANDS = {
    "up": ("cca.cli.stack:up", "Start the whole stack and wait until it answers."),
    "down": ("cca.cli.stack:down", "Stop everything that `up` started."),
    "status": ("cca.cli.stack:status", "Show what runs, how fresh the data is and what waits."),
    "logs": ("cca.cli.stack:logs", "Show a part's log."),
    "health": ("cca.cli.health:health", "Check whether one part answers."),
    "mongo": ("cca.cli.parts:mongo", "Run the embedded MongoDB in the foreground."),
    "airflow": ("cca.cli.parts:airflow", "Run Airflow's processes, or any command of Airflow's."),
    "sync": ("cca.cli.sync:sync", "Run the sync agent, or sync once."),
    "follow": ("cca.cli.follow:follow", "Keep the search index and the session list up to date."),
    "browser": ("cca.cli.browser:browser", "Serve the conversation browser."),
    "extract": ("cca.cli.pipeline:extract", "Extract entries from MongoDB to the lake."),
    "load": ("cca.cli.pipeline:load", "Load the lake into the raw tables."),
    "transform": ("cca.cli.pipeline:transform", "Build the marts with dbt."),
    "dbt": ("cca.cli.parts:dbt", "Run any command of dbt's on the warehouse."),
    "publish": ("cca.cli.pipeline:publish", "Publish the marts as a gold file."),
    "pipeline": ("cca.cli.pipeline:pipeline", "Run all four steps in order, without Airflow."),
    "run": ("cca.cli.run:run", "Trigger Airflow's DAGs and wait for them."),
    "schedule": (
        "cca.cli.schedule:schedule",
        "Run the pipeline and the upkeep at their times, without Airflow.",
    ),
    "iceberg": ("cca.cli.iceberg:iceberg", "Manage the Iceberg tables and their snapshots."),
    "usage": ("cca.cli.usage:usage", "Report tokens and cost by day, model, project or session."),
    "statusline": (
        "cca.cli.statusline:statusline",
        "Print Claude Code's status line, and record the real limits.",
    ),
    "budget": ("cca.cli.budget:budget", "Set budgets, show them and check them."),
    "digest": ("cca.cli.digest:digest", "Write the work log of a day or a week, by project."),
    "query": ("cca.cli.query:query", "Run read-only SQL over gold."),
    "search": ("cca.cli.search:search", "Search messages and tool calls."),
    "files": ("cca.cli.files:files", "List what was done to a file, and why."),
    "mcp": ("cca.cli.mcp:mcp", "Let Claude Code search, read and query the archive."),
    "export": ("cca.cli.export:export", "Export conversations as files."),
    "dead-letters": (
        "cca.cli.dead_letters:dead_letters",
        "Show lines that could not be stored, and why.",
    ),
    "users": ("cca.cli.users:users", "Manage the users of a shared MongoDB."),
    "demo": ("cca.cli.demo:demo", "Run the whole stack on sample conversations."),
    "demo-data": ("cca.cli.demo:demo_data", "Write realistic sample transcripts."),
    "prices": ("cca.cli.prices:prices", "Update the price list."),
    "metabase": ("cca.cli.metabase:metabase", "Create the dashboards in Metabase."),
    "docs": ("cca.cli.docs:docs", "Write one page that describes every table and column."),
    "doctor": ("cca.cli.doctor:doctor", "Find problems and say how to fix them."),
    "rebuild": ("cca.cli.rebuild:rebuild", "Build derived stores again."),
    "backup": ("cca.cli.backup:backup", "Back up the data that cannot be built again."),
    "restore": ("cca.cli.backup:restore", "Restore a backup."),
    "forget": (
        "cca.cli.forget:forget",
        "Delete a machine, project or session everywhere.",
    ),
}


class LazyGroup(Group):
    """Lists its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def sentence(self, ctx: click.Context, name: str) -> str:  # noqa: ARG002
        return COMMANDS[name][1]


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=DISTRIBUTION)
def cca() -> None:
    """Claude Code conversation analytics: archive, search, count and price every conversation."""


def main() -> None:
    """Entry point: prints our own errors and those of files as one line, and exits with 1."""
    # Conversations are private: whatever a command writes is its user's alone.
    os.umask(0o077)
    guard()
    try:
        cca()
    except OSError as error:
        say(f"cca: {_full_disk(error) or _explained(error)}", err=True)
        sys.exit(1)
    except CcaError as error:
        say(f"cca: {error}", err=True)
        sys.exit(1)
    except Exception as error:
        if _is_server_away(error):
            # Behind the first comma pymongo describes all that it knows of the servers.
            said = str(error).split(",")[0]
            say(f"cca: MongoDB went away ({said}); run this again once it answers", err=True)
        elif full := _full_disk(error):
            say(f"cca: {full}", err=True)
        elif _is_of_older_gold(error):
            say(
                "cca: gold was built by another version of cca and lacks what this command reads; "
                "`cca pipeline` builds it again, as the next hourly run does",
                err=True,
            )
        else:
            raise
        sys.exit(1)


def _is_server_away(error: Exception) -> bool:
    """Tell whether MongoDB stopped answering; most commands do not import its driver."""
    if "pymongo" not in sys.modules:
        return False
    from pymongo.errors import AutoReconnect

    return isinstance(error, AutoReconnect)


def _full_disk(error: Exception) -> str | None:
    """What to do when the disk is full; libraries say so in exceptions of their own."""
    if "No space left on device" not in str(error):
        return None
    return (
        f"the disk is full ({error}); free some space and run this again: it goes on from what "
        "was committed, and nothing is lost"
    )


def _is_of_older_gold(error: Exception) -> bool:
    """Tell whether a column or table is missing because gold is not built by this code yet."""
    if "duckdb" not in sys.modules:
        return False
    from cca.pipeline import is_for_other_code
    from cca.settings import get_settings

    return is_for_other_code(get_settings(), error)


def _explained(error: OSError) -> str:
    """What the system says; of a home that cannot be made or written, also the setting."""
    from pathlib import Path

    from cca.home import home_of_environment

    home = Path(home_of_environment())
    is_usable = home.is_dir() and os.access(home, os.W_OK | os.X_OK)
    if is_usable or not Path(str(error.filename or "")).is_relative_to(home):
        return str(error)
    return f"CCA_HOME: {home} cannot be written ({error.strerror}); set it to a folder of yours"
