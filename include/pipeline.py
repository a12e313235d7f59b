"""The steps from the archive to gold, once: `cca pipeline` and the DAG call the same functions.

    plan → extract_chunk … → finish_extract → load → has_news → build → publish

`extract` is the first three in one call.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from cca.extract import chunks, one_chunk
from cca.extract.chunks import Chunk
from cca.extract.one_chunk import ExtractReport, Progress
from cca.extract.run import extract as extract_all
from cca.extract.window import Window
from cca.gold import runs, state
from cca.gold.open import is_readable
from cca.load import raw, warehouse
from cca.load.raw import LoadReport
from cca.prices.overrides import check_overrides
from cca.publish import copies
from cca.publish.gold import publish_newest
from cca.settings import Settings
from cca.timetable import PIPELINE
from cca.transform import results
from cca.transform.build import transform
from cca.transform.dbt import code_version
from cca.transform.nodes import NodeDone, TransformReport

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PipelineReport:
    """What each step did; `gold` is None when there was nothing new to publish."""

    extracted: ExtractReport
    loaded: LoadReport
    gold: Path | None


@dataclass(frozen=True)
class Options:
    """How a run differs from the hourly one."""

    window: Window
    full_refresh: bool = False
    workers: int = 1


def plan(settings: Settings, uri: str, window: Window, number: int) -> tuple[Chunk, ...]:
    """Decide what a run takes, in at most so many chunks."""
    check_overrides(settings.prices_file)
    state.move_from_version_0_1(settings)
    return chunks.plan(settings, uri, window, number=number)


def extract_chunk(settings: Settings, uri: str, values: dict[str, Any]) -> ExtractReport:
    """Extract a chunk that `plan` handed over as JSON."""
    return one_chunk.extract_chunk(settings, uri, chunks.handed_over(settings, uri, values))


def finish_extract(settings: Settings, handed_over: list[dict[str, Any]]) -> datetime | None:
    """Move the lake's high-water mark after all chunks; return where it is then.

    A window that cca 0.1 left undecided was a single one, and its extraction moved the mark.
    """
    first = chunks.from_dict(handed_over[0])
    return chunks.finish(settings, [first]) if first else None


def extract(
    settings: Settings,
    uri: str,
    window: Window,
    *,
    workers: int = 1,
    on_progress: Progress | None = None,
) -> ExtractReport:
    """Make the lake equal to MongoDB in the window, and move its high-water mark."""
    state.move_from_version_0_1(settings)
    return extract_all(settings, uri, window, workers=workers, on_progress=on_progress)


def load(settings: Settings, *, full_refresh: bool = False) -> LoadReport:
    """Make the raw tables equal to the lake."""
    return raw.load(settings, full_refresh=full_refresh)


def has_news(settings: Settings, loaded: LoadReport, *, full_refresh: bool = False) -> bool:
    """Whether dbt and publish have something to do: gold was not made from this load by this code.

    A warehouse that was deleted counts its loads from one again, and has built none.
    """
    is_published = (
        loaded.built_seq == loaded.load_seq == state.read(settings).load_seq
        and not is_of_other_code(settings)
        and is_readable(settings.gold_path)
    )
    return full_refresh or not is_published


def is_of_other_code(settings: Settings) -> bool:
    """Whether gold was made by other SQL, rules or prices, such as those of an earlier version."""
    return state.read(settings).code_version != code_version(settings)


def is_for_other_code(settings: Settings, error: Exception) -> bool:
    """Whether a query failed because gold lacks a table or column that other code made."""
    is_missing = isinstance(error, duckdb.BinderException | duckdb.CatalogException)
    return is_missing and is_of_other_code(settings)


def lacks_copy(settings: Settings) -> bool:
    """Tells whether a database lacks a copy of gold: `publish` brings it without a build."""
    return copies.is_due(settings)


def build(
    settings: Settings,
    *,
    full_refresh: bool = False,
    on_event: Callable[[NodeDone], None] | None = None,
) -> TransformReport:
    """Build and test every model."""
    return transform(settings, full_refresh=full_refresh, on_event=on_event)


def publish(settings: Settings, *, is_whole: bool = False) -> Path:
    """Publish the newest build with its copies, and tell of budgets that it shows as spent."""
    from cca.alerts.once import tell_of_budgets  # noqa: PLC0415  (httpx)

    published = publish_newest(settings, is_whole=is_whole)
    tell_of_budgets(settings)
    return published


def run(
    settings: Settings,
    uri: str,
    options: Options,
    *,
    on_step: Callable[[str], None] = log.info,
    on_progress: Progress | None = None,
) -> PipelineReport:
    """Bring gold up to date; dbt and publish are skipped when there is no news."""
    # Under the DAG's name: the state of the pipeline means this run as well.
    with runs.recorded(settings, PIPELINE, "cca pipeline"):
        return _steps(settings, uri, options, on_step=on_step, on_progress=on_progress)


def rebuild_warehouse(settings: Settings) -> Path:
    """Delete the warehouse, then load, build and publish; readers keep the old gold until then."""
    state.move_from_version_0_1(settings)
    # Load numbers begin again: none of them is published.
    state.update(settings, load_seq=0, code_version="")
    history = results.kept(settings)
    warehouse.delete(settings)
    load(settings)
    results.put_back(settings, history)
    build(settings, full_refresh=True)
    # An hourly run may publish meanwhile: its file holds rows that an erasure has deleted.
    return publish(settings, is_whole=True)


def _steps(
    settings: Settings,
    uri: str,
    options: Options,
    *,
    on_step: Callable[[str], None],
    on_progress: Progress | None,
) -> PipelineReport:
    check_overrides(settings.prices_file)
    on_step("extract")
    extracted = extract(
        settings, uri, options.window, workers=options.workers, on_progress=on_progress
    )
    on_step("load")
    loaded = load(settings, full_refresh=options.full_refresh)
    if has_news(settings, loaded, full_refresh=options.full_refresh):
        on_step("transform")
        build(settings, full_refresh=options.full_refresh)
    elif not lacks_copy(settings):
        return PipelineReport(extracted, loaded, None)
    on_step("publish")
    return PipelineReport(extracted, loaded, publish(settings))
