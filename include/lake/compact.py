"""Merge the many small files of an old date: fewer to open, better packed, the same rows."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from cca.lake.lake import Lake, holding
from cca.lake.manifest import LakeFile
from cca.lake.store import Commit, in_order
from cca.settings import Settings

log = logging.getLogger(__name__)

# A file with fewer rows is small; about 10 MB of ordinary entries.
SMALL_ROWS = 20_000
# The most rows of a new file: it is in memory as a whole, about 150 MB.
MERGED_ROWS = 50_000
# Later dates still commit with every run.
_UNCHANGING_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class CompactReport:
    """Small files, the files they became, and orphan files that a crash left behind."""

    files_merged: int
    files_written: int
    orphan_files: int


def compact(
    settings: Settings, *, storage_format: str | None = None, before: date | None = None
) -> CompactReport:
    """Merge small files of dates before a day, yesterday by default; delete orphan files."""
    day = before or (datetime.now(UTC) - _UNCHANGING_AFTER).date()
    with holding(settings, storage_format) as lake:
        state = lake.read()
        merges = {group: _merged(lake, group) for group in _groups(state.files, day)}

        def build(live: Sequence[LakeFile]) -> Commit:
            there = set(live)
            whole = [group for group in merges if there.issuperset(group)]
            return Commit(
                tuple(file for group in whole for file in group),
                tuple(merges[group] for group in whole),
            )

        commit = lake.commit(build, None) if merges else Commit()
        orphans = lake.store.remove_orphan_files()
    log.info("merged %d files into %d", len(commit.removed), len(commit.added))
    return CompactReport(len(commit.removed), len(commit.added), orphans)


def _groups(files: Sequence[LakeFile], before: date) -> Iterator[tuple[LakeFile, ...]]:
    """Yield small files of one dataset and date, as many as one new file may hold."""
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
    table = in_order([lake.table(file) for file in group])
    return lake.write(group[0].dataset, date.fromisoformat(group[0].date), table)
