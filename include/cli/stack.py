"""`cca up`, `down`, `status`, `logs`: the embedded stack."""

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from cca.terminal import new_console, printable, say

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from cca.gold.runs import Run
    from cca.settings import Settings
    from cca.stack.stack import Message
    from cca.stack.status import StackStatus

PART_NAMES = ("mongo", "sync", "follow", "airflow", "schedule", "browser")


_KINDS = {
    "full": "full: Airflow runs the pipeline",
    "light": "light: cca's own scheduler runs the pipeline",
}


def _part_names(_context: click.Context, _option: click.Parameter, value: str | None) -> set[str]:
    named = {name.strip() for name in (value or "").split(",") if name.strip()}
    if value is not None and not named:
        # An empty shell variable must not start everything.
        raise click.BadParameter(f"names no part of the stack; choose from {', '.join(PART_NAMES)}")
    if unknown := named - set(PART_NAMES):
        message = f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(PART_NAMES)}"
        raise click.BadParameter(message)
    return named


@click.command()
@click.option("--only", callback=_part_names, metavar="PART,…", help=f"Of {', '.join(PART_NAMES)}.")
@click.option("--light", is_flag=True, help="Without Airflow: a small scheduler of its own.")
def up(*, only: set[str], light: bool) -> None:
    """Start the parts that do not run, wait until they answer, and publish new data.

    With --light, and wherever Airflow is not installed, cca's own scheduler runs the pipeline and
    the upkeep. Without it Airflow does. Both work on the same data: call either at any time.
    """
    from cca.errors import CcaError
    from cca.extras import AIRFLOW
    from cca.settings import get_settings
    from cca.stack import containers, stack
    from cca.stack.kind import StackKind

    settings, console = get_settings(), new_console(highlight=False, soft_wrap=True)
    containers.refuse(settings, "cca up", "docker compose up -d")
    if sys.platform == "win32":
        raise CcaError(
            "the stack does not run on Windows: use `cca up` inside WSL, where it reads "
            "CLAUDE_DIR=/mnt/c/Users/NAME/.claude/projects; or set MONGO_URI, and call "
            "`cca usage daily --now`, `cca search` and `cca mcp` here (docs/platforms.md)"
        )
    if "airflow" in only:
        AIRFLOW.require("cca up --only airflow")
    kind = StackKind.LIGHT if light or not AIRFLOW.is_installed() else StackKind.FULL
    chosen = kind if light or not only else None
    problems: list[str] = []
    with console.status("starting") as status:

        def say(message: "Message") -> None:
            if message.kind is stack.Kind.WORKING:
                status.update(message.text)
                return
            if message.kind is stack.Kind.PROBLEM:
                problems.append(message.text)
            _show(console, message)

        ready = stack.bring_up(settings, only or set(PART_NAMES), say, chosen)
        if not only:
            _publish(settings, ready, say)
    if not only:
        _show_result(console, settings, ready)
    sys.exit(1 if problems else 0)


def _publish(settings: "Settings", ready: set[str], say: Any) -> None:
    from cca.errors import CcaError
    from cca.extras import AIRFLOW
    from cca.stack import pipeline_run, sources
    from cca.stack.stack import Kind, Message

    if not AIRFLOW.is_installed():
        text = f"Airflow is not installed, so this is the light stack; {AIRFLOW.how_to_install}"
        say(Message(Kind.NOTE, text))
    for remark in sources.remarks(settings):
        say(Message(Kind.NOTE, remark))
    publishers = {
        "airflow": pipeline_run.publish_newest,
        "schedule": pipeline_run.publish_newest_here,
    }
    try:
        if "sync" in ready:
            pipeline_run.wait_for_first_scan(settings, say)
        if publish := publishers.keys() & ready:
            has_run = publishers[publish.pop()](settings, say)
            text = "pipeline run succeeded" if has_run else "everything is published already"
            say(Message(Kind.READY, text))
    except CcaError as error:
        say(Message(Kind.PROBLEM, str(error)))


def _show(console: "Console", message: "Message") -> None:
    from rich.text import Text

    signs = {"ready": ("✓", "green"), "note": ("·", "yellow"), "problem": ("✗", "red")}
    sign, colour = signs[message.kind]
    console.print(Text.assemble((sign, colour), " ", printable(message.text)))


def _show_result(console: "Console", settings: "Settings", ready: set[str]) -> None:
    from cca.gold.summary import summary
    from cca.stack import airflow

    if "airflow" in ready:
        for user, password in airflow.logins(settings).items():
            console.print(f"  Airflow login: {user} / {password}", markup=False)
    if numbers := summary(settings):
        console.print(_summary_table(vars(numbers)))


def _summary_table(numbers: dict[str, Any]) -> "Table":
    from rich.table import Table

    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    for name, value in numbers.items():
        title = name.replace("_", " ").replace("usd", "USD")
        table.add_row(title, f"{value:,.2f}" if name == "cost_usd" else f"{value:,}")
    return table


