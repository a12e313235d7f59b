"""Projects summed with their worktrees, and with the directories they were moved from."""

from collections.abc import Sequence

from cca.dashboards.browser.numbers.cells import BEHIND_ROWS, USAGE_COLUMNS, usage_figures
from cca.dashboards.browser.numbers.parts import Cell, Column, Section, Table, share
from cca.dashboards.browser.numbers.reader import Asked, Row
from cca.dashboards.browser.numbers.write import number
from cca.gold.measures.model import Measure
from cca.gold.measures.select import select
from cca.transcript.slugs import project_name


def repositories(asked: Asked, measures: Sequence[Measure], where: str) -> list[Section]:
    """A table of the repositories that hold several projects; nothing where there is none."""
    # A repository of one project is that project, and stands among the projects.
    sql = select(
        measures, ["repository"], where, also={"projects": "count(distinct m.project_key)"},
        having="projects > 1", order="cost_usd desc, repository", limit=BEHIND_ROWS,
    )  # fmt: skip
    rows = asked.rows(sql)
    if not rows:
        return []
    top = max(float(row["cost_usd"]) for row in rows)
    return [
        Table(
            "Repositories",
            [Column("Repository", is_number=False), Column("Projects"), *USAGE_COLUMNS],
            [_cells(row, top) for row in rows],
            note="A project with its worktrees, and with what it was called before it moved.",
        )
    ]


def _cells(row: Row, top: float) -> list[Cell]:
    path, part = str(row["repository"]), share(float(row["cost_usd"]), top)
    name = Cell(project_name(path) or path, "", path, part)
    return [name, Cell(number(row["projects"])), *usage_figures(row)]
