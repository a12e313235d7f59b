"""Usage and cost: by day, model, project, machine and session, and what is left of a budget."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from cca.dashboards.browser.numbers.bars import colours_of, series_of, stacked
from cca.dashboards.browser.numbers.cells import (
    TOP_ROWS,
    day_of,
    model_names,
    period_link,
    project_labels,
    session_cell,
)
from cca.dashboards.browser.numbers.choice import MEASURES, SPLITS, Choice
from cca.dashboards.browser.numbers.parts import (
    Bars,
    Cell,
    Column,
    Meter,
    Pair,
    Remark,
    Section,
    Segment,
    Table,
    Tile,
    Tiles,
    count,
    share,
)
from cca.dashboards.browser.numbers.reader import FILTERED, OF_MODEL, Asked, Row
from cca.dashboards.browser.numbers.write import exact, money, percent, thousands

_TOKENS = """(m.input_tokens + m.output_tokens + m.cache_write_5m_tokens
    + m.cache_write_1h_tokens + m.cache_read_tokens)"""
_SUMS = f"""
count(*) as api_messages, coalesce(sum(m.cost_usd), 0) as cost,
coalesce(sum({_TOKENS}), 0)::bigint as tokens,
coalesce(sum(m.input_tokens), 0)::bigint as input,
coalesce(sum(m.output_tokens), 0)::bigint as output,
coalesce(sum(m.cache_write_5m_tokens + m.cache_write_1h_tokens), 0)::bigint as written,
coalesce(sum(m.cache_read_tokens), 0)::bigint as read
"""
_FROM = f"from marts.fct_api_messages as m where {FILTERED} {OF_MODEL}"
_KEYS = {
    "": "coalesce(m.model, 'unknown')",
    "project": "coalesce(m.project_id, '')",
    "host": "coalesce(m.host, '')",
}
_TOTALS = f"""
select {_SUMS}, count(distinct m.session_id) as sessions,
    coalesce(sum(m.web_search_requests), 0)::bigint as searches,
    coalesce(sum(m.cost_usd_with_web_search - m.cost_usd), 0) as fee {_FROM}
"""
_UNPRICED = f"""
select m.model, count(*) as answers {_FROM} and not m.is_price_known
group by m.model order by answers desc, m.model
"""
_SESSIONS = f"""
select m.session_id, any_value(s.title) as title, any_value(s.project_id) as project_id,
    any_value(s.started_at) as started_at, {_SUMS}
