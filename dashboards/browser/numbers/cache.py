"""Cache efficiency: how much of the prompts came from the cache, and what that saved."""

from cca.dashboards.browser.numbers.bars import lined
from cca.dashboards.browser.numbers.cells import (
    TOP_ROWS,
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
from cca.dashboards.browser.numbers.reader import FILTERED, OF_MODEL, Asked, Row
from cca.dashboards.browser.numbers.write import exact, money, percent, thousands

# A session of fewer prompt tokens has had nothing to gain.
_WORTH_TOKENS = 200_000
_FROM = f"from marts.fct_api_messages as m where {FILTERED} {OF_MODEL}"
_SUMS = """
coalesce(sum(m.prompt_tokens), 0)::bigint as prompt,
coalesce(sum(m.cache_read_tokens), 0)::bigint as read,
coalesce(sum(m.cache_write_5m_tokens + m.cache_write_1h_tokens), 0)::bigint as written,
coalesce(sum(m.cache_savings_usd), 0) as saved, coalesce(sum(m.cost_usd), 0) as cost
"""


def page(asked: Asked) -> list[Section]:
    totals = asked.rows(f"select {_SUMS} {_FROM}")[0]
    if not totals["prompt"]:
        return []
    days = asked.rows(f"select m.day, {_SUMS} {_FROM} group by 1 having prompt > 0")
    chart = lined(
        "Share of the prompt tokens that came from the cache, by day",
        {row["day"]: row["read"] / row["prompt"] for row in days},
        lambda rate: percent(rate, 1),
        lambda first, last: period_link(asked, first, last),
        asked.shown_days(),
    )
    return [_tiles(asked, totals), chart, Pair(_models(asked), _projects(asked)), _weak(asked)]


def _tiles(asked: Asked, totals: Row) -> Tiles:
    saved = float(totals["saved"])
    full = float(totals["cost"]) + saved
    behind = asked.conversations()
    return Tiles(
        [
            Tile("From the cache", percent(totals["read"] / totals["prompt"], 1),
                 "of all prompt tokens", behind),
            Tile("Saved", money(saved), f"of {money(full)} without a cache" if full > 0 else "",
                 behind, exact(totals["saved"]), "good"),
            Tile("Read", thousands(totals["read"]), "tokens", behind),
            Tile("Written", thousands(totals["written"]), "tokens", behind),
            Tile("Reads per write", _times(totals), "of a cached token"),
        ]
    )  # fmt: skip


def _times(row: Row) -> str:
    return f"{row['read'] / row['written']:.1f}" if row["written"] else "-"


_COLUMNS = [
    Column("From cache"),
    Column("Reads per write", hint="How often a token written to the cache was read"),
    Column("Saved"),
]


def _models(asked: Asked) -> Table:
    rows = asked.rows(f"""
        select coalesce(m.model, 'unknown') as name, {_SUMS} {_FROM}
        group by 1 having prompt > 0 order by saved desc, 1
    """)
    names = model_names(str(row["name"]) for row in rows)
    links = {row["name"]: asked.conversations(model=row["name"]) for row in rows}
    return _table("Models", "Model", rows, names, links)


def _projects(asked: Asked) -> Table:
    rows = asked.rows(f"""
        select m.project_id as name, {_SUMS} {_FROM}
        group by 1 having prompt > 0 order by saved desc, 1 limit {TOP_ROWS}
    """)
    links = {row["name"]: asked.choice.link("cache", project=row["name"]) for row in rows}
    return _table("Projects", "Project", rows, project_labels(asked), links)


def _table(
    title: str, first: str, rows: tuple[Row, ...], names: dict[str, str], links: dict[str, str]
) -> Table:
    top = max((float(row["saved"]) for row in rows), default=0)
    return Table(
        title,
        [Column(first, is_number=False), *_COLUMNS],
        [
            [
                Cell(names.get(row["name"]) or str(row["name"]), links[row["name"]], "",
                     share(max(0.0, float(row["saved"])), top)),
                *_figures(row),
            ]
            for row in rows
        ],
    )  # fmt: skip


def _weak(asked: Asked) -> Table:
    rows = asked.rows(f"""
        select m.session_id, any_value(s.title) as title, any_value(s.project_id) as project_id,
            any_value(s.started_at) as started_at, {_SUMS}
        from marts.fct_api_messages as m
        left join marts.dim_sessions as s on s.session_id = m.session_id
        where {FILTERED} {OF_MODEL}
        group by 1 having prompt > {_WORTH_TOKENS} order by read / prompt, 1 limit {TOP_ROWS}
    """)
    labels = project_labels(asked)
    return Table(
        "Sessions that used the cache least",
        [Column("Session", is_number=False), Column("Started", is_number=False),
         Column("Prompt tokens"), *_COLUMNS],
        [
            [
                session_cell(row, labels),
                Cell(day_of(row["started_at"])),
                Cell(thousands(row["prompt"])),
                *_figures(row),
            ]
            for row in rows
        ],
        empty="No session here is long enough for a cache to matter.",
    )  # fmt: skip


def _figures(row: Row) -> list[Cell]:
    return [
        Cell(percent(row["read"] / row["prompt"], 1)),
        Cell(_times(row)),
        Cell(money(row["saved"]), hint=exact(row["saved"])),
    ]
