"""What a measure is and what it is shown by: values only; the SQL of each is made here."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Unit = Literal[
    "count", "tokens", "USD", "share", "ratio", "lines", "days", "milliseconds", "seconds",
    "minutes", "hours", "USD an hour", "percent",
]  # fmt: skip
How = Literal["count", "sum", "distinct", "average", "percentile", "largest", "ratio"]

# What a sum is stored as: whole numbers do not overflow, money stays exact.
_SUM_TYPES = {"USD": "decimal(38, 10)", "minutes": "double", "hours": "double", "percent": "double"}


@dataclass(frozen=True)
class Measure:
    """One number that the product shows: what it counts, of which rows, in which unit.

    `column` is SQL over the columns of `table`; `population` is the SQL condition of the rows that
    count, empty for all rows. A ratio divides two measures of one table.
    """

    name: str
    table: str
    how: How
    unit: Unit
    label: str
    description: str
    column: str = ""
    population: str = ""
    quantile: float = 0.5
    numerator: "Measure | None" = None
    denominator: "Measure | None" = None

    @property
    def is_additive(self) -> bool:
        """Tells whether the values of parts add up to the value of the whole."""
        return self.how in {"count", "sum"}

    @cached_property
    def expression(self) -> str:
        """The aggregate as SQL of DuckDB, with bare column names: select it from `table` alone."""
        if self.how == "ratio":
            numerator, denominator = self.parts
            return f"{numerator.expression} / nullif({denominator.expression}, 0)"
        aggregate = self._aggregate()
        if self.population:
            aggregate += f" filter (where {self.population})"
        if self.how == "sum":
            return f"coalesce({aggregate}, 0)::{_SUM_TYPES.get(self.unit, 'bigint')}"
        return aggregate

    @property
    def parts(self) -> tuple["Measure", "Measure"]:
        """Numerator and denominator of a ratio."""
        if self.numerator is None or self.denominator is None:
            raise TypeError(f"{self.name} is no ratio")
        return self.numerator, self.denominator

    @property
    def total(self) -> str:
        """The sum of a column that holds this measure already, in a table of aggregates."""
        return f"coalesce(sum({self.name}), 0)::{_SUM_TYPES.get(self.unit, 'bigint')}"

    def _aggregate(self) -> str:
        match self.how:
            case "count":
                return "count(*)"
            case "distinct":
                return f"count(distinct {self.column})"
            case "average":
                return f"avg({self.column})"
            case "largest":
                return f"max({self.column})"
            case "percentile":
                return f"quantile_cont({self.column}, {self.quantile})"
        return f"sum({self.column})"


def ratio(  # noqa: PLR0913  (what a person reads of it)
    name: str, numerator: Measure, denominator: Measure, unit: Unit, label: str, description: str
) -> Measure:
    """A measure that divides one by another of the same table; null where there is nothing."""
    if numerator.table != denominator.table:
        raise ValueError(f"{name}: its two parts are measures of different tables")
    return Measure(
        name, numerator.table, "ratio", unit, label, description,
        numerator=numerator, denominator=denominator,
    )  # fmt: skip


@dataclass(frozen=True)
class Dimension:
    """What a measure can be split by: SQL over the columns of the fact, and a table of labels."""

    name: str
    expression: str
    label: str
    description: str
    # Table whose rows the value is the key of, and that key's column.
    labels: str = ""
    key: str = ""
