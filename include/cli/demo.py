"""`cca demo-data`: sample transcripts and their truth."""

from datetime import datetime
from pathlib import Path

import click

from cca.terminal import say


@click.command("demo-data")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder to write to: projects/ and truth.json.",
)
@click.option(
    "--sessions",
    default=40,
    show_default=True,
    type=click.IntRange(min=1),
    help="Number of sessions.",
)
@click.option(
    "--seed",
    default=1,
    show_default=True,
    help="Seed of the sample: the same seed writes the same bytes.",
)
@click.option(
    "--size-mb",
    type=click.FloatRange(min=0.5),
    help="Approximate size to write, instead of --sessions.",
)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The sample covers the 45 days before this day; default: today.",
)
def demo_data(
    out: Path, sessions: int, seed: int, size_mb: float | None, until: datetime | None
) -> None:
    """Write realistic sample transcripts, and truth.json with their expected totals."""
    from cca.demo.generate import SESSION_MB, generate

    if size_mb is not None:
        sessions = max(1, round(size_mb / SESSION_MB))
    truth = generate(out, sessions, seed, until.date() if until else None)
    totals = truth.as_json()["totals"]
    say(
        f"{out / 'projects'}: {totals['sessions']} sessions of {totals['projects']} projects, "
        f"{totals['transcript_lines']} lines, {totals['api_messages']} responses, "
        f"{totals['cost_usd']} USD; totals in {out / 'truth.json'}"
    )


@click.command("demo")
@click.option(
    "--home",
    required=True,
    type=click.Path(path_type=Path),
    help="Temporary folder for transcripts and data.",
)
@click.option("--down", is_flag=True, help="Stop the demo and delete its folder.")
@click.option("--light", is_flag=True, help="The light stack: without Airflow.")
def demo(home: Path, down: bool, light: bool) -> None:
    """Run the whole stack on sample conversations; your own data stays untouched."""
    import subprocess
    import sys

    from cca.demo.home import close_home, differences, open_home
    from cca.settings import child_environment

    home = home.expanduser().absolute()
    if down:
        count = close_home(home, lambda _: None)
        gone = f"stopped {count} processes and deleted {home}"
        say(f"no demo in {home}" if count is None else gone)
        return
    settings = open_home(home)
    say(f"Demo in {home}")
    command = [str(Path(sys.executable).with_name("cca")), "up", *(["--light"] if light else [])]
    done = subprocess.run(command, env=child_environment(settings.as_environment()), check=False)  # noqa: S603
    if done.returncode:
        sys.exit(done.returncode)
    if wrong := differences(home, settings):
        raise click.ClickException(
            f"totals differ from {home / 'truth.json'}, which knows no conversations that were "
            f"added or changed since: {'; '.join(wrong)}"
        )
    say(f"Every total equals truth.json. To stop and delete it: cca demo --home {home} --down")
