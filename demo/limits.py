"""What a subscriber's status lines show and record, and what their windows come to."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from cca.demo.ledger import ApiMessage
from cca.demo.stories import PROJECTS
from cca.statusline.payload import Limit, Payload
from cca.statusline.spool import record
from cca.transcript.slugs import slug_of

# USD that use up a limit of the sample's plan.
_FIVE_HOUR_USD, _WEEK_USD = Decimal(12), Decimal(60)
_FIVE_HOURS, _WEEK = timedelta(hours=5), timedelta(days=7)
# A line is drawn after the answer that changed it.
_AFTER = timedelta(milliseconds=700)
_CONTEXT_TOKENS = 1_000_000
_UUID_LENGTH = 36
_CWDS = {slug_of(project.cwd): project.cwd for project in PROJECTS}

Answer = tuple[ApiMessage, Decimal]


@dataclass
class _Window:
    """A window of a limit as the account has it, and what was shown of it."""

    name: str
    start: datetime
    end: datetime
    usd: Decimal
    times: list[datetime] = field(default_factory=list)
    # Tokens and cost of the answers so far, at each answer.
    sums: list[tuple[int, Decimal]] = field(default_factory=list)
    shown: list[tuple[datetime, int]] = field(default_factory=list)

    def add(self, answer: Answer) -> None:
        made, cost = answer
        tokens, spent = self.sums[-1] if self.sums else (0, Decimal(0))
        self.times.append(made.at)
        self.sums.append((tokens + made.usage.prompt + made.usage.output, spent + cost))

    def at(self, moment: datetime) -> Limit:
        """What a line shows then: whole per cents."""
        _, spent = self.sums[bisect_right(self.times, moment) - 1]
        return Limit(int(100 * spent / self.usd), int(self.end.timestamp()))

    def as_json(self) -> dict[str, Any]:
        used = max(percentage for _, percentage in self.shown)
        until = max(at for at, percentage in self.shown if percentage == used)
        answers = bisect_right(self.times, until)
        tokens, spent = self.sums[answers - 1]
        return {
            "limit_name": self.name,
            "window_start": self.start.isoformat(),
            "resets_at": self.end.isoformat(),
            "used_percentage": used,
            "readings": len(self.shown),
            "api_messages": answers,
            "tokens": tokens,
            "cost_usd": f"{spent:.8f}",
        }


def write_limits(out: Path, answers: Sequence[Answer]) -> dict[str, Any]:
    """Record a line after each answer, as `cca statusline` does; return the windows' truth."""
    ordered = sorted(answers, key=lambda answer: answer[0].at)
    five_hour = _windows(ordered, "five_hour", _FIVE_HOURS, _FIVE_HOUR_USD)
    seven_day = _windows(ordered, "seven_day", _WEEK, _WEEK_USD)
    spent: dict[str, Decimal] = {}
    readings = 0
    for made, cost in ordered:
        spent[made.session_id] = spent.get(made.session_id, Decimal(0)) + cost
        # A file without a session's id is of a version without status lines.
        if len(made.session_id) != _UUID_LENGTH:
            continue
        now = made.at + _AFTER
        both = [_of(windows, now) for windows in (five_hour, seven_day)]
        limits = [window.at(now) if window else None for window in both]
        if record(str(out), _payload(made, spent[made.session_id], limits), now.timestamp()):
            readings += 1
            for window in filter(None, both):
                window.shown.append((now, window.at(now).percentage))
    shown = [window for window in (*five_hour, *seven_day) if window.shown]
    return {"readings": readings, "windows": [window.as_json() for window in shown]}


def _windows(
    answers: Sequence[Answer], name: str, length: timedelta, usd: Decimal
) -> list[_Window]:
    """One begins at the full hour of the first answer after the one before."""
    windows: list[_Window] = []
    for answer in answers:
        at = answer[0].at
        if not windows or at >= windows[-1].end:
            start = at.replace(minute=0, second=0, microsecond=0)
            windows.append(_Window(name, start, start + length, usd))
        windows[-1].add(answer)
    return windows


def _of(windows: Sequence[_Window], at: datetime) -> _Window | None:
    """The window that runs then; none where the line comes just after its end."""
    begun = bisect_right(windows, at, key=lambda window: window.start)
    return windows[begun - 1] if begun and at < windows[begun - 1].end else None


def _payload(made: ApiMessage, spent: Decimal, limits: Sequence[Limit | None]) -> Payload:
    prompt = made.usage.prompt
    return Payload(
        session_id=made.session_id, cwd=_CWDS.get(made.project_id, ""), version="2.1.300",
        model=made.model, model_name=made.model, cost_usd=float(round(spent, 6)),
        context_percentage=100 * prompt // _CONTEXT_TOKENS, context_tokens=prompt,
        context_size=_CONTEXT_TOKENS, five_hour=limits[0], seven_day=limits[1],
    )  # fmt: skip
