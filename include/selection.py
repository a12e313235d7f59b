"""What a person names to erase: a machine, a project, a session."""

from dataclasses import asdict, dataclass


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
