"""Writes sample transcripts and the exact totals they must come to."""

import json
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

from cca.demo.clock import session_starts
from cca.demo.ledger import DEFINITIONS, Ledger
from cca.demo.limits import write_limits
from cca.demo.plots import play
from cca.demo.stage import Stage
from cca.demo.transcript import Entry
from cca.errors import SettingError

# What a session comes to on average, subagents included.
SESSION_MB = 0.5


@dataclass(frozen=True)
class Truth:
    """Totals of a sample, counted while it was made; `as_json` is what truth.json holds."""

    ledger: Ledger
    limits: dict[str, Any]
    made_from: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        ledger = self.ledger
        counts = ledger.counts
        totals = {
            "projects": len(set(ledger.sessions.values())),
            "sessions": len(ledger.sessions),
            **counts,
            "messages": counts["user_messages"] + counts["assistant_messages"],
            **ledger.total.as_json(),
        }
        return {
            "made_from": self.made_from,
            "definitions": DEFINITIONS,
            "totals": totals,
            **{f"by_{name}": _rows(rows) for name, rows in ledger.by.items()},
            "by_pull_request": _rows(ledger.by_pull_request()),
            "by_tool": {name: vars(tally) for name, tally in sorted(ledger.tools.items())},
            "cache_breaks": {
                f"by_{name}": _rows(rows) for name, rows in ledger.cache_breaks.items()
            },
            "waste": {
                kind: {"findings": len(costs), "usd": f"{sum(costs):.10f}"}
                for kind, costs in ledger.waste().items()
            },
            "limits": self.limits,
            "sessions": dict(sorted(ledger.sessions.items())),
            "titles": dict(sorted(ledger.titles.items())),
        }


def generate(
    out: Path, sessions: int = 40, seed: int = 1, until: date | None = None,
    now: datetime | None = None,
) -> Truth:  # fmt: skip
    """Write `<out>/projects/**`, what status lines recorded, and `<out>/truth.json`.

    The same arguments give the same bytes. With `now` the sample ends an hour or so before it.
    """
    if (out / "projects").exists():
        message = f"{out / 'projects'} exists already; name an empty folder with --out"
        raise SettingError(message)
    until = until or (now or datetime.now(UTC)).date()
    ledger = Ledger()
    starts = session_starts(Random(f"{seed}/dates"), sessions, until, now)  # noqa: S311
    stage = Stage(ledger, seed, starts)
    for index in range(sessions):
        play(stage, index)
        for path, content in stage.files.items():
            _write(
                out / "projects" / path,
                content,
                stage.before.transcript.at if stage.before else stage.starts[index],
            )
    limits = write_limits(out, ledger.messages)
    truth = Truth(ledger, limits, {"sessions": sessions, "seed": seed, "until": until.isoformat()})
    text = json.dumps(truth.as_json(), ensure_ascii=False, indent=1)
    (out / "truth.json").write_text(text + "\n", encoding="utf-8")
    return truth


def _rows(tallies: dict[str, Any]) -> dict[str, Any]:
    return {key: tallies[key].as_json() for key in sorted(tallies)}


def _write(path: Path, content: list[Entry] | str, at: datetime) -> None:
    """A file whose modification time is its session's end: some entries have no other date."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    else:
        lines = (json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in content)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    os.utime(path, (at.timestamp(), at.timestamp()))
