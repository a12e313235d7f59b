"""Sends the work log of yesterday, and on Mondays of last week, by webhook and mail.

Every morning at 07:00, on the clock of `TIMEZONE`, this DAG reads the published numbers: by project
what was asked, files changed, commits, pull requests, active hours, cost and failures. `DIGEST`
says which ones are sent; it is empty by default, and then nothing is. They go where alerts go
(`ALERT_WEBHOOK`, `ALERT_EMAIL`). `cca digest` prints the same.

To send one now, trigger the DAG and choose a period.

## Triage

- **send** red, "nothing was published": `conversation_pipeline` has not run yet.
- **send** skipped: `DIGEST` asks for none today, or nobody worked.
- **send** green and nothing came: its log names the way that failed; check `ALERT_WEBHOOK`,
  `ALERT_EMAIL` and `SMTP_URL`.
"""

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, Param, dag, task
from cca_airflow.defaults import DAG_DEFAULTS, Tag, about

from cca.settings import get_settings
from cca.timetable import CRON, DIGEST

PARAMS = {
    "period": Param(
        "due",
        type="string",
        enum=["due", "day", "week"],
        title="Period",
        description="due: what DIGEST asks for today. day, week: that one, whatever DIGEST says.",
    ),
    "date": Param(
        None,
        type=["null", "string"],
        format="date",
        title="Date",
        description="A day of the period. Empty: yesterday.",
    ),
}


@dag(
    **DAG_DEFAULTS,
    **about(__doc__),
    schedule=CronTriggerTimetable(
        CRON[DIGEST], timezone=get_settings().timezone, run_immediately=timedelta(0)
    ),
    params=PARAMS,
    tags=[Tag.SCHEDULE],
)
def work_digest() -> None:
    """One message for each digest that is due."""

    @task
    def send() -> dict[str, Any]:
        from zoneinfo import ZoneInfo

        from airflow.exceptions import AirflowSkipException
        from airflow.sdk import get_current_context

        from cca.digest.send import chosen, send_digest

        settings, params = get_settings(), get_current_context()["params"]
        today = datetime.now(ZoneInfo(settings.timezone)).date()
        sent = {
            f"{period} {day}": ways
            for period, day in chosen(settings, today, params["period"], params["date"])
            if (ways := send_digest(settings, period, day)) is not None
        }
        if not sent:
            raise AirflowSkipException("no digest is due, or nobody worked")
        return sent

    send()


work_digest()
