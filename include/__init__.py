"""Claude Code conversation analytics: the folder include/ is the package `cca`."""

# Services of before the package had this name start `python -m include.sync_agent`. Without this
# check they would load a second copy of some modules, or end with a riddle.
if __name__ != "cca":
    raise ImportError(
        "the package is now named cca: write `python -m cca.sync_agent` in the service file and "
        "run `make install`, see CHANGELOG.md"
    )
