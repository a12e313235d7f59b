"""`cca-agent [--once]`, also `python -m cca.sync_agent`: the agent without the rest of cca.

`cca-agent statusline` prints Claude Code's status line, on a machine that has the agent alone.
"""

import sys

from cca.errors import CcaError, SettingError
from cca.statusline.command import options_of, print_line


def main() -> None:
    """Run the agent; our own errors, and those of files and disks, are one line and exit code 1."""
    if sys.argv[1:2] == ["statusline"]:
        options = options_of(sys.argv[2:]) or {}
        print_line(options.get("--home"), options.get("--template"))
        return
    try:
        _run()
    except (CcaError, OSError) as error:
        sys.exit(f"cca: {error}")


def _run() -> None:
    # A status line has no time for these.
    from cca.log import configure  # noqa: PLC0415
    from cca.settings import get_settings  # noqa: PLC0415
    from cca.sync_agent.agent import run, sync_once  # noqa: PLC0415

    configure()
    settings = get_settings()
    if not settings.mongo_uri:
        raise SettingError("set MONGO_URI: the agent alone does not bring a MongoDB of its own")
    if "--once" in sys.argv[1:]:
        sys.stdout.write(f"{sync_once(settings, settings.mongo_uri)}\n")
    else:
        run(settings, settings.mongo_uri)


if __name__ == "__main__":
    main()
