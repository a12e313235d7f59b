"""How often each heuristic of behaviour was right, judged by hand on real sessions.

docs/behaviour.md tells which sessions, and what was wrong in the cases that were.
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
        return (
            f"{self.rule} Checked by hand: {self.right} of {self.cases} cases right, "
            f"in {self.sessions} real sessions."
        )


PRECISION = {
    "correction": Precision("A prompt corrects by its first words (English).", 0, 0, 0),
    "check": Precision(
        "A check is a command that runs tests, a build, types or a linter.", 0, 0, 0
    ),
    "failed check": Precision("A check failed by its result or its last lines.", 0, 0, 0),
    "edit again": Precision("The same file is edited after a check failed.", 0, 0, 0),
    "one-shot": Precision("The file is not edited again after the next check.", 0, 0, 0),
}
