"""Many small files of an old date into few: fewer to open, better packed, the same rows."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from cca.lake.manifest import LakeFile
from cca.lake.store import SORTED_BY, Change, Lake, holding
from cca.settings import Settings

log = logging.getLogger(__name__)

# a file below it is small; about 10 MB of ordinary entries
SMALL_ROWS = 20_000
# what one new file holds at most: it is in memory as a whole, about 150 MB
MERGED_ROWS = 50_000
# later dates still change with every run
_SETTLED_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class CompactReport:
    """Files before and after; strays are what a crash left behind."""

    files_merged: int
    files_written: int
    strays: int


def compact(
    settings: Settings, *, storage_format: str | None = None, before: date | None = None
) -> CompactReport:
    """Merge small files of dates before a day, yesterday by default; delete strays."""
    day = before or (datetime.now(UTC) - _SETTLED_AFTER).date()
    with holding(settings, storage_format) as lake:
        state = lake.read()
        merges = {group: _merged(lake, group) for group in _groups(state.files, day)}

        def plan(live: Sequence[LakeFile]) -> Change:
            there = set(live)
            whole = [group for group in merges if there.issuperset(group)]
            return Change(
                tuple(file for group in whole for file in group),
                tuple(merges[group] for group in whole),
            )

        change = lake.commit(plan, None) if merges else Change()
        strays = lake.store.sweep()
    log.info("merged %d files into %d", len(change.removed), len(change.added))
    return CompactReport(len(change.removed), len(change.added), strays)


def _groups(files: Sequence[LakeFile], before: date) -> Iterator[tuple[LakeFile, ...]]:
    """Small files of one dataset and date, as many as one new file may hold."""
    small: dict[tuple[str, str], list[LakeFile]] = defaultdict(list)
    for file in files:
        if file.rows < SMALL_ROWS and file.date < before.isoformat():
            small[file.dataset, file.date].append(file)
    for candidates in small.values():
        group: list[LakeFile] = []
        for file in candidates:
            if sum(one.rows for one in group) + file.rows > MERGED_ROWS:
                if len(group) > 1:
                    yield tuple(group)
                group = []
            group.append(file)
        if len(group) > 1:
            yield tuple(group)


def _merged(lake: Lake, group: tuple[LakeFile, ...]) -> LakeFile:
    table = pa.concat_tables(lake.table(file) for file in group)
    if group[0].dataset != "rejects":
        order = [*SORTED_BY, *(["block_index"] if "block_index" in table.column_names else [])]
        table = table.sort_by([(column, "ascending") for column in order])
    return lake.write(group[0].dataset, date.fromisoformat(group[0].date), table)
