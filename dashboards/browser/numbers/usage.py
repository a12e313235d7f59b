"""Usage and cost: by day, model, project, machine and session, and what is left of a budget."""

from collections.abc import Iterable

from cca.dashboards.browser.numbers.budgets import meters
from cca.dashboards.browser.numbers.cells import (
    BEHIND_ROWS,
    SESSION,
    SESSION_LABELS,
    USAGE_COLUMNS,
    day_of,
    left_out,
    model_names,
    project_labels,
    session_cell,
    usage_figures,
    way_to_compare,
)
from cca.dashboards.browser.numbers.compared import change
from cca.dashboards.browser.numbers.parts import (
    Cell,
    Column,
    Pair,
    Remark,
    Section,
    Table,
    Tile,
    Tiles,
    count,
    share,
)
from cca.dashboards.browser.numbers.reader import Asked, Row
from cca.dashboards.browser.numbers.repositories import repositories
from cca.dashboards.browser.numbers.spending import BY, SUMS, WHERE, chart, grouped
from cca.dashboards.browser.numbers.treemap import treemap
from cca.dashboards.browser.numbers.write import exact, money, thousands
from cca.gold.measures import usage as measured
from cca.gold.measures.select import select

_TOTALS = select([*SUMS, measured.WEB_SEARCH_REQUESTS, measured.WEB_SEARCH_FEE_USD], where=WHERE)
UNPRICED = select(
    [measured.UNPRICED_MESSAGES, measured.API_MESSAGES], ["model", "price_variant"], WHERE,
    order="unpriced_messages desc, model, price_variant",
)  # fmt: skip
# What a price of its own is called; see docs/tokens-and-cost.md.
_MODES = {"fast": " in fast mode", "batch": " in a batch"}
# Where there is one alone, its table would repeat the total.
_SEVERAL = (("user", "People", "Person"), ("host", "Machines", "Machine"))
_SESSIONS = select(
    SUMS, ["session_id"], WHERE,
    labels=SESSION_LABELS | {"person": "l.user_name", "machine": "l.host"},
    order="cost_usd desc, session_id", limit=BEHIND_ROWS,
)  # fmt: skip


def page(asked: Asked) -> list[Section]:
    totals = asked.rows(_TOTALS)[0]
    if not totals["api_messages"]:
        return []
    labels = project_labels(asked)
    sections: list[Section] = [_tiles(asked, totals)]
    sections += meters(asked)
    sections += [Remark(text) for text in unpriced(asked.rows(UNPRICED))]
    sections += [Remark(text) for text in _searched(totals)]
    sections.append(chart(asked, "usage", asked.choice, asked.axis("usage")))
    sections.append(treemap(asked, labels))
    models, projects = _models(asked), _projects(asked, labels)
    sections += [Pair(models, projects), *repositories(asked, SUMS, WHERE)]
    for split, title, name in _SEVERAL:
        rows = asked.rows(grouped(split))
        if len(rows) > 1:
            sections.append(_several(asked, title, name, split, rows))
    sections.append(most_expensive(asked, labels))
    return sections


def unpriced(rows: Iterable[Row]) -> list[str]:
    """What the cost leaves out, a sentence for each model and mode without a price."""
    found = list(rows)
    priced = {row["model"] for row in found if row["api_messages"] > row["unpriced_messages"]}
    return [
        _without_price(row, is_rest_priced=row["model"] in priced)
        for row in found
        if row["unpriced_messages"]
    ]


def _searched(totals: Row) -> list[str]:
    """The fee for web searches, which no token carries."""
    if not totals["web_search_fee_usd"]:
        return []
    many = count(totals["web_search_requests"], "web search", "web searches")
    return [f"Not included: {money(totals['web_search_fee_usd'])} for {many}."]


def _without_price(row: Row, *, is_rest_priced: bool) -> str:
    model, answers = row["model"], row["unpriced_messages"]
    many = count(answers, "response")
    if model in {None, "unknown", "<synthetic>"}:
        rest = "names no model, so it has" if answers == 1 else "name no model, so they have"
        return f"{many} {rest} no price."
    mode = _MODES.get(row["price_variant"], "")
    rest = " Its other responses have a price." if is_rest_priced else ""
    return f"Not fully priced: {model}{mode} ({many}). The cost here is too low.{rest}"


