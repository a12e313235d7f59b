"""A question's SQL with its filters put in, as Metabase would send it to DuckDB."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from cca.dashboards.metabase.boards import FIELDS, LINKS, VALUES, Board, Question
from cca.sql import literal

_OPTIONAL = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_TAG = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True)
class Problem:
    """What is wrong with one question."""

    board: str
    question: str
    text: str


def with_filters(question: Question, given: Mapping[str, str]) -> str:
    """Returns the SQL with the `given` values; drops optional clauses without a value."""

    def tag(found: re.Match[str]) -> str:
        name = found[1]
        if name in VALUES:
            return given.get(name, str(VALUES[name]))
        # With its schema and without an alias: so does Metabase.
        return f'"marts"."{question.table}"."{FIELDS[name]}" = {literal(given[name])}'

    def part(found: re.Match[str]) -> str:
        names = _TAG.findall(found[1])
        return found[1] if all(name in given for name in names) else ""

    return _TAG.sub(tag, _OPTIONAL.sub(part, question.sql))


def problems(gold: Path, boards: tuple[Board, ...]) -> list[Problem]:
    """Run every question over a gold file, without filters and with each one."""
    with duckdb.connect(str(gold), read_only=True) as connection:
        return [
            Problem(board.key, question.key, text)
            for board in boards
            for question in board.questions
            for text in _faults(connection, question)
        ]


def columns_of(gold: Path, boards: tuple[Board, ...]) -> dict[str, tuple[str, ...]]:
    """Names of the columns that each question gives, by board/question."""
    with duckdb.connect(str(gold), read_only=True) as connection:
        return {
            f"{board.key}/{question.key}": tuple(
                row[0]
                for row in connection.execute(f"describe {with_filters(question, {})}").fetchall()
            )
            for board in boards
            for question in board.questions
        }


def _faults(connection: duckdb.DuckDBPyConnection, question: Question) -> list[str]:
    found = []
    for name in question.tags:
        value = "1" if name in VALUES else _some_value(connection, question, name)
        try:
            connection.execute(with_filters(question, {name: value})).fetchall()
        except duckdb.Error as error:
            found.append(f"with the filter {name}: {error}")
    try:
        result = connection.execute(with_filters(question, {}))
    except duckdb.Error as error:
        return [*found, str(error)]
    columns = [each[0] for each in result.description]
    rows = result.fetchall()
    return [*found, *_shape(question, columns, len(rows))]


def _shape(question: Question, columns: list[str], rows: int) -> list[str]:
    """Tells whether the answer is what its chart can draw."""
    linked = {name for kind in question.links.values() for name in LINKS[kind].values()}
    drawn = {question.x, *question.y, question.by, *question.lines, *question.links}
    wanted = (drawn | linked) - {""}
    missing = sorted(wanted - set(columns))
    found = [f"its chart wants {name}, the SQL gives {', '.join(columns)}" for name in missing]
    if not rows and not question.may_be_empty:
        found.append("it gives no rows, and no may_be_empty says why")
    if question.chart == "number" and (rows, len(columns)) != (1, 1):
        found.append(f"a number is one row and column, not {rows} and {len(columns)}")
    if question.by and set(columns) != {question.x, question.by, *question.y}:
        found.append(f"a breakout gives just x, by and y, not {', '.join(columns)}")
    return found


def _some_value(connection: duckdb.DuckDBPyConnection, question: Question, name: str) -> str:
    sql = f'select max("{FIELDS[name]}") from marts."{question.table}"'
    return str(connection.execute(sql).fetchall()[0][0])
