"""What every page reads from."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from cca.dashboards.browser.archive import Archive, Project, list_projects
from cca.dashboards.browser.costs import sessions_of
from cca.dashboards.browser.gold import session_costs
from cca.dashboards.browser.hits import SearchRoom
from cca.dashboards.browser.live import Pulse
from cca.dashboards.browser.sessions import Known, choices
from cca.dashboards.browser.state import State
from cca.errors import CcaError
from cca.follow.state import FollowerState, follower_state
from cca.search.within import Conversations
from cca.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Desk:
    """What every page reads from."""

    archive: Archive
    search: SearchRoom
    settings: Settings
    pulse: Pulse
    conversations: Conversations

    def projects(self) -> list[Project]:
        return self.pulse.kept("projects", lambda: list_projects(self.archive))

    def follower(self) -> FollowerState | None:
        return follower_state(self.settings, self.archive.entries)

    def choices(self, project: str) -> dict[str, list[str]]:
        return self.pulse.kept(f"choices {project}", lambda: choices(self.archive, project))


def costs_of(
    desk: Desk, read: Callable[[Settings], dict[str, Decimal]] = session_costs
) -> dict[str, Decimal]:
    """Figures beside the facts: where gold cannot be read, conversations still can."""
    try:
        return read(desk.settings)
    except (CcaError, duckdb.Error) as error:
        log.warning("gold cannot be read: %s", error)
        return {}


def known_of(desk: Desk, state: State) -> Known:
    """What the list takes from gold."""
    return Known(costs_of(desk), sessions_of(desk.settings, state))
