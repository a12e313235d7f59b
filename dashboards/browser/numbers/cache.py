"""Cache efficiency: how much of the prompts came from the cache, and what that saved."""

from cca.dashboards.browser.numbers.bars import lined
from cca.dashboards.browser.numbers.cells import (
    BEHIND_ROWS,
    SESSION,
    SESSION_LABELS,
    day_of,
    model_names,
    period_link,
    project_labels,
    session_cell,
)
from cca.dashboards.browser.numbers.parts import (
    Cell,
    Column,
    Pair,
    Section,
    Table,
    Tile,
    Tiles,
    share,
)
from cca.dashboards.browser.numbers.reader import ANSWERED, Asked, Row
from cca.dashboards.browser.numbers.write import NOTHING, Figure, exact, money, percent, thousands
from cca.gold.measures import usage as measured
from cca.gold.measures.select import select

# A session of fewer prompt tokens has had nothing to gain.
_WORTH_TOKENS = 200_000
_WHERE = ANSWERED
_SUMS = (
    measured.PROMPT_TOKENS, measured.CACHE_READ_TOKENS, measured.CACHE_WRITE_TOKENS,
    measured.CACHE_SAVINGS_USD, measured.COST_USD, measured.CACHE_HIT_RATE,
    measured.CACHE_READS_PER_WRITE,
)  # fmt: skip
_ANY = "prompt_tokens > 0"


def page(asked: Asked) -> list[Section]:
    totals = asked.rows(select(_SUMS, where=_WHERE))[0]
    if not totals["prompt_tokens"]:
        return []
    days = asked.rows(select(_SUMS, ["day"], _WHERE, having=_ANY))
    chart = lined(
        "Share of the prompt tokens that came from the cache, by day",
        {row["day"]: row["cache_hit_rate"] for row in days},
        lambda rate: percent(rate, 1),
        lambda first, last: period_link(asked, first, last),
        asked.axis("cache"),
    )
    return [_tiles(asked, totals), chart, Pair(_models(asked), _projects(asked)), _weak(asked)]


def _tiles(asked: Asked, totals: Row) -> Tiles:
    saved = float(totals["cache_savings_usd"])
    full = float(totals["cost_usd"]) + saved
    behind = asked.conversations()
    return Tiles(
        [
            Tile("From the cache", percent(totals["cache_hit_rate"], 1),
                 "of all prompt tokens", behind, measured.CACHE_HIT_RATE.description),
            Tile("Saved", money(saved), f"of {money(full)} without a cache" if full > 0 else "",
                 behind, measured.CACHE_SAVINGS_USD.description, "good",
                 exact=exact(totals["cache_savings_usd"])),
            Tile("Cache reads", thousands(totals["cache_read_tokens"]), "tokens", behind),
            Tile("Cache writes", thousands(totals["cache_write_tokens"]), "tokens", behind),
            Tile("Average reuse", _times(totals), "reads per cached token",
                 hint=measured.CACHE_READS_PER_WRITE.description),
        ]
    )  # fmt: skip


def _times(row: Row) -> Figure:
    rate = row["cache_reads_per_write"]
    return NOTHING if rate is None else Figure(f"{rate:.1f}", rate)


_COLUMNS = [
    Column("From cache"),
    Column("Reads per write", hint=measured.CACHE_READS_PER_WRITE.description),
    Column("Saved"),
]


def _models(asked: Asked) -> Table:
    rows = asked.rows(
        select(_SUMS, ["model"], _WHERE, having=_ANY, order="cache_savings_usd desc, model")
    )
    names = model_names(str(row["model"]) for row in rows)
    links = {row["model"]: asked.conversations(model=row["model"]) for row in rows}
    return _table("Model", "model", rows, names, links)


def _projects(asked: Asked) -> Table:
    rows = asked.rows(
        select(
            _SUMS, ["project_key"], _WHERE, having=_ANY,
            order="cache_savings_usd desc, project_key", limit=BEHIND_ROWS,
        )
    )  # fmt: skip
    links = {
        row["project_key"]: asked.choice.link("cache", project=row["project_key"]) for row in rows
    }
    return _table("Project", "project_key", rows, project_labels(asked), links)


def _table(
    first: str, by: str, rows: tuple[Row, ...], names: dict[str, str], links: dict[str, str]
) -> Table:
    top = max((float(row["cache_savings_usd"]) for row in rows), default=0)
    return Table(
        f"{first}s",
        [Column(first, is_number=False), *_COLUMNS],
        [
            [
                Cell(names.get(row[by]) or str(row[by]), links[row[by]], "",
                     share(max(0.0, float(row["cache_savings_usd"])), top)),
                *_figures(row),
            ]
            for row in rows
        ],
    )  # fmt: skip


def _weak(asked: Asked) -> Table:
    rows = asked.rows(
        select(
            _SUMS, ["session_id"], _WHERE, labels=SESSION_LABELS,
            having=f"prompt_tokens > {_WORTH_TOKENS}", order="cache_hit_rate, session_id",
            limit=BEHIND_ROWS,
        )
    )  # fmt: skip
    labels = project_labels(asked)
    return Table(
        "Sessions that used the cache least",
        [SESSION, Column("Started", is_number=False),
         Column("Prompt tokens"), *_COLUMNS],
        [
            [
                session_cell(row, labels),
                Cell(day_of(row["started_at"])),
                Cell(thousands(row["prompt_tokens"])),
                *_figures(row),
            ]
            for row in rows
        ],
        empty="No session here is long enough for a cache to matter.",
    )  # fmt: skip


def _figures(row: Row) -> list[Cell]:
    return [
        Cell(percent(row["cache_hit_rate"], 1)),
        Cell(_times(row)),
        Cell(money(row["cache_savings_usd"]), hint=exact(row["cache_savings_usd"])),
    ]
