"""The whole extraction: decide the chunks, extract each, move the high-water mark."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from cca.extract.chunks import finish, plan
from cca.extract.one_chunk import ExtractReport, Progress, extract_chunk
from cca.extract.window import Window
from cca.extract.workers import extract_at_once
from cca.settings import Settings

# More chunks than workers: nobody waits long for the last one.
_CHUNKS_EACH = 3
_COUNTS = ("documents", "blocks", "rejects", "files", "replaced_files")


def extract(
    settings: Settings,
    uri: str,
    window: Window,
    *,
    workers: int = 1,
    on_progress: Progress | None = None,
) -> ExtractReport:
    """Make the lake equal to MongoDB in the window, with several processes where it is wide.

    Repeatable, in any order, after any crash.

    Raises:
        ServiceDown: MongoDB does not answer.
        WarehouseError: A file of the lake is damaged.

    """
    chunks = plan(settings, uri, window, number=workers * _CHUNKS_EACH if workers > 1 else 1)
    if len(chunks) == 1:
        reports = [extract_chunk(settings, uri, chunks[0], on_progress=on_progress)]
    else:
        reports = extract_at_once(settings, uri, chunks, workers=workers, on_progress=on_progress)
    return _sum(reports, finish(settings, chunks))


def _sum(reports: Sequence[ExtractReport], mark: datetime | None) -> ExtractReport:
    counts = {name: sum(getattr(one, name) for one in reports) for name in _COUNTS}
    return replace(reports[0], **counts, high_water_mark=mark)
