"""`cca schedule`: the light stack's scheduler in the foreground, or one of its jobs."""

from datetime import datetime

import click

from cca.timetable import CRON


@click.command()
@click.option("--job", type=click.Choice(list(CRON)), help="Do one job now and exit.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z"]),
    help="When the job last ran; by default a day ago.",
)
def schedule(*, job: str | None, since: datetime | None) -> None:
    """Run the pipeline and the upkeep at their times, without Airflow, until stopped.

    `cca up --light` starts it. What was missed while the machine slept runs once.
    """
    import threading

    from cca.log import configure
    from cca.settings import get_settings

    configure()
    settings = get_settings()
    if job:
        from cca.schedule.jobs import run

        run(settings, job, since)
        return
    from cca.schedule.scheduler import serve
    from cca.sync_agent.signals import ended_by_signals

    stop = threading.Event()
    with ended_by_signals(stop):
        serve(settings, stop)
