"""How often each heuristic was right, judged by hand on real sessions.

docs/behaviour.md and docs/cache-and-context.md tell which sessions, and what was wrong in the cases
that were.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Precision:
    """Of `cases` that a heuristic named in `sessions` real sessions, `right` were right."""

    rule: str
    cases: int
    right: int
    sessions: int

    @property
    def text(self) -> str:
        """One sentence for a page."""
        return f"{self.rule} {self.share}"

    @property
    def share(self) -> str:
        """How often it was right."""
        return (
            f"Checked by hand: {self.right} of {self.cases} cases right, "
            f"in {self.sessions} real sessions."
        )


# Said before the names of heuristics that are not among them.
NOT_CHECKED = "Not checked by hand, as too few real cases are public:"
PRECISION = {
    "correction": Precision("A prompt corrects by its first words, in English.", 33, 28, 33),
    "check": Precision(
        "A check is a command that runs tests, a build, types or a linter.", 78, 78, 58
    ),
    "failed check": Precision("A check failed by its result or its last lines.", 16, 12, 15),
    "failed call tried again": Precision(
        "A call failed and the same tool was called within three calls.", 42, 38, 35
    ),
}
