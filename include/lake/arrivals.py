"""Row counts of each ten seconds of `ingestedAt`, to detect documents that became visible late.

MongoDB stamps an insert before anybody can see it, so a run may miss it. The counts of the last
minutes before the high-water mark are kept for each file as it is written, and compared with
MongoDB's, which its index alone can give: neither side reads a document. A file without counts is
read once; files never change.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from cca.lake.manifest import LakeFile

# A commit that took longer than this to become visible is found only by the next full backfill.
LATE_COMMITS = timedelta(minutes=10)
STEP = timedelta(seconds=10)

Counts = dict[str, int]  # end of each ten seconds (ISO): documents in (end - 10 s, end]


class ArrivalCounts:
    """The counts of each file, in a small file beside the manifest."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counts = self._read()

    def add(self, path: str, ingested_at: pa.ChunkedArray) -> None:
        """Count the rows of a file that is being written."""
        self._counts[path] = counts_of(ingested_at)

    def save(self, live: Iterable[LakeFile], mark: datetime | None) -> None:
        """Write the counts that a later comparison can need.

        Call it under the commit lock: counts that another process added are in the file. Losing
        the file costs one reading of the lake's files of the last minutes.
        """
        since = first_step(mark).isoformat() if mark else ""
        paths = {file.path for file in live if file.ingested_max > since}
        kept = {
            path: {end: number for end, number in counts.items() if end > since}
            for path, counts in (self._read() | self._counts).items()
            if path in paths
        }
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(kept))
        fresh.replace(self._path)

    def _read(self) -> dict[str, Counts]:
        if not self._path.exists():
            return {}
        counts: dict[str, Counts] = json.loads(self._path.read_text())
        return counts

    def total(
        self, files: Iterable[LakeFile], mark: datetime, read: Callable[[LakeFile], pa.Table]
    ) -> Counter[str]:
        """Return the lake's rows in each ten seconds of the last minutes before the mark."""
        since = first_step(mark).isoformat()
        total: Counter[str] = Counter()
        for file in files:
            if file.dataset == "content_blocks" or file.ingested_max <= since:
                continue
            if file.path not in self._counts:
                self.add(file.path, read(file)["ingested_at"])
            counts = self._counts[file.path]
            total.update({end: number for end, number in counts.items() if end > since})
        return total


def first_step(mark: datetime) -> datetime:
    """Return where the last minutes before a high-water mark begin, on a whole ten seconds."""
    since = mark - LATE_COMMITS
    return since - timedelta(seconds=since.second % 10, microseconds=since.microsecond)


def counts_of(ingested_at: pa.ChunkedArray) -> Counts:
    """Count the rows of each ten seconds."""
    ends = pc.ceil_temporal(ingested_at, int(STEP.total_seconds()), unit="second")
    return {one["values"].isoformat(): one["counts"] for one in pc.value_counts(ends).to_pylist()}


def earliest_difference(
    counts: Counter[str], mark: datetime, count: Callable[[datetime, datetime], int]
) -> datetime | None:
    """Return the start of the first ten seconds in which archive and lake disagree, else None.

    `counts` are the lake's. `count` returns the archive's documents in (after, through]; equal
    totals end the search at once.
    """
    since = first_step(mark)
    if count(since, mark) == counts.total():
        return None
    start = since
    while start < mark:
        end = start + STEP
        if count(start, min(end, mark)) != counts[end.isoformat()]:
            return start
        start = end
    return None