@click.command()
def down() -> None:
    """Stop everything that `up` started, even if the supervisor was killed."""
    from cca.settings import get_settings
    from cca.stack import containers, stack

    containers.refuse(get_settings(), "cca down", "docker compose down")
    count = stack.take_down(get_settings(), lambda _: None)
    say(f"stopped {count} processes" if count else "nothing was running")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def status(*, as_json: bool) -> None:
    """Show what runs, how fresh the data is and what waits."""
    from cca.settings import get_settings
    from cca.stack.status import stack_status

    state = stack_status(get_settings())
    if as_json:
        rows, totals = [vars(each) for each in state.programs], _totals(state)
        say(json.dumps({"rows": rows, "totals": totals}, indent=2))
    else:
        _show_status(state)


def _totals(state: "StackStatus") -> dict[str, Any]:
    newest, published = state.freshness.newest_at, state.freshness.published_at
    return {
        "newest_at": newest and newest.isoformat(),
        "published_at": published and published.isoformat(),
        "is_behind": state.freshness.is_behind,
        "pending": state.pending,
        "dead_letters": state.dead_letters,
        "going": state.going,
        "stack": state.kind,
        "runs": [run.to_dict() for run in state.runs],
    }


def _show_status(state: "StackStatus") -> None:
    from rich.table import Table

    table = Table(box=None, padding=(0, 1))
    for title in ("program", "state", "pid", "up"):
        table.add_column(title)
    # A part of an address leads nowhere.
    table.add_column("address", no_wrap=True)
    for each in state.programs:
        shown = each.state if each.answers or each.state != "running" else "running, no answer yet"
        pid, uptime = each.pid and str(each.pid), each.uptime_seconds
        minutes = (
            "" if uptime is None else f"{uptime // 3600}:{uptime % 3600 // 60:02}:{uptime % 60:02}"
        )
        table.add_row(each.program, shown, pid or "", minutes, (pid and each.url) or "")
    # In a pipe rich assumes 80 columns, which would cut the addresses.
    console = new_console(highlight=False, width=None if sys.stdout.isatty() else 120)
    console.print(table)
    for name, value in _sentences(state).items():
        console.print(f"  {name:<14}{printable(value)}", markup=False)


def _sentences(state: "StackStatus") -> dict[str, str]:
    fresh = state.freshness
    no_agent = "unknown: the agent does not answer"
    newest = "unknown: MongoDB does not answer"
    if fresh.is_archive_seen:
        newest = _ago(fresh.newest_at) if fresh.newest_at else "nothing has arrived yet"
    behind = " (the next run publishes newer data)" if fresh.is_behind else ""
    published, last_runs = "unknown: the gold folder is not mounted here", "unknown"
    if fresh.published_at:
        published = f"data up to {_ago(fresh.published_at)}{behind}"
    elif state.is_gold_seen:
        published = "nothing yet"
    if state.is_gold_seen:
        last_runs = "\n                ".join(map(_run_line, reversed(state.runs))) or "none yet"
    going = "unknown: Airflow cannot be asked from here"
    if state.going is not None:
        going = "\n                ".join(state.going) or "nothing"
    is_stopped = all(each.state == "stopped" for each in state.programs)
    start = {"to start it": "`cca up`, or without Airflow `cca up --light`"} if is_stopped else {}
    return {
        "stack": _KINDS[state.kind],
        **start,
        "last arrival": newest,
        "published": published,
        "waiting": no_agent if state.pending is None else f"{state.pending:,} lines",
        "dead letters": no_agent if state.dead_letters is None else _listed(state.dead_letters),
        "running now": going,
        "last runs": last_runs,
    }


def _run_line(run: "Run") -> str:
    seconds = f", took {run.seconds:.0f} s" if run.seconds is not None else ""
    ended = f"{run.ended_at:%Y-%m-%d %H:%M} UTC" if run.ended_at else "at an unknown time"
    return f"{run.dag_id:<22} {run.state:<8} {ended}{seconds}"


def _listed(number: int) -> str:
    return f"{number:,}; see `cca dead-letters list`" if number else "none"


def _ago(at: datetime) -> str:
    minutes = int((datetime.now(UTC) - at).total_seconds() // 60)
    span = f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"  # noqa: PLR2004
    return f"{at:%Y-%m-%d %H:%M} UTC, {span} ago"


@click.command()
@click.argument("name", required=False)
@click.option("-f", "--follow", is_flag=True, help="Show new lines until Ctrl-C.")
@click.option(
    "-n",
    "--lines",
    default=40,
    show_default=True,
    help="Lines of each file to show first.",
)
def logs(*, name: str | None, follow: bool, lines: int) -> None:
    """Show the log of one part or program, or all logs."""
    from cca.settings import get_settings
    from cca.stack import log_files

    for line in log_files.show(log_files.find(get_settings(), name), lines, follow=follow):
        say(line)
