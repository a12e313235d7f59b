"""What every section of the settings builds on: where `.env` lies, and this machine."""

import os
import socket
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from cca.errors import SettingError
from cca.home import DEFAULT_HOME, home_of_environment
from cca.settings import roots
from cca.settings.project import PROJECT_DIR, is_checkout


def own_path(path: Path) -> Path:
    """Return an absolute path.

    Raises:
        ValueError: It begins with `~` and a user whom this machine does not have.

    """
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        message = f"this machine has no user {path.parts[0][1:]}"
        raise ValueError(message) from error


# A path of this machine, absolute whatever the folder that cca is started in.
OwnPath = Annotated[Path, AfterValidator(own_path)]
Port = Annotated[int, Field(ge=1, le=65535)]


def env_file() -> Path:
    """Return the `.env` that fills in what the environment leaves out.

    `CCA_ENV_FILE` names one. Otherwise it lies in the checkout, or in CCA_HOME where cca is
    installed as a package. The `.env` of
    the current folder is never read: it belongs to the project that lies there.
    """
    if named := os.environ.get("CCA_ENV_FILE"):
        return Path(named)
    if is_checkout():
        return PROJECT_DIR / ".env"
    return Path(home_of_environment()) / ".env"


def require_env_file() -> None:
    """Raise SettingError where CCA_ENV_FILE names a file that is not there."""
    named = os.environ.get("CCA_ENV_FILE", "")
    if named and named != os.devnull and not Path(named).is_file():
        raise SettingError(f"CCA_ENV_FILE: {named} is no file; name one, or unset it")


class HomeSettings(BaseSettings):
    """This machine."""

    model_config = SettingsConfigDict(
        env_file=env_file(),
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    cca_home: OwnPath = Field(
        Path(DEFAULT_HOME),
        description="Where cca keeps its data: buffer, MongoDB, lake, warehouse, gold, logs.",
    )
    claude_dir: str = Field(
        "",
        description="Folders of Claude Code transcripts, separated by commas. By default "
        "~/.claude/projects, and ~/.config/claude/projects where that is there.",
    )
    claude_config_dir: str = Field(
        "",
        description="Claude Code's own folder, as Claude Code reads it: its projects folder is "
        "read where CLAUDE_DIR is not set, as soon as it is there.",
    )
    cca_host: str = Field(
        default_factory=socket.gethostname,
        description="This machine's name in the archive; the hostname by default.",
    )
    cca_service: str = Field(
        "",
        description="The service of docker-compose.yaml that this is; empty outside containers.",
    )
    timezone: str = Field("UTC", description="Time zone of the day boundaries in reports.")

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            message = f"{name!r} is no time zone; use a name such as Europe/Berlin"
            raise ValueError(message) from error
        return name

    @field_validator("claude_dir", "claude_config_dir")
    @classmethod
    def _known_folders(cls, text: str) -> str:
        for part in text.split(","):
            own_path(Path(part.strip()))
        return text

    @property
    def claude_dirs(self) -> list[Path]:
        """Folders that hold project folders, in the order given, without repeats."""
        if self.claude_dir:
            return roots.given_roots(roots.named(self.claude_dir))
        if self.claude_config_dir:
            return roots.config_roots(roots.named(self.claude_config_dir))
        return roots.default_roots()

    @property
    def claude_dir_remarks(self) -> list[str]:
        """One sentence for each folder of CLAUDE_DIR that lies above the transcripts."""
        return roots.remarks(roots.named(self.claude_dir))

    @property
    def logs_dir(self) -> Path:
        return self.cca_home / "logs"
