"""The four panes of the page as Panel components: thin, as their HTML is made on the server."""

import logging
from collections.abc import Callable
from typing import Any

from panel.custom import JSComponent

from cca.dashboards.browser.views import HERE

log = logging.getLogger(__name__)

Heard = Callable[[dict[str, Any]], None]


def _css(name: str) -> str:
    return (HERE / "css" / name).read_text()


def _runs(pane: str) -> str:
    """A module that runs a script of the page: a whole one Panel would translate in the browser."""
    return f"export const render = (given) => window.cca.renders.{pane}(given)"


class _Pane(JSComponent):
    """Sends the page what the person did, and receives what to show."""

    __abstract = True

    sheets: tuple[str, ...] = ()

    def __init__(self, heard: Heard) -> None:
        stylesheets = [_css(name) for name in ("pane.css", "marks.css", *self.sheets)]
        super().__init__(  # type: ignore[no-untyped-call]  # in Panel itself
            stylesheets=stylesheets, sizing_mode="stretch_both"
        )
        self._heard = heard

    def _handle_msg(self, data: Any) -> None:
        if isinstance(data, dict):
            self._heard(data)

    def tell(self, message: dict[str, Any]) -> None:
        self._send_msg(message)


class PageHeader(_Pane):
    _esm = _runs("header")
    sheets = ("header.css",)


class SessionList(_Pane):
    _esm = _runs("sessions")
    sheets = ("sessions.css", "results.css", "tip.css")


class ActivityOverview(_Pane):
    _esm = _runs("overview")
    sheets = ("overview.css", "sessions.css", "results.css", "tip.css")


class Transcript(_Pane):
    _esm = _runs("transcript")
    sheets = (
        "transcript.css", "terminal.css", "context_line.css", "rail.css", "reading.css",
        "tip.css", "print.css",
    )  # fmt: skip
