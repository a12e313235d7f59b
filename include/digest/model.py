"""What a digest holds: values only."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class Asked:
    """One session: its title and what a person asked in it, in their order."""

    session_id: str
    title: str
    prompts: tuple[str, ...]


@dataclass(frozen=True)
class FileChange:
    """A file that edits and writes changed; shell commands are not in it."""

    path: str
    changes: int
    lines_added: int
    lines_removed: int


@dataclass(frozen=True)
class Commit:
    """A commit that git reported to Claude; `hash` is as short as git printed it."""

    hash: str
    subject: str
    at: datetime
    session_id: str


@dataclass(frozen=True)
class Failure:
    """A kind of failed tool call, or of an error of the API, and how often it came."""

    kind: str
    count: int


@dataclass(frozen=True)
class Work:
    """What was done in one project.

    `active_minutes` are the minutes between messages of a session, no gap longer than five.
    `unpriced` responses cost something nobody knows. `files_changed` counts all files, of which
    `files` are those with most changes.
    """

    project_key: str
    project: str
    prompts: int
    sessions: int
    active_minutes: float
    cost_usd: Decimal
    unpriced: int
    tool_calls: int
    files_changed: int
    lines_added: int
    lines_removed: int
    asked: tuple[Asked, ...]
    files: tuple[FileChange, ...]
    commits: tuple[Commit, ...]
    pull_requests: tuple[str, ...]
    failures: tuple[Failure, ...]

    @property
    def failed(self) -> int:
        """Failed tool calls and errors of the API."""
        return sum(each.count for each in self.failures)


@dataclass(frozen=True)
class Digest:
    """The days first to last, both included, on the clock of TIMEZONE; most cost first."""

    first: date
    last: date
    works: tuple[Work, ...]

    @property
    def name(self) -> str:
        """A day, or the first and the last day."""
        day = f"{self.first:%A}, {self.first.isoformat()}"
        return day if self.first == self.last else f"{self.first} to {self.last}"

    @property
    def cost_usd(self) -> Decimal:
        return sum((each.cost_usd for each in self.works), Decimal(0))

    @property
    def active_minutes(self) -> float:
        return sum(each.active_minutes for each in self.works)

    @property
    def prompts(self) -> int:
        return sum(each.prompts for each in self.works)
