"""Which project a session belongs to, and which projects a person means by a name."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from cca.transcript.slugs import project_key, project_label, slug_of, user_of


class Place(NamedTuple):
    """Where an entry stands in its session's files."""

    is_sidechain: bool
    stream: str
    generation: int
    offset: int


@dataclass
class Home:
    """The folder and the directory of one session, from its entries in any order.

    The folder (`project_id`) is that in which the session went on last. The directory is the first
    `cwd` of the session's main file, and of several the one that the folder is named after. dbt's
    `int_session_projects` says the same in SQL.
    """

    project_id: str = ""
    _newest: tuple[Any, ...] = ()
    # By folder: the best directory so far.
    _directories: dict[str, tuple[bool, Place, str]] = field(default_factory=dict)
    # By folder: whose home its directories lie in, the first of the alphabet.
    _people: dict[str, str] = field(default_factory=dict)

    def see(
        self, project_id: str, cwd: str | None, place: Place, event_at: datetime, came_at: datetime
    ) -> None:
        """Takes one entry into account; times are those of the event and of the arrival."""
        # Of equal entries the folder that comes first in the alphabet counts.
        newest = (not place.is_sidechain, event_at, came_at)
        if not self._newest or (newest, self.project_id) > (self._newest, project_id):
            self._newest, self.project_id = newest, project_id
        if cwd:
            found = (slug_of(cwd) != project_id, place, cwd)
            self._directories[project_id] = min(found, self._directories.get(project_id, found))
            if person := user_of(cwd):
                self._people[project_id] = min(person, self._people.get(project_id, person))

    @property
    def cwd(self) -> str | None:
        """The directory as an entry says it; None where no entry does."""
        found = self._directories.get(self.project_id)
        return found[2] if found else None

    @property
    def person(self) -> str | None:
        """Whose home folder the session ran in; None outside of every home."""
        return self._people.get(self.project_id)

    @property
    def key(self) -> str:
        """By which two sessions are of one project."""
        return project_key(self.cwd) if self.cwd else self.project_id


@dataclass(frozen=True, slots=True)
class Project:
    """A project by all its names: key, directory as written, folder under CLAUDE_DIR (slug)."""

    key: str
    slug: str
    path: str = ""

    @property
    def name(self) -> str:
        """The last part of the directory."""
        return project_label(self.slug, self.path)


def labels_of(projects: Iterable[Project]) -> dict[str, str]:
    """Returns key to label: the name, and what tells the projects apart that share a name.

    That is the owner where each of them lies in another person's home, else the directory.
    """
    known = list(projects)
    alike: dict[str, list[Project]] = {}
    for each in known:
        alike.setdefault(each.name, []).append(each)
    return {each.key: _label(each, alike[each.name]) for each in known}


def _label(project: Project, alike: list[Project]) -> str:
    if len(alike) == 1:
        return project.name
    owners = [user_of(each.path) for each in alike]
    is_told = all(owners) and len(set(owners)) == len(alike)
    return f"{project.name} ({user_of(project.path) if is_told else project.path or project.slug})"


def is_directory(wanted: str) -> bool:
    """Returns whether a project is named by its directory; a folder's name has no slash."""
    return "/" in wanted or "\\" in wanted


def key_or_folder(wanted: str) -> str:
    """Returns the key of a directory; the name of a folder stays as it is."""
    return project_key(wanted) if is_directory(wanted) else wanted


def meant(wanted: str, projects: Iterable[Project]) -> list[Project]:
    """Returns the projects of that directory, else of that folder, else of that name.

    Several projects may share a folder, or a name.
    """
    known = list(projects)
    if is_directory(wanted):
        return [each for each in known if each.key == project_key(wanted)]
    of_folder = [each for each in known if wanted in (each.slug, each.key)]
    return of_folder or [each for each in known if each.name == wanted]