def _tiles(asked: Asked, totals: Row) -> Tiles:
    behind, cache = asked.conversations(), asked.choice.link("cache")
    many = count(totals["answered_sessions"], "session")
    return Tiles(
        [
            _cost(asked, totals, behind),
            Tile("Responses", f"{totals['api_messages']:,}", f"in {many} with a response", behind,
                 measured.API_MESSAGES.description),
            Tile("Input", thousands(totals["input_tokens"]), "tokens, not cached", behind,
                 measured.INPUT_TOKENS.description),
            Tile("Output", thousands(totals["output_tokens"]), "tokens", behind,
                 measured.OUTPUT_TOKENS.description),
            Tile("Cache writes", thousands(totals["cache_write_tokens"]), "tokens", cache,
                 measured.CACHE_WRITE_TOKENS.description),
            Tile("Cache reads", thousands(totals["cache_read_tokens"]), "tokens", cache,
                 measured.CACHE_READ_TOKENS.description),
        ]
    )  # fmt: skip


def _cost(asked: Asked, totals: Row, link: str) -> Tile:
    """The cost beside that of the period before."""
    cost, moved, remark = totals["cost_usd"], "", ""
    if before := asked.choice.before(asked.today):
        compared = asked.choice.within(before.first, before.last)
        was = asked.rows_of(compared, _TOTALS)[0]["cost_usd"]
        moved, remark = change(cost, was), f"from {money(was)} in {before.name}"
    return Tile(
        "Cost", money(cost), remark, link, measured.COST_USD.description, change=moved,
        exact=exact(cost),
    )  # fmt: skip


def _models(asked: Asked) -> Table:
    rows = asked.rows(grouped(""))
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
        way=way_to_compare(asked, "", len(rows)),
    )  # fmt: skip


def _projects(asked: Asked, labels: dict[str, str]) -> Table:
    rows = asked.rows(grouped("project"))
    top = max(float(row["cost_usd"]) for row in rows)
    return Table(
        "Projects",
        [Column("Project", is_number=False), *USAGE_COLUMNS],
        [
            [
                Cell(labels.get(row["project_key"]) or str(row["project_key"]),
                     asked.choice.link("usage", project=row["project_key"]), row["project_key"],
                     share(float(row["cost_usd"]), top)),
                *usage_figures(row, asked.conversations(project=row["project_key"])),
            ]
            for row in rows[:BEHIND_ROWS]
        ],
        note=left_out(len(rows), "projects"),
        way=way_to_compare(asked, "project", len(rows)),
    )  # fmt: skip


def _several(asked: Asked, title: str, name: str, split: str, rows: tuple[Row, ...]) -> Table:
    """A table of people or machines."""
    by = BY[split]
    top = max(float(row["cost_usd"]) for row in rows)
    return Table(
        title,
        [Column(name, is_number=False), *USAGE_COLUMNS],
        [
            [
                Cell(str(row[by]), asked.choice.link("usage", **{split: str(row[by])}), "",
                     share(float(row["cost_usd"]), top)),
                *usage_figures(row, asked.conversations(**{split: str(row[by])})),
            ]
            for row in rows[:BEHIND_ROWS]
        ],
        note=left_out(len(rows), title.lower()),
        way=way_to_compare(asked, split, len(rows)),
    )  # fmt: skip


def most_expensive(asked: Asked, labels: dict[str, str]) -> Table:
    """The sessions of the period by cost; whose and where, if there are several."""
    rows = asked.rows(_SESSIONS)
    top = max((float(row["cost_usd"]) for row in rows), default=0)
    places = [
        name for name in ("person", "machine") if len({row[name] for row in rows if row[name]}) > 1
    ]
    return Table(
        "Most expensive sessions",
        [SESSION, Column("Started", is_number=False),
         *(Column(name.capitalize(), is_number=False) for name in places),
         *USAGE_COLUMNS[:2], Column("Cache read"), USAGE_COLUMNS[2]],
        [
            [
                session_cell(row, labels, share(float(row["cost_usd"]), top)),
                Cell(day_of(row["started_at"])),
                *(Cell(row[name] or "") for name in places),
                *usage_figures(row)[:2],
                Cell(thousands(row["cache_read_tokens"])),
                usage_figures(row)[2],
            ]
            for row in rows
        ],
        empty="No session has a response in this period.",
    )  # fmt: skip
