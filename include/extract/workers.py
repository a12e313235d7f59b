"""A wide window in parts that several processes take at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from functools import partial
from multiprocessing import get_context
from typing import Any

from cca.extract import fetch
from cca.extract.chunks import finish, plan
from cca.extract.run import ExtractReport, Progress, extract
from cca.extract.window import Window
from cca.lake.time_range import Range
from cca.mongo import archive
from cca.settings import Settings

# more parts than workers: nobody waits long for the last one
_PARTS_EACH = 3
_TICK_SECONDS = 0.2
# documents done by all workers, in memory that they share; set in workers only
_done: Any = None

Take = Callable[[Window], ExtractReport]
Tick = Callable[[int], None]


def extract_at_once(
    settings: Settings,
    uri: str,
    window: Window,
    *,
    workers: int,
    on_progress: Progress | None = None,
) -> ExtractReport:
    """What `extract` does, by so many processes where the window is wide enough for two."""
    parts = plan(settings, uri, window, parts=workers * _PARTS_EACH if workers > 1 else 1)
    if len(parts.windows) == 1:
        return extract(settings, uri, parts.windows[0], on_progress=on_progress)
    take = partial(_take, settings, uri)
    tick = _tick(settings, uri, window, on_progress) if on_progress else lambda _: None
    reports = _all(take, parts.windows, workers, tick)
    mark = finish(settings, parts) if parts.mark else None
    counts = ("documents", "blocks", "rejects", "files", "replaced_files")
    sums = {name: sum(getattr(report, name) for report in reports) for name in counts}
    return ExtractReport(**sums, mark=mark)


def _all(take: Take, windows: Sequence[Window], workers: int, tick: Tick) -> list[ExtractReport]:
    """A part that fails ends the rest; those already done are merely done again next time."""
    # a fork would copy MongoDB's threads in mid-step
    context = get_context("spawn")
    done = context.Value("q", 0)
    with ProcessPoolExecutor(workers, context, _share, (done,)) as pool:
        futures = [pool.submit(take, window) for window in windows]
        waiting = set(futures)
        try:
            while waiting:
                finished, waiting = wait(waiting, _TICK_SECONDS)
                for future in finished:
                    future.result()
                tick(done.value)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [future.result() for future in futures]


def _share(done: Any) -> None:
    global _done  # noqa: PLW0603  (a pool hands its workers nothing else)
    _done = done


def _take(settings: Settings, uri: str, part: Window) -> ExtractReport:
    counted = 0

    def on_progress(documents: int, _: int) -> None:
        nonlocal counted
        with _done.get_lock():
            _done.value += documents - counted
        counted = documents

    return extract(settings, uri, part, on_progress=on_progress)


def _tick(settings: Settings, uri: str, window: Window, on_progress: Progress) -> Tick:
    owned = Range("eventAt", window.start, window.end)
    with archive.connect(uri) as client:
        total = fetch.count(archive.conversations(client, settings), owned)
    return lambda done: on_progress(done, max(total, done))
