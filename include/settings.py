"""All settings in one frozen object: the only reader of the environment."""

import os
import socket
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AliasChoices, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from cca.errors import SettingError

PROJECT_DIR = Path(__file__).resolve().parent.parent

Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """Every field has a default that works on a laptop; set as upper-case variables or in .env."""

    model_config = SettingsConfigDict(
        env_file=os.environ.get("CCA_ENV_FILE", PROJECT_DIR / ".env"),
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    cca_home: Path = Field(
        Path("~/.claude-sync"),
        description="Where cca keeps its data: buffer, MongoDB, lake, warehouse, gold, logs.",
    )
    claude_dir: str = Field(
        "~/.claude/projects",
        validation_alias=AliasChoices("CLAUDE_DIR", "CLAUDE_CONFIG_DIR"),
        description="Folders of Claude Code transcripts, separated by commas. CLAUDE_CONFIG_DIR is "
        "honoured too, with or without its projects folder.",
    )
    cca_host: str = Field(
        default_factory=socket.gethostname,
        description="This machine's name in the archive; the hostname by default.",
    )
    timezone: str = Field("UTC", description="Time zone of the day boundaries in reports.")

    mongo_uri: str = Field(
        "",
        description="MongoDB connection string. Empty: cca runs a MongoDB of its own in CCA_HOME.",
    )
    mongo_admin_uri: str = Field(
        "",
        repr=False,
        description="Connection string of a MongoDB administrator; only `cca mongo --set-up` uses "
        "it.",
    )
    mongo_db: str = Field(
        "claude_logs", pattern=r'^[^/\\. "$*<>:|?]+$', description="MongoDB database."
    )
    mongo_collection: str = Field(
        "conversations",
        pattern=r"^[^$]+$",
        description="MongoDB collection of the archive.",
    )

    sqlite_path: Path | None = Field(
        None, description="The sync agent's buffer; $CCA_HOME/buffer.db by default."
    )
    sync_interval_ms: int = Field(
        5000, gt=0, description="The longest a new line may wait for delivery, in milliseconds."
    )
    batch_size: int = Field(
        100, gt=0, description="Entries of one delivery; a backlog is sent in larger batches."
    )
    watch_mode: Literal["auto", "notify", "poll"] = Field(
        "auto",
        description="How the agent learns of new lines: notify (by the system), poll (look every "
        "second), or auto: poll where CLAUDE_DIR lies on a network mount.",
    )
    mask_stored: bool = Field(
        False,
        description="Mask secrets in the archive itself, not only where text is shown. What is "
        "masked there is gone for good.",
    )
    health_host: str = Field("127.0.0.1", description="Address of the agent's health endpoint.")
    health_port: Port = Field(9090, description="Port of the agent's health endpoint.")

    browser_host: str = Field("127.0.0.1", description="Address of the conversation browser.")
    browser_port: Port = Field(3000, description="Port of the conversation browser.")
    browser_url: str = Field(
        "",
        description="Addresses by which people reach the browser from elsewhere, separated by "
        "commas, such as https://claude.example.org behind a proxy with TLS. A sign-in is needed "
        "then.",
    )
    oidc_issuer: str = Field(
        "",
        description="OpenID Connect provider that people sign in to the browser with, such as "
        "https://accounts.google.com; empty: with passwords only.",
    )
    oidc_client_id: str = Field("", description="What that provider knows the browser by.")
    oidc_client_secret: str = Field(
        "", repr=False, description="The secret it gave with that; empty for a public client."
    )
    oidc_client_secret_file: Path | None = Field(
        None, description="File with that secret, instead of the secret itself."
    )
    oidc_allowed: str = Field(
        "",
        description="Who may sign in so, separated by commas: addresses (ada@example.org), "
        "domains (@example.org), or accounts by the provider's number (sub:1234).",
    )
    budget_usd_month: Annotated[float, Field(ge=0)] = Field(
        0, description="Budget of a calendar month in USD, shown beside the cost; 0 is none."
    )
    airflow_port: Port = Field(8080, description="Port of Airflow's web server.")
    airflow_executor: str = Field(
        "LocalExecutor", description="Airflow's executor: LocalExecutor, CeleryExecutor, …"
    )
    airflow_db_uri: str = Field(
        "",
        description="Airflow's own database, such as postgresql+psycopg://user:password@host/airflow"
        "; an SQLite file in $CCA_HOME by default.",
    )
    airflow_host: str = Field("127.0.0.1", description="Address of Airflow's web server.")
    airflow_url: str = Field(
        "",
        description="Where people and workers reach Airflow's web server; by default "
        "http://localhost with its port.",
    )
    pipeline_minutes: int = Field(
        10,
        ge=0,
        description="How often, in minutes, new conversations are published while they arrive; "
        "0: only by the hourly run.",
    )
    stale_hours: float = Field(
        3,
        gt=0,
        description="Conversations that arrived longer ago than these hours and are not published "
        "raise an alert.",
    )
    alert_webhook: str = Field(
        "", description="Address that gets a JSON message when a run fails (Slack and the like)."
    )
    alert_email: str = Field(
        "", description="Who gets a mail when a run fails; several separated by commas."
    )
    smtp_url: str = Field(
        "smtp://localhost:25",
        description="Mail server of the alerts: smtp:// or smtps://user:password@host:port.",
    )
    gold_postgres_uri: str = Field(
        "",
        description="A Postgres that each publish copies the marts to, such as "
        "postgresql://cca:password@host/analytics.",
    )
    metabase_url: str = Field("http://localhost:3001", description="Where Metabase answers.")
    metabase_email: str = Field(
        "cca@example.com",
        description="Metabase's administrator, made by `cca metabase provision` in a new one.",
    )
    metabase_password: str = Field(
        "", repr=False, description="That administrator's password; there is no default."
    )
    metabase_api_key: str = Field(
        "",
        repr=False,
        description="API key of a Metabase administrator, instead of email and password. Empty: "
        "`cca metabase provision` makes one and keeps it in $CCA_HOME/metabase.",
    )
    metabase_gold_dir: Path | None = Field(
        None,
        description="The folder of gold files as Metabase sees it; $CCA_HOME/gold by default.",
    )

    duckdb_path: Path | None = Field(
        None, description="The warehouse; $CCA_HOME/warehouse/analytics.db by default."
    )
    prices_file: Path | None = Field(
        None,
        description="CSV of your own model prices, which go before the list's "
        "(see docs/tokens-and-cost.md).",
    )
    dbt_target: str = Field("dev", description="Target of dbt/profiles.yml.")
    storage_format: Literal["parquet", "iceberg"] = Field(
        "parquet", description="Storage format of the lake."
    )
    iceberg_warehouse_path: str = Field(
        "",
        description="Where Iceberg's files are: a folder, or an address such as "
        "s3://bucket/lake; $CCA_HOME/lake/iceberg by default.",
    )
    iceberg_catalog_type: str = Field(
        "sql", description="Kind of the Iceberg catalog, as pyiceberg names it: sql, rest, glue, …"
    )
    iceberg_catalog_uri: str = Field(
        "", description="Address of the Iceberg catalog; an SQLite file in $CCA_HOME by default."
    )
    iceberg_catalog_name: str = Field("default", description="Name of the Iceberg catalog.")
    iceberg_namespace: str = Field("analytics", description="Namespace of the Iceberg tables.")
    iceberg_table_name: str = Field("conversations", description="Iceberg table of the entries.")

    @field_validator(
        "cca_home", "sqlite_path", "duckdb_path", "prices_file", "oidc_client_secret_file"
    )
    @classmethod
    def _expand(cls, path: Path | None) -> Path | None:
        return path and path.expanduser().absolute()

    @field_validator("browser_url")
    @classmethod
    def _whole_addresses(cls, urls: str) -> str:
        for url in filter(None, (part.strip() for part in urls.split(","))):
            parts = urlsplit(url)
            if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/"):
                message = f"{url!r} is no address; write it as https://claude.example.org"
                raise ValueError(message)
        return urls

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            message = f"{name!r} is no time zone; use a name such as Europe/Berlin"
            raise ValueError(message) from error
        return name

    @property
    def claude_dirs(self) -> list[Path]:
        """Folders that hold project folders, in the order given, without repeats."""
        named = (
            Path(part.strip()).expanduser() for part in self.claude_dir.split(",") if part.strip()
        )
        roots = (path / "projects" if (path / "projects").is_dir() else path for path in named)
        return list(dict.fromkeys(path.absolute() for path in roots))

    @property
    def buffer_path(self) -> Path:
        return self.sqlite_path or self.cca_home / "buffer.db"

    @property
    def mongo_dir(self) -> Path:
        return self.cca_home / "mongo"

    @property
    def lake_dir(self) -> Path:
        return self.cca_home / "lake"

    @property
    def iceberg_warehouse(self) -> str:
        """Folder or address of Iceberg's files."""
        given = self.iceberg_warehouse_path
        if "://" in given:
            return given
        return str(Path(given).expanduser().absolute() if given else self.lake_dir / "iceberg")

    @property
    def warehouse_path(self) -> Path:
        return self.duckdb_path or self.cca_home / "warehouse" / "analytics.db"

    @property
    def gold_dir(self) -> Path:
        return self.cca_home / "gold"

    @property
    def gold_path(self) -> Path:
        """The published gold file: a symbolic link that each publish moves on."""
        return self.gold_dir / "current.duckdb"

    @property
    def gold_dir_in_metabase(self) -> Path:
        return self.metabase_gold_dir or self.gold_dir

    @property
    def metabase_dir(self) -> Path:
        """Where the API key that cca made for itself is kept."""
        return self.cca_home / "metabase"

    @property
    def search_dir(self) -> Path:
        return self.cca_home / "search"

    @property
    def airflow_home(self) -> Path:
        return self.cca_home / "airflow"

    @property
    def browser_address(self) -> str:
        """Where people reach the browser, by the first of its addresses."""
        first = self.browser_url.split(",")[0].strip()
        return (first or f"http://localhost:{self.browser_port}").rstrip("/")

    @property
    def airflow_address(self) -> str:
        """Where people and workers reach Airflow."""
        return (self.airflow_url or f"http://localhost:{self.airflow_port}").rstrip("/")

    @property
    def logs_dir(self) -> Path:
        return self.cca_home / "logs"

    def as_environment(self) -> dict[str, str]:
        """Every setting as its variable, so that a child process reads the same from any folder."""
        variables = {name.upper(): getattr(self, name) for name in type(self).model_fields}
        # what is unset stays unset: neither an inherited variable nor a .env may fill it in
        given = {name: "" if value is None else str(value) for name, value in variables.items()}
        roots = ",".join(str(path) for path in self.claude_dirs)
        return given | {"CLAUDE_DIR": roots, "CCA_ENV_FILE": os.devnull}


def child_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with changes, for a program it starts."""
    return {**os.environ, **changes}


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings, read once; a wrong value raises SettingError with its name."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper()
        reason, given = first["msg"].removeprefix("Value error, "), repr(first["input"])
        said = reason if given in reason else f"{reason} (got {given})"
        message = f"{name}: {said}; set it in the environment or in .env"
        raise SettingError(message) from error
