"""Where cca keeps its data: for the status line, which has no time to load the settings."""

import os

DEFAULT_HOME = "~/.claude-sync"
# Below the home: what a status line records, until the agent has read it.
SPOOL_NAME = "statusline-spool"


def home_of_environment() -> str:
    """Return CCA_HOME as an absolute path; lines of a `.env` are not read."""
    given = os.environ.get("CCA_HOME") or DEFAULT_HOME
    return os.path.abspath(os.path.expanduser(given))  # noqa: PTH100, PTH111  (pathlib takes 10 ms)
