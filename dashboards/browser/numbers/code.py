"""Code changes: lines written and taken away, the files that change most, and by whom."""

from pathlib import PurePosixPath

from cca.dashboards.browser.numbers.bars import BADLY, WELL, stacked
from cca.dashboards.browser.numbers.cells import (
    BEHIND_ROWS,
    SESSION,
    SESSION_LABELS,
    day_of,
    period_link,
    project_labels,
    session_cell,
)
from cca.dashboards.browser.numbers.parts import (
    Cell,
    Column,
    Pair,
    Section,
    Table,
    Tile,
    Tiles,
    count,
    share,
)
from cca.dashboards.browser.numbers.reader import FILTERED, Asked, Row
from cca.dashboards.browser.numbers.write import number, thousands
from cca.gold.measures import calls as measured
from cca.gold.measures.select import select

_WHERE = f"{FILTERED} and {measured.CHANGED}"
_SUMS = (
    measured.CHANGES, measured.CHANGING_SESSIONS, measured.FILES_CHANGED, measured.CHANGE_DAYS,
    measured.LINES_ADDED, measured.LINES_REMOVED,
)  # fmt: skip


def page(asked: Asked) -> list[Section]:
    totals = asked.rows(select(_SUMS, where=_WHERE))[0]
    if not totals["changes"]:
        return []
    days = asked.rows(select(_SUMS, ["day"], _WHERE))
    points = [(row["day"], "added", float(row["lines_added"])) for row in days]
    points += [(row["day"], "removed", float(row["lines_removed"])) for row in days]
    chart = stacked(
        "Lines", points, ["added", "removed"], thousands,
        lambda first, last: period_link(asked, first, last),
        axis=asked.axis("code"), colours=(WELL, BADLY),
    )  # fmt: skip
    sections: list[Section] = [_tiles(asked, totals), chart]
    if asked.choice.of:
        sections.append(_sessions(asked, asked.choice.of))
    return [*sections, _files(asked), Pair(_kinds(asked), _projects(asked))]


def _tiles(asked: Asked, totals: Row) -> Tiles:
    behind = asked.conversations()
    net = totals["lines_added"] - totals["lines_removed"]
    sign = "+" if net >= 0 else "−"  # noqa: RUF001  (a minus, beside figures)
    return Tiles(
        [
            Tile("Lines added", f"{totals['lines_added']:,}", link=behind, tone="good"),
            Tile("Lines removed", f"{totals['lines_removed']:,}", link=behind, tone="bad"),
            Tile("Net", f"{sign}{abs(net):,}"),
            Tile("Files changed", f"{totals['files_changed']:,}"),
            Tile(
                "Changes",
                f"{totals['changes']:,}",
                f"on {count(totals['change_days'], 'day')}",
                behind,
            ),
        ]
    )


def _files(asked: Asked) -> Table:
    rows = asked.rows(
        select(
            _SUMS, ["project_key", "file_path"], _WHERE, also={"last_on": "max(m.day)"},
            order="changes desc, changing_sessions desc, file_path", limit=BEHIND_ROWS,
        )
    )  # fmt: skip
    top = max(row["changes"] for row in rows)
    return Table(
        "Most edited files",
        [Column("File", is_number=False, beside="Folder"), Column("Changes"), Column("Sessions"),
         Column("Added"), Column("Removed"), Column("Last", is_number=False)],
        [
            [
                Cell(PurePosixPath(row["file_path"]).name or row["file_path"],
                     _sessions_link(asked, row), row["file_path"],
                     share(row["changes"], top),
                     sub=_folder(row["file_path"])),
                Cell(number(row["changes"]), _sessions_link(asked, row)),
                Cell(number(row["changing_sessions"])),
                Cell(number(row["lines_added"], "+"), tone="good"),
                _removed(row),
                Cell(row["last_on"].isoformat()),
            ]
            for row in rows
        ],
        note="Choose a file to see the sessions that changed it.",
    )  # fmt: skip


def _sessions_link(asked: Asked, row: Row) -> str:
    return asked.choice.link("code", of=row["file_path"]) + "#of"


def _removed(row: Row) -> Cell:
    if not row["lines_removed"]:
        return Cell(number(0))
    return Cell(number(row["lines_removed"], "−"), tone="bad")  # noqa: RUF001  (a minus)


def _folder(path: str) -> str:
    """The end of the folder's path, which tells two files of one name apart."""
    parts = PurePosixPath(path).parent.parts[-3:]
    return "/".join(part.strip("/") for part in parts).strip("/")


def _sessions(asked: Asked, path: str) -> Table:
    rows = asked.rows(
        select(
            _SUMS, ["session_id"], f"{_WHERE} and m.file_path = $path",
            also={"last_at": "max(m.started_at)"}, labels=SESSION_LABELS,
            order="last_at desc, session_id", limit=BEHIND_ROWS,
        ),
        path=path,
    )  # fmt: skip
    labels = project_labels(asked)
    return Table(
        f"Sessions that changed {PurePosixPath(path).name}",
        [SESSION, Column("Last", is_number=False), Column("Changes"),
         Column("Added"), Column("Removed")],
        [
            [
                session_cell(row, labels),
                Cell(day_of(row["last_at"])),
                Cell(number(row["changes"])),
                Cell(number(row["lines_added"], "+"), tone="good"),
                _removed(row),
            ]
            for row in rows
        ],
        empty="No session changed this file in this period.",
        anchor="of",
    )  # fmt: skip


def _kinds(asked: Asked) -> Table:
    return _lines_table("File types", "Extension", asked.rows(_most_lines("file_extension")), {})


def _projects(asked: Asked) -> Table:
    rows = asked.rows(_most_lines("project_key"))
    links = {row["name"]: asked.choice.link("code", project=row["name"], of="") for row in rows}
    labels = project_labels(asked)
    return _lines_table("Projects", "Project", rows, links, labels)


def _most_lines(by: str) -> str:
    """Rows of a dimension, most lines first, each named `name`."""
    most = select(
        _SUMS, [by], _WHERE, order=f"lines_added + lines_removed desc, {by}", limit=BEHIND_ROWS
    )
    return f"select {by} as name, * from ({most})"


def _lines_table(
    title: str, first: str, rows: tuple[Row, ...], links: dict[str, str],
    labels: dict[str, str] | None = None,
) -> Table:  # fmt: skip
    top = max((row["lines_added"] + row["lines_removed"] for row in rows), default=0)
    return Table(
        title,
        [Column(first, is_number=False), Column("Files"), Column("Added"), Column("Removed")],
        [
            [
                Cell((labels or {}).get(row["name"]) or str(row["name"]),
                     links.get(row["name"], ""), "",
                     share(row["lines_added"] + row["lines_removed"], top)),
                Cell(number(row["files_changed"])),
                Cell(number(row["lines_added"], "+"), tone="good"),
                _removed(row),
            ]
            for row in rows
        ],
    )  # fmt: skip
