"""All settings in one frozen object: the only reader of the environment."""

import logging
import os
from collections.abc import Mapping
from functools import lru_cache

from pydantic import ValidationError

from cca.errors import SettingError
from cca.settings.base import HomeSettings, env_file, require_env_file
from cca.settings.misspelt import misspelt
from cca.settings.project import PROJECT_DIR, is_checkout
from cca.settings.running import AirflowSettings, AlertSettings
from cca.settings.sending import AgentSettings, ArchiveSettings
from cca.settings.showing import BrowserSettings, McpSettings, MetabaseSettings
from cca.settings.storing import LakeSettings, WarehouseSettings

__all__ = [
    "PROJECT_DIR",
    "SECTIONS",
    "Settings",
    "child_environment",
    "get_settings",
    "is_checkout",
]

log = logging.getLogger(__name__)

# In the order in which the documents list them.
SECTIONS: tuple[type[HomeSettings], ...] = (
    HomeSettings,
    ArchiveSettings,
    AgentSettings,
    BrowserSettings,
    AirflowSettings,
    AlertSettings,
    WarehouseSettings,
    LakeSettings,
    McpSettings,
    MetabaseSettings,
)


class Settings(
    ArchiveSettings,
    AgentSettings,
    BrowserSettings,
    AirflowSettings,
    AlertSettings,
    LakeSettings,
    McpSettings,
    MetabaseSettings,
):
    """Every field has a default that works on a laptop; set as upper-case variables or in .env."""

    def as_environment(self) -> dict[str, str]:
        """Every setting as its variable, so that a child process reads the same from any folder."""
        variables = {name.upper(): getattr(self, name) for name in type(self).model_fields}
        # What is unset stays unset: neither an inherited variable nor a .env may fill it in.
        given = {name: "" if value is None else str(value) for name, value in variables.items()}
        # The child looks for the defaults again: one of them may appear later.
        is_set = self.claude_dir or self.claude_config_dir
        found = ",".join(str(path) for path in self.claude_dirs) if is_set else ""
        own = {"CLAUDE_DIR": found, "CLAUDE_CONFIG_DIR": "", "CCA_ENV_FILE": os.devnull}
        return given | own


def child_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with changes, for a program it starts."""
    return {**os.environ, **changes}


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings, read once; a wrong value raises SettingError with its name.

    Names in `.env` that look like misspelt settings are named in a warning.
    """
    require_env_file()
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper()
        reason, given = first["msg"].removeprefix("Value error, "), repr(first["input"])
        said = reason if given in reason else f"{reason} (got {given})"
        raise SettingError(f"{name}: {said}; {_where_set(name)}") from error
    except UnicodeDecodeError as error:
        message = f"{env_file()} is no text in UTF-8 ({error.reason}); save it as such"
        raise SettingError(message) from error
    for sentence in misspelt(env_file(), Settings.model_fields):
        log.warning(sentence)
    return settings


def _where_set(name: str) -> str:
    """Say where the value of a setting came from."""
    is_variable = any(each.upper() == name and value for each, value in os.environ.items())
    place = "the environment" if is_variable else str(env_file())
    return f"it is set in {place}"
