"""Where things are in a conversation: its outline, and the places of a text."""

import json
from functools import partial

from cca.conversation.excerpt import Anchor
from cca.conversation.outline import Stop, read_outline
from cca.dashboards.browser.handler import Reading
from cca.dashboards.browser.paint import located
from cca.dashboards.browser.state import State
from cca.dashboards.browser.windows import Asked, window
from cca.search.within import Found, count_of_search, count_of_text

# Of a match's conversation a preview holds these, before it and after it.
PREVIEW_ENTRIES = 14
_JSON = "application/json"


class OutlineOfSession(Reading):
    """The ids of all entries in reading order, the prompts and the failed calls."""

    async def get(self) -> None:
        await self.answer(self._read)

    def _read(self) -> tuple[str, str]:
        outline = read_outline(
            self.desk.archive.entries, self.argument("session"), self.argument("agent")
        )
        told = {
            "entries": outline.entries,
            "prompts": [_told(stop) for stop in outline.prompts],
            "failures": [_told(stop) for stop in outline.failures],
        }
        return _JSON, json.dumps(told)


class FindInSession(Reading):
    """The passages that hold a text, or words of a search; without one, they are made ready."""

    async def get(self) -> None:
        await self.answer(self._read)

    def _read(self) -> tuple[str, str]:
        session, pulse = self.argument("session"), self.desk.pulse
        text = self.argument("q")
        count = count_of_search(text) if self.argument("search") else count_of_text(text)
        found = self.desk.conversations.find(
            session, self.argument("agent"), count, pulse.number,
            partial(pulse.has_changed, session),
        )  # fmt: skip
        return _JSON, json.dumps([_passage(one) for one in found])


def _told(stop: Stop) -> dict[str, str | int]:
    return {"place": stop.place, "entry": stop.entry, "use": stop.call}


def _passage(found: Found) -> dict[str, str | int]:
    passage = found.passage
    return {
        "place": passage.place,
        "entry": passage.entry,
        "use": passage.call,
        "kind": passage.kind,
        "count": found.count,
    }


class PreviewOfMatch(Reading):
    """A match of a search in its conversation: some entries before and after it."""

    async def get(self) -> None:
        await self.answer(self._read)

    def _read(self) -> tuple[str, str]:
        state = located(self.desk, State(self.argument("session"), m=self.argument("m")))
        anchor = Anchor(state.m, "around")
        asked = Asked(state.session, state.agent, anchor, limit=PREVIEW_ENTRIES)
        html = window(self.desk, asked)
        return "text/html; charset=utf-8", html
