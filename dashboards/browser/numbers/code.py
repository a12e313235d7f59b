"""Code changes: lines written and taken away, the files that change most, and by whom."""

from pathlib import PurePosixPath

from cca.dashboards.browser.numbers.bars import BADLY, WELL, stacked
from cca.dashboards.browser.numbers.cells import (
    TOP_ROWS,
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
from cca.dashboards.browser.numbers.write import thousands

_MAX_FILES = 25
_CHANGED = "m.status = 'success' and coalesce(m.lines_added, 0) + coalesce(m.lines_removed, 0) > 0"
_FROM = f"from marts.fct_file_operations as m where {FILTERED} and {_CHANGED}"
_SUMS = """
count(*) as changes, count(distinct m.session_id) as sessions,
count(distinct m.project_id || m.file_path) as files, count(distinct m.day) as days,
coalesce(sum(m.lines_added), 0)::bigint as added,
coalesce(sum(m.lines_removed), 0)::bigint as removed
"""


def page(asked: Asked) -> list[Section]:
    totals = asked.rows(f"select {_SUMS} {_FROM}")[0]
    if not totals["changes"]:
        return []
    days = asked.rows(f"select m.day, {_SUMS} {_FROM} group by 1")
    points = [(row["day"], "added", float(row["added"])) for row in days]
    points += [(row["day"], "removed", float(row["removed"])) for row in days]
    chart = stacked(
        "Lines", points, ["added", "removed"], thousands,
        lambda first, last: period_link(asked, first, last),
        days=asked.shown_days(), colours=(WELL, BADLY),
    )  # fmt: skip
    sections: list[Section] = [_tiles(asked, totals), chart]
    if asked.choice.of:
        sections.append(_sessions(asked, asked.choice.of))
    return [*sections, _files(asked), Pair(_kinds(asked), _projects(asked))]


def _tiles(asked: Asked, totals: Row) -> Tiles:
    behind = asked.conversations()
    net = totals["added"] - totals["removed"]
    sign = "+" if net >= 0 else "−"  # noqa: RUF001  (a minus, beside figures)
    return Tiles(
        [
            Tile("Lines added", f"{totals['added']:,}", link=behind, tone="good"),
            Tile("Lines removed", f"{totals['removed']:,}", link=behind, tone="bad"),
            Tile("Net", f"{sign}{abs(net):,}"),
            Tile("Files changed", f"{totals['files']:,}"),
            Tile("Changes", f"{totals['changes']:,}", f"on {count(totals['days'], 'day')}", behind),
        ]
    )


def _files(asked: Asked) -> Table:
    rows = asked.rows(f"""
        select m.project_id, m.file_path, max(m.day) as last_on, {_SUMS} {_FROM}
        group by 1, 2 order by changes desc, sessions desc, m.file_path limit {_MAX_FILES}
    """)
    top = max(row["changes"] for row in rows)
    return Table(
        "Hot files",
        [Column("File", is_number=False), Column("Changes"), Column("Sessions"),
         Column("Added"), Column("Removed"), Column("Last", is_number=False)],
        [
            [
                Cell(PurePosixPath(row["file_path"]).name or row["file_path"],
                     asked.choice.link("code", of=row["file_path"]) + "#of", row["file_path"],
                     share(row["changes"], top),
                     sub=_folder(row["file_path"])),
                Cell(f"{row['changes']:,}", asked.choice.link("code", of=row["file_path"]) + "#of"),
                Cell(f"{row['sessions']:,}"),
                Cell(f"+{row['added']:,}", tone="good"),
                _removed(row),
                Cell(row["last_on"].isoformat()),
            ]
            for row in rows
        ],
        note="Choose a file to see the conversations that changed it.",
    )  # fmt: skip


def _removed(row: Row) -> Cell:
    if not row["removed"]:
        return Cell("0")
    return Cell(f"−{row['removed']:,}", tone="bad")  # noqa: RUF001  (a minus, beside figures)


def _folder(path: str) -> str:
    """The end of the folder's path, which tells two files of one name apart."""
    parts = PurePosixPath(path).parent.parts[-3:]
    return "/".join(part.strip("/") for part in parts).strip("/")


def _sessions(asked: Asked, path: str) -> Table:
    rows = asked.rows(
        f"""
        select m.session_id, any_value(s.title) as title, any_value(s.project_id) as project_id,
            max(m.started_at) as last_at, {_SUMS}
        from marts.fct_file_operations as m
        left join marts.dim_sessions as s on s.session_id = m.session_id
        where {FILTERED} and {_CHANGED} and m.file_path = $path
        group by 1 order by last_at desc, 1 limit {_MAX_FILES}
        """,
        path=path,
    )
    labels = project_labels(asked)
    return Table(
        f"Conversations that changed {PurePosixPath(path).name}",
        [Column("Session", is_number=False), Column("Last", is_number=False), Column("Changes"),
         Column("Added"), Column("Removed")],
        [
            [
                session_cell(row, labels),
                Cell(day_of(row["last_at"])),
                Cell(f"{row['changes']:,}"),
                Cell(f"+{row['added']:,}", tone="good"),
                _removed(row),
            ]
            for row in rows
        ],
        empty="No conversation changed this file in this period.",
        anchor="of",
    )  # fmt: skip


def _kinds(asked: Asked) -> Table:
    rows = asked.rows(f"""
        select coalesce(nullif(m.file_extension, ''), 'none') as name, {_SUMS} {_FROM}
        group by 1 order by added + removed desc, 1 limit {TOP_ROWS}
    """)
    return _lines_table("Kinds of files", "Extension", rows, {})


def _projects(asked: Asked) -> Table:
    rows = asked.rows(f"""
        select m.project_id as name, {_SUMS} {_FROM}
        group by 1 order by added + removed desc, 1 limit {TOP_ROWS}
    """)
    links = {row["name"]: asked.choice.link("code", project=row["name"], of="") for row in rows}
    labels = project_labels(asked)
    return _lines_table("Projects", "Project", rows, links, labels)


def _lines_table(
    title: str, first: str, rows: tuple[Row, ...], links: dict[str, str],
    labels: dict[str, str] | None = None,
) -> Table:  # fmt: skip
    top = max((row["added"] + row["removed"] for row in rows), default=0)
    return Table(
        title,
        [Column(first, is_number=False), Column("Files"), Column("Added"), Column("Removed")],
        [
            [
                Cell((labels or {}).get(row["name"]) or str(row["name"]),
                     links.get(row["name"], ""), "",
                     share(row["added"] + row["removed"], top)),
                Cell(f"{row['files']:,}"),
                Cell(f"+{row['added']:,}", tone="good"),
                _removed(row),
            ]
            for row in rows
        ],
    )  # fmt: skip
