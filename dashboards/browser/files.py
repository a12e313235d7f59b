"""The page of a file: which sessions changed or read it, with the diff and the prompt before it."""

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import duckdb
from markupsafe import Markup

from cca.conversation.calls import call_block, find_results
from cca.conversation.figures import MINUS
from cca.conversation.stored import find_entry
from cca.dashboards.browser.assets import asset_url
from cca.dashboards.browser.desk import Desk
from cca.dashboards.browser.handler import Reading
from cca.dashboards.browser.masking import masked
from cca.dashboards.browser.pieces import Piece, body
from cca.dashboards.browser.views import render
from cca.errors import CcaError
from cca.gold.open import reading_gold
from cca.masking import mask_secrets, mask_value
from cca.usage.files import Asked, changed_lines, file_operations, touched_files

log = logging.getLogger(__name__)

_ROWS = 40
_FILES, _COMPLETIONS = 60, 12
_NO_DIFFS = "MongoDB does not answer: the page cannot show what was changed."
_NO_GOLD = "The numbers are not there yet. Run `cca pipeline`."
_PROMPT_CHARACTERS = 400
_HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Operation:
    """One row of gold with what the archive shows of the call."""

    row: dict[str, Any]
    changed: str
    prompt: str
    pieces: list[Piece]


class Files(Reading):
    """`path` is a whole path or its end; `reads` also lists who read it.

    Without one, and where nothing is found, the files whose path holds what was typed.
    """

    async def get(self) -> None:
        await self.answer(lambda: (_HTML, self._page(lambda rows: operations(self.desk, rows))))

    def away(self) -> tuple[str, str]:
        """What gold knows of them, without what was changed."""
        return _HTML, self._page(lambda rows: [_told(row, []) for row in rows], _NO_DIFFS)

    def _page(
        self, shown: Callable[[list[dict[str, Any]]], list[Operation]], problem: str = ""
    ) -> Markup:
        path, is_reads = self.argument("path").strip(), self.argument("reads") == "1"
        first = self.argument("from")
        offset = int(first) if first.isascii() and first.isdigit() else 0
        asked = Asked(path, reads=is_reads)
        try:
            with reading_gold(self.desk.settings) as gold:
                rows = file_operations(gold, asked, _ROWS + 1, offset) if path else []
                touched = [] if rows else touched_files(gold, path, _FILES)
        except (CcaError, duckdb.Error) as error:
            log.warning("gold cannot be read: %s", error)
            rows, touched, problem = [], [], _NO_GOLD
        return render(
            "files.html",
            self.desk.archive.timezone,
            asset=asset_url,
            path=path,
            is_reads=is_reads,
            problem=problem,
            operations=shown(rows[:_ROWS]),
            touched=[row | {"changed": _signed(row)} for row in touched],
            next=offset + _ROWS if len(rows) > _ROWS else 0,
        )


class Paths(Reading):
    """Paths that hold what is typed into the field of the page, the last touched first."""

    needs_archive = False

    async def get(self) -> None:
        await self.answer(lambda: ("application/json", json.dumps(self._found())))

    def _found(self) -> list[str]:
        try:
            with reading_gold(self.desk.settings) as gold:
                rows = touched_files(gold, self.argument("path").strip(), _COMPLETIONS)
        except (CcaError, duckdb.Error) as error:
            log.warning("gold cannot be read: %s", error)
            return []
        return [str(row["file_path"]) for row in rows]


def operations(desk: Desk, rows: Iterable[dict[str, Any]]) -> list[Operation]:
    """Returns the operations with their diffs, secrets masked."""
    return [_told(row, [] if row["operation"] == "read" else _pieces(desk, row)) for row in rows]


def _told(row: dict[str, Any], pieces: list[Piece]) -> Operation:
    prompt = mask_secrets(str(row["prompt"] or ""))[:_PROMPT_CHARACTERS]
    return Operation(row, _signed(row), prompt, pieces)


def _signed(row: dict[str, Any]) -> str:
    return changed_lines(row).replace("-", MINUS)


def _pieces(desk: Desk, row: dict[str, Any]) -> list[Piece]:
    """What the call asked for; its result says no more than whether it worked."""
    entries = desk.archive.entries
    session, use = row["session_id"], row["tool_use_id"]
    entry = find_entry(entries, session, use)
    block = call_block(entry, use) if entry else None
    if block is None:
        return []
    answer = find_results(entries, {"sessionKey": session}, {use}).get(use)
    shown = body(mask_value(block), masked(answer).body if answer else None)
    return [piece for piece in shown if not piece.status]
