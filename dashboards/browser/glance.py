"""What the first page says of the numbers; it is asked for once the page stands."""

from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from cca.dashboards.browser.handler import Reading
from cca.dashboards.browser.numbers.choice import Choice
from cca.dashboards.browser.numbers.choice import from_query as choice_of
from cca.dashboards.browser.numbers.pages import GLANCE, made_of, not_applied
from cca.dashboards.browser.state import from_query
from cca.dashboards.browser.views import render
from cca.settings import Settings

MAX_SESSIONS = 8


class Glance(Reading):
    """Tiles and the most expensive sessions of the analytics, under the filters of the page."""

    needs_archive = False

    async def get(self) -> None:
        await self.answer(self._read)

    def _read(self) -> tuple[str, str]:
        state = from_query({name: self.argument(name) for name in self.request.query_arguments})
        html = at_a_glance(self.desk.settings, choice_of(state.of_analytics))
        return "text/html; charset=utf-8", html


def at_a_glance(settings: Settings, choice: Choice) -> Markup:
    """The figures as HTML; before a publish, and without any, what to do about it."""
    made = made_of(settings, choice, GLANCE)
    *before, caption, tiles, sessions = made.sections or (None, None, None)
    zone = ZoneInfo(settings.timezone)
    return render(
        "glance.html",
        zone,
        problem=None if made.sections else made.problem,
        before=before,
        not_applied=not_applied(GLANCE, made.wanted),
        caption=caption,
        published_at=made.gold.published_at if made.gold else None,
        tiles=tiles,
        sessions=sessions,
        shown=MAX_SESSIONS,
        analytics=made.choice.link(),
        behind=made.choice.conversations(datetime.now(zone).date(), sort="cost"),
    )
