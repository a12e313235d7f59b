"""What was spent by whom and on what, beside the period before."""

from decimal import Decimal

from cca.dashboards.browser.numbers.cells import BEHIND_ROWS, left_out, model_names, way_to_compare
from cca.dashboards.browser.numbers.choice import Choice
from cca.dashboards.browser.numbers.parts import Cell, Column, Pair, Section, Table, share
from cca.dashboards.browser.numbers.reader import FILTERED, Asked, Row
from cca.dashboards.browser.numbers.spending import BY, grouped
from cca.dashboards.browser.numbers.write import Figure, exact, money, number, percent
from cca.gold.measures import sessions
from cca.gold.measures import usage as measured
from cca.gold.measures.select import select

_NAMES = {"user": "Person", "project": "Project", "host": "Machine", "": "Model"}
_PLURALS = {"user": "People", "project": "Projects", "host": "Machines", "": "Models"}
# Choice.split to the filter of that name.
_FILTERS = {"": "model"}
_POINTS = 100
_MANY = 9


def change(now: float | Decimal | None, then: float | Decimal | None, unit: str = "") -> Figure:
    """How a figure stands to the one before; a share moves by points."""
    if now is None or then is None:
        return Figure("", None, "share")
    moved = float(now) - float(then)
    if unit == "share":
        points = round(moved * _POINTS, 1)
        return Figure(_arrow(points, f"{abs(points)} points"), moved * _POINTS, "points")
    if not then:
        return Figure("new" if now else "", None, "share")
    rate = moved / float(then)
    # Nobody reads 1,871 %.
    text = percent(abs(rate)) if rate < _MANY else f"{rate + 1:.0f}×"  # noqa: RUF001  (times)
    return Figure(_arrow(rate, text), rate, "share")


def _arrow(moved: float, text: str) -> str:
    return f"{'▲' if moved > 0 else '▼'} {text}" if moved else "same"


def tables(asked: Asked, compared: Choice | None, labels: dict[str, str]) -> list[Section]:
    """By person and machine where there are several, by project and model."""
    found = {split: _table(asked, split, compared, labels) for split in _NAMES}
    few = [found[split] for split in ("user", "host") if len(found[split].rows) > 1]
    sections: list[Section] = [Pair(found["project"], found[""])]
    return [Pair(*few) if len(few) > 1 else few[0], *sections] if few else sections  # type: ignore[arg-type]


def _table(asked: Asked, split: str, compared: Choice | None, labels: dict[str, str]) -> Table:
    by = BY[split]
    now = {row[by]: row for row in asked.rows(grouped(split))}
    end = asked.in_utc(asked.up_to(asked.choice))
    rows = asked.rows_of(compared, grouped(split), up_to=end) if compared else ()
    then = {row[by]: row for row in rows}
    said = _sessions(asked, split, now)
    names = model_names(map(str, now | then)) if not split else labels if split == "project" else {}
    top = max((float(row["cost_usd"]) for row in now.values()), default=0)
    keys = [*now, *(key for key in then if key not in now)]
    return Table(
        _PLURALS[split],
        [
            Column(_NAMES[split], is_number=False),
            Column("Cost", hint=measured.COST_USD.description),
            *([Column("Change"), Column("Before")] if compared else []),
            Column("Sessions", hint=_sessions_hint(asked, split)),
        ],
        [
            [
                _name(asked, split, key, names, share(_cost(now, key), top)),
                Cell(money(_cost(now, key)), hint=exact(_cost(now, key)), tone="strong"),
                *(_then(now, then, key) if compared else []),
                Cell(
                    number(said.get(key, 0)),
                    asked.conversations(**{_filter(split): str(key)}),
                    tone="plain",
                ),
            ]
            for key in keys[:BEHIND_ROWS]
        ],
        note=left_out(len(keys), _PLURALS[split].lower()),
        way=way_to_compare(asked, split, len(keys)),
    )


def _name(asked: Asked, split: str, key: str, names: dict[str, str], filled: float) -> Cell:
    shown = names.get(key) or str(key)
    return Cell(shown, asked.choice.link("", **{_filter(split): str(key)}), str(key), filled)


def _then(now: dict[str, Row], then: dict[str, Row], key: str) -> list[Cell]:
    was = _cost(then, key)
    return [Cell(change(_cost(now, key), was)), Cell(money(was), hint=exact(was))]


def _cost(rows: dict[str, Row], key: str) -> float:
    return float(rows[key]["cost_usd"]) if key in rows else 0.0


def _filter(split: str) -> str:
    return _FILTERS.get(split, split)


def _counts_answers(asked: Asked, split: str) -> bool:
    """Only responses know their model."""
    return not split or bool(asked.choice.model)


def _sessions(asked: Asked, split: str, now: dict[str, Row]) -> dict[str, int]:
    """Sessions as the list counts them."""
    if _counts_answers(asked, split):
        return {key: row["answered_sessions"] for key, row in now.items()}
    by = BY[split]
    rows = asked.rows(select([sessions.SESSIONS], [by], FILTERED))
    return {row[by]: row["sessions"] for row in rows}


def _sessions_hint(asked: Asked, split: str) -> str:
    measure = measured.ANSWERED_SESSIONS if _counts_answers(asked, split) else sessions.SESSIONS
    return measure.description
