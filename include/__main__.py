"""The command `cca`, also `python -m cca`.

Claude Code starts the status line for each of its lines: that command goes past click and settings.
"""

import atexit
import gc
import os
import sys

# New containers between two runs of the cycle collector. Imports make values that stay: with
# Python's own 700, looking through them is up to a tenth of a short command.
_ALLOCATIONS = 20_000


def main() -> None:
    """Run the command that the arguments name."""
    if sys.argv[1:2] == ["statusline"]:
        from cca.statusline.command import options_of, print_line  # noqa: PLC0415  (for it alone)

        options = options_of(sys.argv[2:])
        if options is not None:
            print_line(options.get("--home"), options.get("--template"))
            return
    # Settings are read by pydantic, which else looks for plugins in every package there is.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # noqa: TID251  (a write)
    gc.set_threshold(_ALLOCATIONS, *gc.get_threshold()[1:])
    # At its end Python looks through all that is left for cycles: a tenth of a short command.
    atexit.register(gc.freeze)
    from cca.cli import main as run_command  # noqa: PLC0415  (takes what a line may take)

    run_command()


if __name__ == "__main__":
    main()
