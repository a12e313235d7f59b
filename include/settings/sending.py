"""What sends conversations and where they arrive: the archive and the sync agent."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from cca.home import SPOOL_NAME
from cca.settings.base import HomeSettings, OwnPath, Port


class ArchiveSettings(HomeSettings):
    """The archive in MongoDB."""

    mongo_uri: str = Field(
        "",
        description="MongoDB connection string. Empty: cca runs a MongoDB of its own in CCA_HOME.",
    )
    mongo_cache_gb: float | None = Field(
        None,
        ge=0.05,
        description="Memory of cca's own MongoDB for its cache, in GB. By default 0.5, and 0.1 in "
        "the light stack.",
    )
    mongo_admin_uri: str = Field(
        "",
        repr=False,
        description="Connection string of a MongoDB administrator; only `cca mongo --set-up` uses "
        "it.",
    )
    mongo_db: str = Field(
        "claude_logs",
        pattern=r'^[^/\\. "$*<>:|?]+$',
        max_length=63,
        description="MongoDB database.",
    )
    mongo_collection: str = Field(
        "conversations",
        pattern=r"^[^$.]+(\.[^$.]+)*$",
        description="MongoDB collection of the archive.",
    )

    @property
    def mongo_dir(self) -> Path:
        return self.cca_home / "mongo"


class AgentSettings(HomeSettings):
    """The sync agent."""

    sqlite_path: OwnPath | None = Field(
        None, description="The sync agent's buffer; $CCA_HOME/buffer.db by default."
    )
    sync_interval_ms: int = Field(
        5000, gt=0, description="The longest a new line may wait for delivery, in milliseconds."
    )
    batch_size: int = Field(
        100, gt=0, description="Entries in one delivery; a backlog is sent in larger batches."
    )
    watch_mode: Literal["auto", "notify", "poll"] = Field(
        "auto",
        description="How the agent notices new lines: notify (by the system), poll (every "
        "second), or auto (poll if CLAUDE_DIR is on a network mount).",
    )
    mask_stored: bool = Field(
        False,
        description="Mask secrets in the archive itself, not only where text is shown. This "
        "cannot be undone.",
    )
    health_host: str = Field("127.0.0.1", description="Address of the agent's health endpoint.")
    health_port: Port = Field(9090, description="Port of the agent's health endpoint.")

    @property
    def sync_dirs(self) -> list[Path]:
        """Folders whose files the agent reads: transcripts, and what status lines recorded."""
        return [*self.claude_dirs, self.cca_home / SPOOL_NAME]

    @property
    def buffer_path(self) -> Path:
        return self.sqlite_path or self.cca_home / "buffer.db"
