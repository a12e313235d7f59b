"""What responses cost, by day and by one of model, project, person and machine."""

from cca.dashboards.browser.numbers.bars import Axis, colours_of, series_of, stacked
from cca.dashboards.browser.numbers.cells import model_names, period_link, project_labels
from cca.dashboards.browser.numbers.choice import MEASURES, SPLITS, Choice
from cca.dashboards.browser.numbers.drawn import Bars, Segment
from cca.dashboards.browser.numbers.reader import ANSWERED, Asked, Row
from cca.dashboards.browser.numbers.write import money, thousands
from cca.gold.measures import usage as measured
from cca.gold.measures.select import select, up_to

WHERE = ANSWERED
SUMS = (
    measured.API_MESSAGES, measured.ANSWERED_SESSIONS, measured.COST_USD, measured.TOKENS,
    measured.INPUT_TOKENS, measured.OUTPUT_TOKENS, measured.CACHE_WRITE_TOKENS,
    measured.CACHE_READ_TOKENS,
)  # fmt: skip
# Choice.split, to the dimension that it names.
BY = {"": "model", "project": "project_key", "user": "person", "host": "host"}
# With one person or machine alone there is nothing to tell apart.
_FEW = ("user", "host")


def grouped(split: str) -> str:
    """The sums by one dimension, the most expensive first."""
    by = BY[split]
    where = f"{WHERE} and {up_to(measured.COST_USD)}"
    return select(SUMS, [by], where, order=f"cost_usd desc, {by}")


def chart(asked: Asked, page: str, choice: Choice, axis: Axis) -> Bars:
    """Cost or tokens of the days of `choice`, stacked by what the address of `page` says."""
    split = asked.choice.split
    by = BY[split]
    rows = asked.rows_of(choice, select(SUMS, ["day", by], WHERE, order="day"))
    # Ranked by cost whatever is measured or chosen, so that a colour stays with its name.
    names = series_of((row[by], float(row["cost_usd"])) for row in rows)
    ranked = [str(row[by]) for row in asked.rows_of_all(grouped(split))]
    measure = "tokens" if asked.choice.by == "tokens" else "cost_usd"
    return stacked(
        MEASURES[asked.choice.by],
        [(row["day"], row[by], float(row[measure])) for row in rows],
        names,
        thousands if measure == "tokens" else money,
        lambda first, last: period_link(asked, first, last),
        axis=axis,
        shown=_shown(asked, split, rows),
        segments=_segments(asked, page),
        colours=colours_of(names, ranked),
    )


def _shown(asked: Asked, split: str, rows: tuple[Row, ...]) -> dict[str, str]:
    names = {str(row[BY[split]]) for row in rows}
    if split == "project":
        labels = project_labels(asked)
        return {name: labels.get(name, name) for name in names}
    return model_names(names) if not split else {}


def _segments(asked: Asked, page: str) -> list[list[Segment]]:
    choice = asked.choice
    return [
        [
            Segment(name, choice.link(page, by=way), way == choice.by)
            for way, name in MEASURES.items()
        ],
        [
            Segment(f"by {name}", choice.link(page, split=split), split == choice.split)
            for split, name in SPLITS.items()
            if split not in _FEW or split == choice.split or len(asked.rows(grouped(split))) > 1
        ],
    ]
