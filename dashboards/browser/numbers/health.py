"""Data health: what the figures leave out, how fresh they are, and where two sums disagree."""

from datetime import UTC, datetime
from typing import Any

from cca.dashboards.browser.numbers.cells import BEHIND_ROWS, SESSION, project_labels, session_cell
from cca.dashboards.browser.numbers.parts import Cell, Column, Section, Table, Tile, Tiles, count
from cca.dashboards.browser.numbers.reader import Asked
from cca.dashboards.browser.numbers.write import money, number
from cca.dashboards.browser.status import ago
from cca.gold.measures import sessions as measured
from cca.gold.measures import usage
from cca.gold.measures.select import select
from cca.gold.state import published_high_water_mark
from cca.stack.readiness import agent_health

# Rounding of either side is no disagreement.
_VERDICTS = {
    "equal": ("agree", "good"),
    "ledger higher": ("Claude Code counted more", ""),
    "transcript higher": ("we counted more", "bad"),
}
_MODELS = """
select model, api_messages, unpriced_messages, last_used_at, cost_usd
from marts.dim_models where unpriced_messages > 0 or not is_price_known
order by unpriced_messages desc, model
"""
_REJECTS = select(
    [measured.REJECTED_ENTRIES], ["reason"],
    also={"last_on": "max(m.day)"}, order="rejected_entries desc, reason",
)  # fmt: skip
_LEDGER = select([measured.CHECKED_SESSIONS], ["verdict"], order="checked_sessions desc")
_UNPRICED = select([usage.UNPRICED_MESSAGES])
_DIFFERENCES = f"""
select l.session_id, s.title, s.project_key, l.verdict, l.ledger_cost_usd as ledger,
    l.own_cost_usd as own, l.cost_usd_with_copies as with_copies
from marts.agg_ledger_check as l
left join marts.dim_sessions as s on s.session_id = l.session_id
where l.verdict <> 'equal'
order by abs(l.ledger_cost_usd - l.own_cost_usd) desc, l.session_id limit {BEHIND_ROWS}
"""


def page(asked: Asked) -> list[Section]:
    health = agent_health(asked.settings)
    return [
        _tiles(asked, health),
        _unpriced(asked),
        _rejects(asked),
        _ledger(asked),
        _differences(asked),
    ]


def _tiles(asked: Asked, health: dict[str, Any] | None) -> Tiles:
    now = datetime.now(UTC)
    age = ago((now - asked.gold.published_at).total_seconds())
    mark = published_high_water_mark(asked.settings)
    unpriced = asked.rows_of_all(_UNPRICED)[0]["unpriced_messages"]
    return Tiles(
        [
            Tile("Updated", f"{age} ago",
                 f"includes data up to {mark:%b %-d, %H:%M} UTC" if mark else ""),
            Tile("Unknown price", f"{unpriced:,}", "responses",
                 tone="warn" if unpriced else "good"),
            *_agent_tiles(health),
        ]
    )  # fmt: skip


def _agent_tiles(health: dict[str, Any] | None) -> list[Tile]:
    if health is None:
        return [Tile("Sync agent", "not running", "here; cca up --only sync", tone="warn")]
    letters, pending = int(health.get("deadLetters") or 0), int(health.get("pending") or 0)
    return [
        Tile("Unreadable lines", f"{letters:,}", "cca dead-letters list" if letters else "",
             hint="Lines that could not be read", tone="bad" if letters else "good"),
        Tile("Not yet stored", f"{pending:,}", "entries", tone="warn" if pending else "good"),
    ]  # fmt: skip


def _unpriced(asked: Asked) -> Table:
    rows = asked.rows_of_all(_MODELS)
    return Table(
        "Models with an unknown price",
        [Column("Model", is_number=False), Column("Responses"), Column("Unknown price"),
         Column("Last used", is_number=False)],
        [
            [
                Cell(row["model"] or "no model named",
                     asked.conversations(model=row["model"]) if row["model"] else ""),
                Cell(number(row["api_messages"])),
                Cell(number(row["unpriced_messages"]), tone="warn"),
                Cell(f"{row['last_used_at']:%Y-%m-%d}" if row["last_used_at"] else ""),
            ]
            for row in rows
        ],
        note="cca prices update downloads new prices; PRICES_FILE adds your own." if rows else "",
        empty="Every model has a price.",
    )  # fmt: skip


def _rejects(asked: Asked) -> Table:
    rows = asked.rows_of_all(_REJECTS)
    return Table(
        "Entries left out of the numbers",
        [Column("Reason", is_number=False), Column("Entries"), Column("Last", is_number=False)],
        [
            [
                Cell(row["reason"]),
                Cell(number(row["rejected_entries"]), tone="warn"),
                Cell(f"{row['last_on']:%Y-%m-%d}"),
            ]
            for row in rows
        ],
        note="The archive has them and you can read them; only the numbers leave them out."
        if rows
        else "",
        empty="None.",
    )


def _ledger(asked: Asked) -> Table:
    rows = asked.rows_of_all(_LEDGER)
    return Table(
        "Check against Claude Code's own totals",
        [Column("Verdict", is_number=False), Column("Sessions")],
        [
            [
                Cell(*_VERDICTS.get(row["verdict"], (row["verdict"], ""))[:1],
                     tone=_VERDICTS.get(row["verdict"], ("", ""))[1]),
                Cell(number(row["checked_sessions"])),
            ]
            for row in rows
        ],
        note="Claude Code also counts titles, suggestions and interrupted answers that are not in "
        "transcripts.",
        empty="No totals recorded in these transcripts.",
    )  # fmt: skip


def _differences(asked: Asked) -> Table:
    rows = asked.rows_of_all(_DIFFERENCES)
    labels = project_labels(asked)
    return Table(
        f"Largest differences ({count(len(rows), 'session')})",
        [SESSION, Column("Claude Code"), Column("Ours"),
         Column("With copies", hint="Counts what forks and resumed sessions repeat again"),
         Column("Difference")],
        [
            [
                session_cell(row, labels),
                Cell(money(row["ledger"])),
                Cell(money(row["own"])),
                Cell(money(row["with_copies"])),
                Cell(money(row["ledger"] - row["own"])),
            ]
            for row in rows
        ],
        empty="No differences.",
    )  # fmt: skip
