"""`cca-agent [--once]`, also `python -m cca.sync_agent`: the agent without the rest of cca."""

import sys

from cca.errors import CcaError, SettingError
from cca.log import configure
from cca.settings import get_settings
from cca.sync_agent.agent import run, sync_once


def main() -> None:
    """Run the agent; our own errors, and those of files and disks, are one line and exit code 1."""
    configure()
    try:
        _run()
    except (CcaError, OSError) as error:
        sys.exit(f"cca: {error}")


def _run() -> None:
    settings = get_settings()
    if not settings.mongo_uri:
        raise SettingError("set MONGO_URI: the agent alone does not bring a MongoDB of its own")
    if "--once" in sys.argv[1:]:
        sys.stdout.write(f"{sync_once(settings, settings.mongo_uri)}\n")
    else:
        run(settings, settings.mongo_uri)


if __name__ == "__main__":
    main()
