"""SQL of measures by dimensions: each table is aggregated first, labels are joined after that."""

from collections.abc import Mapping, Sequence

from cca.gold.measures.dimensions import DIMENSIONS
from cca.gold.measures.model import Dimension, Measure

# The facts of one project: $project is a key or a folder (slug), which stands for all its projects.
OF_PROJECT = """($project::varchar is null or m.session_id in (
    select p.session_id from marts.dim_sessions as p where $project in (p.project_key, p.project_id)
))"""
# The facts of one person: $user, whose home folder their sessions ran in.
OF_PERSON = """($user::varchar is null or m.session_id in (
    select p.session_id from marts.dim_sessions as p where p.user_name = $user
))"""

# When a row of a fact happened, in UTC.
_HAPPENED = {
    "fct_api_messages": "sent_at", "fct_messages": "sent_at", "fct_prompts": "sent_at",
    "fct_tool_calls": "started_at", "dim_sessions": "started_at", "agg_waste": "found_at",
}  # fmt: skip


def up_to(measure: Measure) -> str:
    """The rows of the measure's table before $up_to; all of them where it is null.

    A day that is not over is compared with the same hours of another day by this.
    """
    return f"($up_to::timestamp is null or m.{_HAPPENED[measure.table]} < $up_to)"


def columns(measures: Sequence[Measure]) -> str:
    """The measures as columns of a select list, each under its name."""
    return ", ".join(f"{each.expression} as {each.name}" for each in measures)


def select(  # noqa: PLR0913  (the parts of a query)
    measures: Sequence[Measure],
    by: Sequence[str] = (),
    where: str = "true",
    *,
    also: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    having: str = "",
    order: str = "",
    limit: int = 0,
) -> str:
    """One row for each combination of `by`, in one query of DuckDB.

    `where` is a condition over the columns of the measures' table, which may be named `m`;
    `having` is one over the names of the measures.
    `also` are further aggregates by name that are no numbers, as the last day of each row.
    `labels` are columns by name of the label table of the first dimension, as `l.title`; they join
    after the aggregation. Measures of several tables are aggregated apart and joined by `by`.
    """
    dimensions = [DIMENSIONS[name] for name in by]
    tables = list(dict.fromkeys(each.table for each in measures))
    parts = [
        _aggregated(
            [each for each in measures if each.table == table], dimensions, where, also or {}
        )
        for table in tables
    ]
    sql = parts[0] if len(parts) == 1 else _joined(parts, measures, by)
    if having:
        sql = f"select * from ({sql}) as a where {having}"
    if labels:
        sql = _labelled(sql, dimensions[0], labels)
    if order:
        sql = f"select * from ({sql}) as r order by {order}"
    return f"{sql} limit {limit}" if limit else sql


def _aggregated(
    measures: Sequence[Measure],
    dimensions: Sequence[Dimension],
    where: str,
    also: Mapping[str, str],
) -> str:
    keys = "".join(f"{each.expression} as {each.name}, " for each in dimensions)
    more = "".join(f", {expression} as {name}" for name, expression in also.items())
    numbers = f"{columns(measures)}{more}"
    sql = f"select {keys}{numbers} from marts.{measures[0].table} as m where {where}"
    if dimensions:
        sql += f" group by {', '.join(str(number + 1) for number in range(len(dimensions)))}"
    return sql


def _joined(parts: Sequence[str], measures: Sequence[Measure], by: Sequence[str]) -> str:
    """Side by side; a number is 0 where the other table alone has a row."""
    keys = ", ".join(by)
    numbers = ", ".join(
        f"coalesce({each.name}, 0) as {each.name}" if each.is_additive else each.name
        for each in measures
    )
    joined = f"({parts[0]}) as p0"
    for number, part in enumerate(parts[1:], 1):
        side = f"({part}) as p{number}"
        joined += f" full join {side} using ({keys})" if by else f" cross join {side}"
    return f"select {keys}{', ' if by else ''}{numbers} from {joined}"


def _labelled(sql: str, dimension: Dimension, labels: Mapping[str, str]) -> str:
    shown = ", ".join(f"{expression} as {name}" for name, expression in labels.items())
    return (
        f"select f.*, {shown} from ({sql}) as f left join marts.{dimension.labels} as l "
        f"on l.{dimension.key} = f.{dimension.name}"
    )
