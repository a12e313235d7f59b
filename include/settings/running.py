"""What runs the pipeline and tells when it fails: Airflow and the alerts."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from cca.settings.base import HomeSettings, Port


class AirflowSettings(HomeSettings):
    """Airflow and its schedules."""

    airflow_port: Port = Field(8080, description="Port of Airflow's web server.")
    airflow_executor: str = Field(
        "LocalExecutor", description="Airflow's executor: LocalExecutor, CeleryExecutor, …"
    )
    airflow_db_uri: str = Field(
        "",
        description="Airflow's own database, such as "
        "postgresql+psycopg2://user:password@host/airflow; by default a Postgres of its own in "
        "$CCA_HOME, with `sqlite` an SQLite file there.",
    )
    airflow_host: str = Field("127.0.0.1", description="Address of Airflow's web server.")
    airflow_url: str = Field(
        "",
        description="Where people and workers reach Airflow's web server; by default "
        "http://localhost with its port.",
    )
    airflow_api_url: str = Field(
        "",
        description="Where processes of cca reach Airflow's web server, if not by AIRFLOW_URL: in "
        "containers it has another name than for people.",
    )
    pipeline_minutes: int = Field(
        10,
        ge=0,
        description="Publish new conversations at most every so many minutes; 0: only with the "
        "hourly run.",
    )

    airflow_keep_days: int = Field(
        30,
        ge=1,
        description="Runs, events and task logs older than this are deleted from Airflow.",
    )

    openlineage_url: str = Field(
        "",
        description="Where Airflow tells the lineage of each run as OpenLineage events: the "
        "address of Marquez or of another server, or a file (file:///path/events.jsonl). Empty: "
        "nowhere.",
    )
    openlineage_api_key: str = Field("", repr=False, description="API key of that server.")

    @property
    def airflow_home(self) -> Path:
        return self.cca_home / "airflow"

    @property
    def airflow_address(self) -> str:
        """Where people and workers reach Airflow."""
        return (self.airflow_url or f"http://localhost:{self.airflow_port}").rstrip("/")


class AlertSettings(HomeSettings):
    """Alerts."""

    stale_hours: float = Field(
        3,
        gt=0,
        description="Alert if entries are not published this many hours after their arrival.",
    )
    alert_webhook: str = Field(
        "", description="Address that gets a JSON message when a run fails, such as Slack's."
    )
    alert_email: str = Field(
        "", description="Who gets a mail when a run fails; several separated by commas."
    )
    digest: Literal["", "day", "week", "day,week"] = Field(
        "",
        description="Which work logs are sent where alerts go: `day` each morning that of the day "
        "before, `week` each Monday that of the week before, `day,week` both. Empty: none.",
    )
    smtp_url: str = Field(
        "smtp://localhost:25",
        description="Mail server of the alerts: smtp:// or smtps://user:password@host:port.",
    )
