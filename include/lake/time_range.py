"""A range of time: as a MongoDB filter, over the files of the lake, and over their rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from cca.lake.manifest import LakeFile


@dataclass(frozen=True)
class TimeRange:
    """[start, end) of `eventAt`, or (start, end] of `ingestedAt`; a bound that is None is open.

    Times are UTC. Without bounds it is everything that has the field.
    """

    start: datetime | None = None
    end: datetime | None = None
    field: Literal["eventAt", "ingestedAt"] = "eventAt"

    @property
    def is_of_events(self) -> bool:
        return self.field == "eventAt"

    @property
    def is_wide(self) -> bool:
        """Tells whether it may hold many dates."""
        return self.is_of_events or self.start is None

    def split(self, boundaries: Sequence[datetime]) -> list["TimeRange"]:
        """Return ranges that together are this one, cut at those boundaries that lie in it."""
        inside = [
            bound
            for bound in sorted(set(boundaries))
            if (self.start is None or self.start < bound) and (self.end is None or bound < self.end)
        ]
        edges = [self.start, *inside, self.end]
        return [replace(self, start=start, end=end) for start, end in pairwise(edges)]

    def query(self) -> dict[str, Any]:
        """Return the MongoDB filter of the documents in the range."""
        lower, upper = ("$gte", "$lt") if self.is_of_events else ("$gt", "$lte")
        bounds = {lower: self.start, upper: self.end}
        given = {operator: bound for operator, bound in bounds.items() if bound is not None}
        return {self.field: given} if given else {}

    def overlaps(self, file: LakeFile) -> bool:
        """Tells whether the file may hold rows of the range."""
        first, last = self._span(file)
        return self._is_above(last) and self._is_below(first)

    def covers(self, file: LakeFile) -> bool:
        """Tells whether every row of the file is in the range."""
        first, last = self._span(file)
        return self._is_above(first) and self._is_below(last)

    def rows(self, table: pa.Table) -> Any:
        """Return a mask of the rows in the range."""
        values = table["event_at" if self.is_of_events else "ingested_at"]
        mask = pc.is_valid(values)
        if self.start is not None:
            above = pc.greater_equal if self.is_of_events else pc.greater
            mask = pc.and_(mask, above(values, pa.scalar(self.start, values.type)))
        if self.end is not None:
            below = pc.less if self.is_of_events else pc.less_equal
            mask = pc.and_(mask, below(values, pa.scalar(self.end, values.type)))
        return mask

    def _span(self, file: LakeFile) -> tuple[datetime, datetime]:
        span = (
            (file.event_min, file.event_max)
            if self.is_of_events
            else (file.ingested_min, file.ingested_max)
        )
        return datetime.fromisoformat(span[0]), datetime.fromisoformat(span[1])

    def _is_above(self, at: datetime) -> bool:
        if self.start is None:
            return True
        return at >= self.start if self.is_of_events else at > self.start

    def _is_below(self, at: datetime) -> bool:
        if self.end is None:
            return True
        return at < self.end if self.is_of_events else at <= self.end
