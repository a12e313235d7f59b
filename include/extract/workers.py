"""Extracts chunks in several processes at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from functools import partial
from multiprocessing import get_context
from typing import Any

from cca.extract import fetch
from cca.extract.chunks import Chunk
from cca.extract.one_chunk import ExtractReport, Progress, extract_chunk
from cca.lake.time_range import TimeRange
from cca.mongo import archive
from cca.settings import Settings

_TICK_SECONDS = 0.2
# Documents done by all workers, in memory that they share; set in workers only.
_done: Any = None

Take = Callable[[Chunk], ExtractReport]
Tick = Callable[[int], None]


def extract_at_once(
    settings: Settings,
    uri: str,
    chunks: Sequence[Chunk],
    *,
    workers: int,
    on_progress: Progress | None = None,
) -> list[ExtractReport]:
    """Extract chunks in so many processes; return their reports."""
    take = partial(_take, settings, uri)
    tick = _tick(settings, uri, chunks, on_progress) if on_progress else lambda _: None
    return _all(take, chunks, workers, tick)


def _all(take: Take, chunks: Sequence[Chunk], workers: int, tick: Tick) -> list[ExtractReport]:
    """Run all chunks; one that fails ends the rest, and the next run repeats those done."""
    # A fork would copy MongoDB's threads in mid-step.
    context = get_context("spawn")
    done = context.Value("q", 0)
    with ProcessPoolExecutor(workers, context, _share, (done,)) as pool:
        futures = [pool.submit(take, chunk) for chunk in chunks]
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


def _take(settings: Settings, uri: str, chunk: Chunk) -> ExtractReport:
    counted = 0

    def on_progress(documents: int, _: int) -> None:
        nonlocal counted
        with _done.get_lock():
            _done.value += documents - counted
        counted = documents

    return extract_chunk(settings, uri, chunk, on_progress=on_progress)


def _tick(settings: Settings, uri: str, chunks: Sequence[Chunk], on_progress: Progress) -> Tick:
    events = TimeRange(chunks[0].scope.start, chunks[-1].scope.end)
    with archive.connect(uri) as client:
        total = fetch.count(archive.conversations(client, settings), events)
    return lambda done: on_progress(done, max(total, done))
