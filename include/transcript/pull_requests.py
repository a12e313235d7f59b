"""Pull requests: which one an entry links, and which one a call opened."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from cca.transcript.values import count, mapping, string

# GitHub's and Gitea's addresses, and GitLab's merge requests.
_ADDRESS = re.compile(
    r"https?://[^/\s]+/(?P<repository>[^\s?#]+?)/(?:-/)?(?:pulls?|merge_requests)/(?P<number>\d+)"
)
_OPENING = re.compile(r"\b(?:gh\s+pr|glab\s+mr)\s+create\b")


class PullRequest(NamedTuple):
    """A pull request: `name` is `owner/repository#number`, `url` is None where nothing says it."""

    name: str
    url: str | None


def linked(entry: Mapping[str, Any]) -> PullRequest | None:
    """Returns the pull request that a `pr-link` entry names; None for other entries."""
    if entry.get("type") != "pr-link":
        return None
    url = string(entry.get("prUrl")) or ""
    named = at_address(url)
    number = count(entry.get("prNumber"))
    repository = string(entry.get("prRepository"))
    if number is not None and repository:
        return PullRequest(f"{repository}#{number}", named.url if named else None)
    return named


def at_address(text: str) -> PullRequest | None:
    """Returns the pull request that a text begins to name by its address."""
    found = _ADDRESS.match(text.strip())
    if found is None:
        return None
    return PullRequest(f"{found['repository']}#{found['number']}", found[0])


def opens(values: Any) -> bool:
    """Tells whether a call's input is a shell command that opens a pull request."""
    command = mapping(values).get("command")
    return isinstance(command, str) and "create" in command and bool(_OPENING.search(command))


def opened(text: str) -> PullRequest | None:
    """Returns the pull request whose address is the last line of what a command printed."""
    if text.find("://", -_LONGEST_ADDRESS) < 0:
        return None
    return at_address(text[-_LONGEST_ADDRESS:].rstrip().rsplit("\n", 1)[-1])


_LONGEST_ADDRESS = 500
