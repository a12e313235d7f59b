"""Waste: money that brought little, by rules of thumb, each finding with its place."""

from cca.dashboards.browser.numbers.bars import COLOURS, stacked
from cca.dashboards.browser.numbers.cells import (
    BEHIND_ROWS,
    day_of,
    few_cases,
    model_names,
    part_of,
    period_link,
    place_cell,
    project_labels,
)
from cca.dashboards.browser.numbers.drawn import Bars
from cca.dashboards.browser.numbers.parts import (
    Cell,
    Column,
    Section,
    Table,
    Tile,
    Tiles,
    count,
    share,
)
from cca.dashboards.browser.numbers.reader import FILTERED, OF_MODEL, Asked, Row
from cca.dashboards.browser.numbers.write import exact, money, number, percent, thousands
from cca.gold.measures import cache as measured
from cca.gold.measures import usage
from cca.gold.measures.precision import NOT_CHECKED, PRECISION
from cca.gold.measures.rules import WASTE_RULES
from cca.gold.measures.select import select
from cca.masking import mask_secrets

_WHERE = f"{FILTERED} and {measured.WASTE_OF_MODEL}"
_SUMS = (
    measured.FINDINGS, measured.WASTING_SESSIONS, measured.WASTE_TOKENS, measured.WASTE_USD,
)  # fmt: skip
_COST = select([usage.COST_USD, usage.API_MESSAGES], where=f"{FILTERED} {OF_MODEL}")
_PLACES = f"""
select m.kind, m.session_id, m.entry, m.model, m.found_at, m.what, m.usd, l.title,
    l.project_key, count(*) over () as found
from marts.agg_waste as m
left join marts.dim_sessions as l on l.session_id = m.session_id
where ($of::varchar is null or m.kind = $of) and {_WHERE}
order by m.usd desc, m.kind, m.session_id, m.entry limit {BEHIND_ROWS}
"""
_JUDGED_APART = "cache break"
_MAX_CHARACTERS = 44


def page(asked: Asked) -> list[Section]:
    spent = asked.rows(_COST)[0]
    if not spent["api_messages"]:
        return []
    totals = asked.rows(select(_SUMS, where=_WHERE))[0]
    return [_tiles(asked, totals, spent), _by_day(asked), _kinds(asked, totals), _places(asked)]


def _tiles(asked: Asked, totals: Row, spent: Row) -> Tiles:
    usd, cost = totals["waste_usd"], spent["cost_usd"]
    return Tiles(
        [
            Tile(measured.WASTE_USD.label, money(usd),
                 f"{percent(float(usd / cost), 1)} of {money(cost)}" if cost else "",
                 hint=measured.WASTE_USD.description),
            Tile(measured.FINDINGS.label, f"{totals['findings']:,}",
                 f"in {count(spent['api_messages'], 'response')}",
                 hint=measured.FINDINGS.description),
            Tile("Sessions", f"{totals['wasting_sessions']:,}", "with a finding",
                 asked.conversations(), measured.WASTING_SESSIONS.description),
        ]
    )  # fmt: skip


def _by_day(asked: Asked) -> Bars:
    rows = asked.rows(select([measured.WASTE_USD], ["day", "kind"], _WHERE, order="day"))
    points = [(row["day"], str(row["kind"]), float(row["waste_usd"])) for row in rows]
    colours = dict(zip(WASTE_RULES, COLOURS, strict=False))
    names = [name for name in colours if any(kind == name for _, kind, _ in points)]
    return stacked(
        measured.WASTE_USD.label,
        points,
        names,
        money,
        lambda first, last: period_link(asked, first, last),
        axis=asked.axis("waste"),
        colours=[colours[name] for name in names],
    )


def _kinds(asked: Asked, totals: Row) -> Table:
    rows = {
        str(row["kind"]): row
        for row in asked.rows(select(_SUMS, ["kind"], _WHERE, order="waste_usd desc, kind"))
    }
    top = max((float(row["waste_usd"]) for row in rows.values()), default=0)
    kinds = [*rows, *(kind for kind in WASTE_RULES if kind not in rows)]
    return Table(
        "By kind",
        [Column("Kind", is_number=False), Column("Findings"), Column("Sessions"), Column("Tokens"),
         Column("Cost")],
        [_kind(asked, kind, rows.get(kind), top) for kind in kinds],
        note="Rules of thumb. Kinds overlap: a failed call can stand in a session given up, so "
        f"their sum is an upper bound. {few_cases(totals['findings'], 'finding')}",
        rests_on=_precision(),
    )  # fmt: skip


def _precision() -> list[str]:
    """How often the rules were right; a break is judged by tokens that the API reports."""
    rules = [kind for kind in WASTE_RULES if kind != _JUDGED_APART]
    checked = [
        f"{kind.capitalize()}: {PRECISION[kind].share}" for kind in rules if kind in PRECISION
    ]
    others = ", ".join(kind for kind in rules if kind not in PRECISION)
    return [*checked, f"{NOT_CHECKED} {others}."]


def _kind(asked: Asked, kind: str, row: Row | None, top: float) -> list[Cell]:
    rule = WASTE_RULES[kind]
    if row is None:
        return [Cell(kind, about=rule), Cell(number(0)), Cell(number(0)), Cell(""), Cell(money(0))]
    return [
        Cell(kind, asked.choice.link("waste", of=kind) + "#of", "",
             share(float(row["waste_usd"]), top), about=rule),
        Cell(number(row["findings"])),
        Cell(number(row["wasting_sessions"])),
        Cell(thousands(row["waste_tokens"]) if row["waste_tokens"] else ""),
        Cell(money(row["waste_usd"]), hint=exact(row["waste_usd"])),
    ]  # fmt: skip


def _places(asked: Asked) -> Table:
    """Each finding, which opens at its place."""
    kind = asked.choice.of
    rows = asked.rows(_PLACES, of=kind or None)
    labels = project_labels(asked)
    names = model_names({name for row in rows for name in _models(row)})
    top = max((float(row["usd"]) for row in rows), default=0)
    return Table(
        f"Each finding of “{kind}”" if kind else "Each finding",
        [Column("Where", is_number=False), Column("When", is_number=False),
         Column("Kind", is_number=False), Column("What", is_number=False),
         Column("Model", is_number=False), Column("Cost")],
        [
            [
                place_cell(row, row["entry"], labels, share(float(row["usd"]), top)),
                Cell(day_of(row["found_at"])),
                Cell(str(row["kind"])),
                _what(row),
                Cell(", ".join(names[name] for name in _models(row))),
                Cell(money(row["usd"]), hint=exact(row["usd"])),
            ]
            for row in rows
        ],
        note=f"{part_of(rows, 'The most expensive', 'findings')}A title opens the place.",
        empty="Nothing here brought little by these rules.",
        anchor="of",
    )  # fmt: skip


def _models(row: Row) -> list[str]:
    """A whole session may have several."""
    return str(row["model"] or "unknown").split(", ")


def _what(row: Row) -> Cell:
    """A tool, a file, a cause or the beginning of a prompt; of a path the end says most."""
    text = mask_secrets(str(row["what"] or ""))
    if len(text) <= _MAX_CHARACTERS:
        return Cell(text)
    rest = _MAX_CHARACTERS - 1
    return Cell(f"…{text[-rest:]}" if text.startswith("/") else f"{text[:rest]}…", hint=text)
