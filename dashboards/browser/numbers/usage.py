"""Usage and cost: by day, model, project, machine and session, and what is left of a budget."""

from collections.abc import Iterable
from datetime import timedelta

from cca.dashboards.browser.numbers.bars import colours_of, series_of, stacked
from cca.dashboards.browser.numbers.budgets import meters
from cca.dashboards.browser.numbers.cells import (
    SESSION_LABELS,
    TOP_ROWS,
    USAGE_COLUMNS,
    day_of,
    model_names,
    period_link,
    project_labels,
    session_cell,
    usage_figures,
)
from cca.dashboards.browser.numbers.choice import MEASURES, SPLITS, Choice
from cca.dashboards.browser.numbers.parts import (
    Bars,
    Cell,
    Column,
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
from cca.dashboards.browser.numbers.repositories import repositories
from cca.dashboards.browser.numbers.write import exact, money, percent, thousands
from cca.gold.measures import usage as measured
from cca.gold.measures.select import select

_SUMS = (
    measured.API_MESSAGES, measured.COST_USD, measured.TOKENS, measured.INPUT_TOKENS,
    measured.OUTPUT_TOKENS, measured.CACHE_WRITE_TOKENS, measured.CACHE_READ_TOKENS,
)  # fmt: skip
_WHERE = f"{FILTERED} {OF_MODEL}"
_TOTALS = select(
    [
        *_SUMS, measured.ANSWERED_SESSIONS, measured.WEB_SEARCH_REQUESTS,
        measured.WEB_SEARCH_FEE_USD,
    ],
    where=_WHERE,
)  # fmt: skip
_BY = {"": "model", "project": "project_key", "host": "host"}
_UNPRICED = select(
    [measured.UNPRICED_MESSAGES], ["model"], _WHERE,
    having="unpriced_messages > 0", order="unpriced_messages desc, model",
)  # fmt: skip
_SESSIONS = select(
    _SUMS, ["session_id"], _WHERE,
    labels=SESSION_LABELS, order="cost_usd desc, session_id", limit=TOP_ROWS,
)  # fmt: skip


def page(asked: Asked) -> list[Section]:
    totals = asked.rows(_TOTALS)[0]
    if not totals["api_messages"]:
        return []
    labels = project_labels(asked)
    sections: list[Section] = [_tiles(asked, totals)]
    sections += meters(asked)
    sections += [Remark(text) for text in unpriced(asked.rows(_UNPRICED))]
    sections += [Remark(text) for text in _searched(totals)]
    sections.append(_by_day(asked, labels))
    models, projects = _models(asked), _projects(asked, labels)
    sections += [Pair(models, projects), *repositories(asked, _SUMS, _WHERE)]
    hosts = asked.rows(_grouped("host"))
    if len(hosts) > 1:
        sections.append(_hosts(asked, hosts))
    sections.append(_sessions(asked, labels))
    return sections


def unpriced(rows: Iterable[Row]) -> list[str]:
    """What the cost leaves out, a sentence for each model without a price."""
    return [_without_price(row["model"], row["unpriced_messages"]) for row in rows]


def _searched(totals: Row) -> list[str]:
    """The fee for web searches, which no token carries."""
    if not totals["web_search_fee_usd"]:
        return []
    many = count(totals["web_search_requests"], "web search", "web searches")
    return [f"Not included: {money(totals['web_search_fee_usd'])} for {many}."]


def _without_price(model: str | None, answers: int) -> str:
    many = count(answers, "response")
    if model in {None, "unknown", "<synthetic>"}:
        rest = "names no model, so it has" if answers == 1 else "name no model, so they have"
        return f"{many} {rest} no price."
    return f"Not fully priced: {model} ({many}). The cost here is too low."


def _tiles(asked: Asked, totals: Row) -> Tiles:
    conversations = asked.conversations()
    cost = Tile(
        "Cost", money(totals["cost_usd"]), _against_before(asked, totals), conversations,
        exact(totals["cost_usd"]),
    )  # fmt: skip
    return Tiles(
        [
            cost,
            Tile("Responses", f"{totals['api_messages']:,}", link=conversations,
                 remark=f"in {count(totals['answered_sessions'], 'session')} with a response",
                 hint=measured.API_MESSAGES.description),
            Tile("Input", thousands(totals["input_tokens"]), "tokens, not cached", conversations),
            Tile("Output", thousands(totals["output_tokens"]), "tokens", conversations),
            Tile("Cache writes", thousands(totals["cache_write_tokens"]), "tokens",
                 asked.choice.link("cache")),
            Tile("Cache reads", thousands(totals["cache_read_tokens"]), "tokens",
                 asked.choice.link("cache")),
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
    cost = float(asked.rows_of(before, _TOTALS)[0]["cost_usd"])
    if not cost:
        return ""
    change = float(totals["cost_usd"]) / cost - 1
    direction = "more" if change >= 0 else "less"
    return f"{percent(abs(change))} {direction} than the previous {length.days} days"


def _by_day(asked: Asked, labels: dict[str, str]) -> Bars:
    choice = asked.choice
    by = _BY[choice.split]
    rows = asked.rows(select(_SUMS, ["day", by], _WHERE, order="day"))
    # Ranked by cost whatever is measured or chosen, so that a colour stays with its name.
    names = series_of((row[by], float(row["cost_usd"])) for row in rows)
    ranked = [str(row[by]) for row in asked.rows_of_all(_grouped(choice.split))]
    shown_measure = "tokens" if choice.by == "tokens" else "cost_usd"
    found = {row[by] for row in rows}
    shown = model_names(found) if not choice.split else {n: labels.get(n, n) for n in found}
    segments = [
        [Segment(name, choice.link(by=way), way == choice.by) for way, name in MEASURES.items()],
        [
            Segment(f"by {name}", choice.link(split=split), split == choice.split)
            for split, name in SPLITS.items()
            if split != "host" or choice.split == "host" or len(asked.rows(_grouped("host"))) > 1
        ],
    ]
    return stacked(
        MEASURES[choice.by],
        [(row["day"], row[by], float(row[shown_measure])) for row in rows],
        names,
        thousands if shown_measure == "tokens" else money,
        lambda first, last: period_link(asked, first, last),
        days=asked.shown_days(),
        shown=shown,
        segments=segments,
        colours=colours_of(names, ranked),
    )


def _grouped(split: str) -> str:
    by = _BY[split]
    return select(_SUMS, [by], _WHERE, order=f"cost_usd desc, {by}")


def _models(asked: Asked) -> Table:
    rows = asked.rows(_grouped(""))
    names = model_names(str(row["model"]) for row in rows)
    top = max(float(row["cost_usd"]) for row in rows)
    return Table(
        "Models",
        [Column("Model", is_number=False), *USAGE_COLUMNS],
        [
            [
                Cell(names[row["model"]], asked.conversations(model=row["model"]), row["model"],
                     share(float(row["cost_usd"]), top)),
                *usage_figures(row, asked.conversations(model=row["model"])),
            ]
            for row in rows
        ],
    )  # fmt: skip


def _projects(asked: Asked, labels: dict[str, str]) -> Table:
    rows = asked.rows(_grouped("project"))
    top = max(float(row["cost_usd"]) for row in rows)
    return Table(
        "Projects",
        [Column("Project", is_number=False), *USAGE_COLUMNS],
        [
            [
                Cell(labels.get(row["project_key"]) or str(row["project_key"]),
                     asked.choice.link(project=row["project_key"]), row["project_key"],
                     share(float(row["cost_usd"]), top)),
                *usage_figures(row, asked.conversations(project=row["project_key"])),
            ]
            for row in rows[:TOP_ROWS]
        ],
        note=f"The {TOP_ROWS} most expensive of {len(rows)}." if len(rows) > TOP_ROWS else "",
    )  # fmt: skip


def _hosts(asked: Asked, rows: tuple[Row, ...]) -> Table:
    top = max(float(row["cost_usd"]) for row in rows)
    return Table(
        "Machines",
        [Column("Machine", is_number=False), *USAGE_COLUMNS],
        [
            [
                Cell(row["host"], asked.choice.link(host=row["host"]), "",
                     share(float(row["cost_usd"]), top)),
                *usage_figures(row, asked.conversations(host=row["host"])),
            ]
            for row in rows[:TOP_ROWS]
        ],
    )  # fmt: skip


def _sessions(asked: Asked, labels: dict[str, str]) -> Table:
    rows = asked.rows(_SESSIONS)
    top = max((float(row["cost_usd"]) for row in rows), default=0)
    return Table(
        "Most expensive sessions",
        [Column("Session", is_number=False), Column("Started", is_number=False), *USAGE_COLUMNS[:2],
         Column("Cache read"), USAGE_COLUMNS[2]],
        [
            [
                session_cell(row, labels, share(float(row["cost_usd"]), top)),
                Cell(day_of(row["started_at"])),
                *usage_figures(row)[:2],
                Cell(thousands(row["cache_read_tokens"])),
                usage_figures(row)[2],
            ]
            for row in rows
        ],
    )  # fmt: skip