from marts.fct_api_messages as m
left join marts.dim_sessions as s on s.session_id = m.session_id
where {FILTERED} {OF_MODEL}
group by m.session_id order by cost desc, m.session_id limit {TOP_ROWS}
"""


def page(asked: Asked) -> list[Section]:
    totals = asked.rows(_TOTALS)[0]
    if not totals["api_messages"]:
        return []
    labels = project_labels(asked)
    sections: list[Section] = [_tiles(asked, totals)]
    sections += [meter] if (meter := budget(asked)) else []
    sections += [Remark(text) for text in unpriced(asked.rows(_UNPRICED))]
    sections += [Remark(text) for text in _searched(totals)]
    sections.append(_by_day(asked, labels))
    models, projects = _models(asked), _projects(asked, labels)
    sections.append(Pair(models, projects))
    hosts = asked.rows(_grouped("host"))
    if len(hosts) > 1:
        sections.append(_hosts(asked, hosts))
    sections.append(_sessions(asked, labels))
    return sections


def unpriced(rows: Iterable[Row]) -> list[str]:
    """What the cost leaves out, a sentence for each model without a price."""
    return [_without_price(row["model"], row["answers"]) for row in rows]


def _searched(totals: Row) -> list[str]:
    """The fee for web searches, which no token carries."""
    if not totals["fee"]:
        return []
    many = count(totals["searches"], "web search", "web searches")
    return [f"{many} cost {money(totals['fee'])} more: the cost here is that of tokens alone."]


def _without_price(model: str | None, answers: int) -> str:
    many = count(answers, "answer")
    if model in {None, "unknown", "<synthetic>"}:
        rest = "names no model, so it has" if answers == 1 else "name no model, so they have"
        return f"{many} {rest} no price."
    return f"No price is known for {model} ({many}): it counts as $0."


def budget(asked: Asked) -> Meter | None:
    """This calendar month against BUDGET_USD_MONTH, and where its pace leads."""
    limit = asked.settings.budget_usd_month
    if not limit:
        return None
    first = asked.today.replace(day=1)
    days = monthrange(first.year, first.month)[1]
    month = Choice(since=first.isoformat())
    spent = float(asked.rows_of(month, _TOTALS)[0]["cost"])
    expected = spent / asked.today.day * days
    tone = "bad" if spent > limit else "warn" if expected > limit else "good"
    last = first.replace(day=days)
    remark = f"at this pace {money(expected)} by {last:%b %-d}"
    if spent > limit:
        remark = f"{money(spent - limit)} over; {remark}"
    return Meter(
        f"Budget of {first:%B}",
        share(spent, limit),
        share(expected, limit),
        f"{money(spent)} of {money(limit)}",
        remark,
        tone,
    )


def _tiles(asked: Asked, totals: Row) -> Tiles:
    conversations = asked.conversations()
    cost = Tile(
        "Cost", money(totals["cost"]), _against_before(asked, totals), conversations,
        exact(totals["cost"]),
    )  # fmt: skip
    return Tiles(
        [
            cost,
            Tile("API messages", f"{totals['api_messages']:,}", link=conversations,
                 remark=f"in {count(totals['sessions'], 'answered session')}",
                 hint="Answers of the model that were billed, each counted once"),
            Tile("Input", thousands(totals["input"]), "tokens, not cached", conversations),
            Tile("Output", thousands(totals["output"]), "tokens", conversations),
            Tile("Cache written", thousands(totals["written"]), "tokens",
                 asked.choice.link("cache")),
            Tile("Cache read", thousands(totals["read"]), "tokens", asked.choice.link("cache")),
        ]
    )  # fmt: skip


def _against_before(asked: Asked, totals: Row) -> str:
    """How much more or less than in as many days before."""
    since, until = asked.choice.period(asked.today)
    if since is None:
        return ""
    length = (until or asked.today) - since + timedelta(days=1)
    before = Choice(
        since=(since - length).isoformat(), until=(since - timedelta(days=1)).isoformat(),
        project=asked.choice.project, model=asked.choice.model, host=asked.choice.host,
    )  # fmt: skip
    cost = float(asked.rows_of(before, _TOTALS)[0]["cost"])
    if not cost:
        return ""
    change = float(totals["cost"]) / cost - 1
    sign = "+" if change >= 0 else "−"  # noqa: RUF001  (a minus, beside figures)
    return f"{sign}{percent(abs(change))} against {length.days} days before"


def _by_day(asked: Asked, labels: dict[str, str]) -> Bars:
    choice = asked.choice
    key = _KEYS[choice.split]
    rows = asked.rows(f"select m.day, {key} as name, {_SUMS} {_FROM} group by all order by m.day")
    # Ranked by cost whatever is measured or chosen, so that a colour stays with its name.
    names = series_of((row["name"], float(row["cost"])) for row in rows)
    ranked = [str(row["name"]) for row in asked.rows_of_all(_grouped(choice.split))]
    measured = "tokens" if choice.by == "tokens" else "cost"
    found = {row["name"] for row in rows}
    shown = model_names(found) if not choice.split else {n: labels.get(n, n) for n in found}
    segments = [
        [Segment(name, choice.link(by=by), by == choice.by) for by, name in MEASURES.items()],
        [
            Segment(f"by {name}", choice.link(split=by), by == choice.split)
            for by, name in SPLITS.items()
            if by != "host" or choice.split == "host" or len(asked.rows(_grouped("host"))) > 1
        ],
    ]
    return stacked(
        MEASURES[choice.by],
        [(row["day"], row["name"], float(row[measured])) for row in rows],
        names,
        thousands if measured == "tokens" else money,
        lambda first, last: period_link(asked, first, last),
        days=asked.shown_days(),
        shown=shown,
        segments=segments,
        colours=colours_of(names, ranked),
    )


def _grouped(split: str) -> str:
    key = _KEYS[split]
    return f"select {key} as name, {_SUMS} {_FROM} group by 1 order by cost desc, name"


_COLUMNS = [
    Column("API messages", hint="Answers of the model that were billed, each counted once"),
    Column("Output"),
    Column("Cost"),
]


def _models(asked: Asked) -> Table:
    rows = asked.rows(_grouped(""))
    names = model_names(str(row["name"]) for row in rows)
    top = max(float(row["cost"]) for row in rows)
    return Table(
        "Models",
        [Column("Model", is_number=False), *_COLUMNS],
        [
            [
                Cell(names[row["name"]], asked.conversations(model=row["name"]), row["name"],
                     share(float(row["cost"]), top)),
                *_figures(row, asked.conversations(model=row["name"])),
            ]
            for row in rows
        ],
    )  # fmt: skip


def _projects(asked: Asked, labels: dict[str, str]) -> Table:
    rows = asked.rows(_grouped("project"))
    top = max(float(row["cost"]) for row in rows)
    return Table(
        "Projects",
        [Column("Project", is_number=False), *_COLUMNS],
        [
            [
                Cell(labels.get(row["name"]) or str(row["name"]),
                     asked.choice.link(project=row["name"]), row["name"],
                     share(float(row["cost"]), top)),
                *_figures(row, asked.conversations(project=row["name"])),
            ]
            for row in rows[:TOP_ROWS]
        ],
        note=f"{len(rows) - TOP_ROWS} more cost less." if len(rows) > TOP_ROWS else "",
    )  # fmt: skip


def _hosts(asked: Asked, rows: tuple[Row, ...]) -> Table:
    top = max(float(row["cost"]) for row in rows)
    return Table(
        "Machines",
        [Column("Machine", is_number=False), *_COLUMNS],
        [
            [
                Cell(row["name"], asked.choice.link(host=row["name"]), "",
                     share(float(row["cost"]), top)),
                *_figures(row, asked.conversations(host=row["name"])),
            ]
            for row in rows[:TOP_ROWS]
        ],
    )  # fmt: skip


def _sessions(asked: Asked, labels: dict[str, str]) -> Table:
    rows = asked.rows(_SESSIONS)
    top = max((float(row["cost"]) for row in rows), default=0)
    return Table(
        "Most expensive sessions",
        [Column("Session", is_number=False), Column("Started", is_number=False), *_COLUMNS[:2],
         Column("Cache read"), _COLUMNS[2]],
        [
            [
                session_cell(row, labels, share(float(row["cost"]), top)),
                Cell(day_of(row["started_at"])),
                *_figures(row)[:2],
                Cell(thousands(row["read"])),
                _figures(row)[2],
            ]
            for row in rows
        ],
    )  # fmt: skip


def _figures(row: dict[str, Any], link: str = "") -> list[Cell]:
    return [
        Cell(f"{row['api_messages']:,}", link),
        Cell(thousands(row["output"]), link),
        Cell(money(row["cost"]), link, exact(row["cost"])),
    ]
