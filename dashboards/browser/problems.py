"""Messages that a page shows in place of missing content, with what to do about it."""

from dataclasses import dataclass

from cca.dashboards.browser.archive import Archive
from cca.settings import Settings


@dataclass(frozen=True)
class Problem:
    """A title and a text; `words in backticks` are shown as code."""

    title: str
    text: str


AWAY = Problem(
    "MongoDB does not answer",
    "The database is not responding. No data is lost. Run `cca up --only mongo`, or check "
    "MONGO_URI; this page reconnects by itself.",
)
FAILED = Problem(
    "Something went wrong",
    "The server could not build this page. The log has the reason: `cca logs browser`.",
)
UNKNOWN = Problem("No such session", "This session is not in the archive.")
NO_LISTS = Problem(
    "Building the session list",
    "This takes a few seconds while `cca follow` runs. If this message stays, run `cca up`.",
)
NO_INDEX = Problem(
    "No search index yet",
    "`cca follow` builds it, about a minute for each gigabyte, and `cca up` runs it. The list and "
    "its filters work meanwhile, and this page updates by itself.",
)
OUTDATED = Problem(
    "These numbers are of another version of cca",
    "The next hourly run builds them again; `cca pipeline` does so at once.",
)
BROKEN = Problem("The numbers cannot be read", "Run `cca rebuild warehouse` to build them again.")


def nothing_yet(archive: Archive, settings: Settings) -> Problem:
    """Why there is no conversation to be seen."""
    if archive.entries.find_one({}, {"_id": 1}):
        return NO_LISTS
    return no_conversations(settings)


def no_conversations(settings: Settings, more: str = "") -> Problem:
    """The archive is empty: how it fills."""
    folders = " and ".join(f"`{folder}`" for folder in settings.claude_dirs)
    return Problem(
        "No conversations yet",
        f"Claude Code writes them to {folders} on this machine. `cca up` imports existing "
        "conversations and keeps watching for new ones. To try it with demo data: "
        f"`cca demo --home ~/cca-demo`.{more}",
    )


def unreadable_gold(settings: Settings, error: Exception) -> Problem:
    """Why no figures can be read from the published file."""
    from cca.pipeline import is_for_other_code  # noqa: PLC0415  (all that extracts)

    return OUTDATED if is_for_other_code(settings, error) else BROKEN
