"""What is set side by side: models, projects, people, machines or periods."""

from dataclasses import dataclass, replace
from datetime import datetime

from cca.dashboards.browser.numbers.bars import COLOURS
from cca.dashboards.browser.numbers.choice import SIDES, Choice
from cca.dashboards.browser.numbers.options import options_of
from cca.dashboards.browser.numbers.reader import Asked
from cca.dashboards.browser.numbers.spans import (
    FIRST_SIDES,
    Span,
    followed_by,
    span_named,
    values_of,
)
from cca.dashboards.browser.numbers.spending import BY, grouped

# Choice.against to the filter that tells the sides apart.
FILTERS = {"": "model", "project": "project", "user": "user", "host": "host", "period": "period"}
_LEAST = 2
_MONTHS = "select distinct strftime(day, '%Y-%m') as month from marts.fct_api_messages"


@dataclass(frozen=True)
class Side:
    """One of what is compared: `choice` narrows every figure to it; `span` where it is a period.

    `up_to` is where a period ends, on the clock of reports, that is compared with one that goes on.
    """

    value: str
    name: str
    colour: str
    choice: Choice
    span: Span | None = None
    up_to: datetime | None = None


def own_filter(choice: Choice) -> str:
    """The filter that the sides stand for, which the page cannot have beside them."""
    return FILTERS[choice.against]


def sides_of(asked: Asked) -> list[Side]:
    """The sides that the address names; where it names fewer than two, the largest others too."""
    chosen = [value for name in SIDES if (value := getattr(asked.choice, name))]
    found = [value for value in dict.fromkeys(chosen) if _is_known(asked, value)]
    others = (value for value in _first_of(asked) if value not in found)
    values = [*found, *others][: max(len(found), _LEAST)]
    names = dict(choices(asked))
    return [
        _side(asked, value, names, COLOURS[place], values) for place, value in enumerate(values)
    ]


def choices(asked: Asked) -> list[tuple[str, str]]:
    """What a side may be, as (value, name)."""
    if asked.choice.against == "period":
        months = [row["month"] for row in asked.rows_of_all(_MONTHS)]
        return values_of(months, asked.today)
    return options_of(asked, FILTERS[asked.choice.against])


def _is_known(asked: Asked, value: str) -> bool:
    return asked.choice.against != "period" or span_named(value, asked.today) is not None


def _first_of(asked: Asked) -> list[str]:
    """What is compared where nobody chose: those that cost most."""
    split = asked.choice.against
    if split == "period":
        return list(FIRST_SIDES)
    return [str(row[BY[split]]) for row in asked.rows(grouped(split))]


def _end_of(asked: Asked, value: str, values: list[str]) -> datetime | None:
    """Beside the period that it comes before, as many hours of it as that has."""
    later = followed_by(value)
    return asked.up_to(Choice(days=later)) if later in values else None


def _side(asked: Asked, value: str, names: dict[str, str], colour: str, values: list[str]) -> Side:
    bare = replace(asked.choice, against="", **dict.fromkeys(SIDES, ""))
    if span := span_named(value, asked.today) if asked.choice.against == "period" else None:
        chosen = bare.within(span.first, span.last)
        return Side(value, span.name, colour, chosen, span, _end_of(asked, value, values))
    chosen = replace(bare, **{own_filter(asked.choice): value})
    return Side(value, names.get(value, value), colour, chosen)
