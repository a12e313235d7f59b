"""Commits that git reports in what a shell command printed."""

import re
from typing import NamedTuple

_READ_CHARACTERS = 4000
# As git ends a commit: [main 1a2b3c4] Fix the parser, and below it the count of files.
_COMMIT = re.compile(
    r"^\[(?P<branch>[^\]\n]+?)(?: \(root-commit\))? (?P<hash>[0-9a-f]{7,40})\] (?P<subject>.+)$",
    re.MULTILINE,
)
_SUBJECT_CHARACTERS = 200


class Commit(NamedTuple):
    """`hash` is as short as git printed it."""

    hash: str
    subject: str


def commit_of(text: str) -> Commit | None:
    """Returns the last commit that a result reports; None where git says nothing of one."""
    if text.find(" changed", -_READ_CHARACTERS) < 0:
        return None
    end = text[-_READ_CHARACTERS:]
    found = None
    for found in _COMMIT.finditer(end):  # noqa: B007  (the last one counts)
        pass
    return Commit(found["hash"], found["subject"].strip()[:_SUBJECT_CHARACTERS]) if found else None
