"""What a person names to erase: a machine, a project, a session; and what of it existed by then."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

# An agent that read the requests just before a new one was written has sent within this time.
_SETTLED = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Selection:
    """Entries for which all that is given holds; nothing given selects nothing."""

    host: str = ""
    project: str = ""
    session: str = ""

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is given."""
        return not (self.host or self.project or self.session)

    def given(self) -> dict[str, str]:
        """Return host, project and session by name, empty ones too, as requests store them."""
        return asdict(self)

    def fields(self) -> dict[str, str]:
        """Return the fields of MongoDB's documents and the values they must have."""
        given = {"host": self.host, "projectId": self.project, "sessionKey": self.session}
        return {name: value for name, value in given.items() if value}

    def columns(self) -> dict[str, str]:
        """Return the columns of the lake and the values they must have."""
        given = {"host": self.host, "project_id": self.project, "session_id": self.session}
        return {name: value for name, value in given.items() if value}

    def holds(self, *, host: str, project: str, session: str) -> bool:
        """Return whether an entry of that machine, project and session is selected."""
        return (
            not self.is_empty
            and self.host in {"", host}
            and self.project in {"", project}
            and self.session in {"", session}
        )


@dataclass(frozen=True, slots=True)
class Covered:
    """What an erasure takes of its selection: what was in the archive at its time, by one clock.

    What has come since is covered where an agent that did not know of the request yet sent it, and
    the clock of its machine says that it is older. All else is new.
    """

    selection: Selection
    at: datetime

    @property
    def settled_at(self) -> datetime:
        """Return from when on every agent knew: whatever it let in later is new."""
        return self.at + _SETTLED

    def documents(self) -> dict[str, Any]:
        """Return the query for MongoDB's documents."""
        is_later = {"ingestedAt": {"$gt": self.at}, "eventAt": {"$gt": self.at}}
        is_settled = {"ingestedAt": {"$gt": self.settled_at}}
        return {**self.selection.fields(), "$nor": [is_later, is_settled]}
