"""What a page says instead of what it cannot show, and what to do about it."""

from dataclasses import dataclass

from cca.dashboards.browser.archive import Archive
from cca.settings import Settings


@dataclass(frozen=True)
class Problem:
    """Of its text `what stands in ticks` is set as code."""

    title: str
    text: str


AWAY = Problem(
    "MongoDB does not answer",
    "Nothing is lost: conversations wait in the sync agent. Start it with `cca up --only mongo`, "
    "or check MONGO_URI; this page then goes on by itself.",
)
FAILED = Problem(
    "Something went wrong",
    "This page could not be made; the browser's log says why (`cca logs browser`).",
)
UNKNOWN = Problem("No such session", "The archive has no session of this name.")
NO_LISTS = Problem(
    "The lists are not made yet",
    "The archive has conversations; `cca follow` lists them, within seconds, and `cca up` runs it "
    "with all else. This page then goes on by itself.",
)
NO_INDEX = Problem(
    "No search index yet",
    "`cca follow` builds it, a gigabyte in about a minute, and `cca up` runs it with all else. "
    "This page then goes on by itself; the list and its filters work meanwhile.",
)


def nothing_yet(archive: Archive, settings: Settings) -> Problem:
    """Why there is no conversation to be seen."""
    if archive.entries.find_one({}, {"_id": 1}):
        return NO_LISTS
    folders = " and ".join(f"`{folder}`" for folder in settings.claude_dirs)
    return Problem(
        "No conversations yet",
        f"On this machine Claude Code writes them to {folders}. `cca up` brings them here as they "
        "are written, `cca sync --once` those that are there. To look around first: "
        "`cca demo --home ~/cca-demo`.",
    )
