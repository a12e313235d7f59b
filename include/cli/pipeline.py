"""`cca extract`, `load`, `transform`, `publish` and `pipeline`."""

import os
from collections.abc import Callable
from typing import Any

import click

from cca.cli.progress import progress, spinner, steps_shown
from cca.settings import Settings, get_settings
from cca.terminal import say

Command = Callable[..., Any]

# MongoDB, which reads for all of them, wants the other half of the cores
_MOST_WORKERS = 4
_FORMAT = click.option(
    "--format",
    "storage_format",
    type=click.Choice(["parquet", "iceberg"]),
    help="Storage format of the lake; default: STORAGE_FORMAT.",
)
_ICEBERG = click.option(
    "--iceberg", "storage_format", flag_value="iceberg", help="Short for --format iceberg."
)
_FULL_REFRESH = click.option("--full-refresh", is_flag=True, help="Build everything from scratch.")
_WORKERS = click.option(
    "--workers",
    type=click.IntRange(1),
    default=lambda: max(1, min((os.cpu_count() or 1) // 2, _MOST_WORKERS)),
    show_default=f"half of the cores, at most {_MOST_WORKERS}",
    help="Processes that extract a long range in chunks.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def _window_options(command: Command) -> Command:
    for option in (
        click.option("--full-backfill", is_flag=True, help="Extract everything again."),
        click.option("--until", help="End of the event time to extract (ISO, UTC), exclusive."),
        click.option("--since", help="Start of the event time to extract (ISO, UTC)."),
    ):
        command = option(command)
    return command


@click.command()
@_window_options
@_FORMAT
@_ICEBERG
@_WORKERS
@click.option("--compact", is_flag=True, help="Extract nothing; merge small files of old dates.")
@_JSON
def extract(
    since: str | None,
    until: str | None,
    full_backfill: bool,
    storage_format: str | None,
    workers: int,
    compact: bool,
    as_json: bool,
) -> None:
    """Extract from MongoDB to the lake: new entries, a range of event time, or everything."""
    if compact:
        _compact(storage_format, as_json)
        return
    from cca import pipeline as steps
    from cca.extract.window import resolve
    from cca.mongo.server import serving_mongo

    settings = _settings(storage_format)
    window = resolve(since=since, until=until, full_backfill=full_backfill)
    with serving_mongo(settings) as uri, progress("extract") as tick:
        report = steps.extract(settings, uri, window, workers=workers, on_progress=tick)
    _print(
        as_json,
        f"{report.documents:,} entries, {report.blocks:,} blocks, {report.rejects:,} rejects "
        f"in {report.files:,} files" + _because(report.reason),
        report,
    )


def _compact(storage_format: str | None, as_json: bool) -> None:
    from cca.lake.compact import compact

    done = compact(_settings(storage_format))
    sentence = f"{done.files_merged:,} small files merged into {done.files_written:,}"
    _print(as_json, sentence + f"; {done.orphan_files:,} orphan files deleted", done)


@click.command()
@_FULL_REFRESH
@_FORMAT
@_ICEBERG
@_JSON
def load(full_refresh: bool, storage_format: str | None, as_json: bool) -> None:
    """Load the difference between lake and raw tables."""
    from cca import pipeline as steps

    report = steps.load(_settings(storage_format), full_refresh=full_refresh)
    _print(as_json, f"{report.rows_added:,} rows in, {report.rows_deleted:,} out", report)


@click.command()
@click.option("--select", help="dbt node selection.")
@_FULL_REFRESH
@_JSON
def transform(select: str | None, full_refresh: bool, as_json: bool) -> None:
    """Build and test staging, intermediate and marts with dbt."""
    from cca.transform.build import transform as run_transform

    with spinner("transform"):
        report = run_transform(get_settings(), select=select, full_refresh=full_refresh)
    _print(
        as_json,
        f"{report.models} models, {report.seeds} seeds, {report.tests} tests passed "
        f"in {report.seconds:.1f} s",
        report,
    )


@click.command()
def publish() -> None:
    """Publish the marts as a new gold file; readers see it from their next query on."""
    from cca.publish.gold import publish as run_publish

    say(run_publish(get_settings()))


@click.command()
@_window_options
@_FULL_REFRESH
@_FORMAT
@_ICEBERG
@_WORKERS
@click.option("--snapshot", type=int, help="Iceberg: build a warehouse of this snapshot elsewhere.")
@click.option("--as-of", help="Iceberg: build a warehouse of this time (ISO, UTC) elsewhere.")
@_JSON
def pipeline(
    since: str | None,
    until: str | None,
    full_backfill: bool,
    full_refresh: bool,
    storage_format: str | None,
    workers: int,
    snapshot: int | None,
    as_of: str | None,
    as_json: bool,
) -> None:
    """Extract, load, transform and publish, without Airflow."""
    if snapshot is not None or as_of is not None:
        _travel(storage_format, snapshot, as_of, as_json)
        return
    from cca import pipeline as steps
    from cca.extract.window import resolve
    from cca.mongo.server import serving_mongo

    settings = _settings(storage_format)
    window = resolve(since=since, until=until, full_backfill=full_backfill)
    options = steps.Options(window, full_refresh, workers)
    with serving_mongo(settings) as uri, steps_shown() as (on_step, on_progress):
        report = steps.run(settings, uri, options, on_step=on_step, on_progress=on_progress)
    published = f"published {report.gold}" if report.gold else "nothing new: gold is up to date"
    sentence = f"{report.extracted.documents:,} entries extracted; {published}"
    _print(as_json, sentence + _because(report.extracted.reason), report)


def _travel(
    storage_format: str | None, snapshot: int | None, as_of: str | None, as_json: bool
) -> None:
    from cca import time_travel
    from cca.extract.window import parse_bound

    settings = _settings(storage_format)
    if settings.storage_format != "iceberg":
        raise click.UsageError("--snapshot and --as-of need --format iceberg")
    with steps_shown() as (on_step, _):
        done = time_travel.build(settings, snapshot, parse_bound("as-of", as_of), on_step=on_step)
    sentence = (
        f"snapshot {done.snapshot_id}, with what had arrived by {done.extracted:%Y-%m-%d %H:%M:%S}"
        f"\nwarehouse  {done.warehouse}\ngold       {done.gold}"
        f"\nread it    CCA_HOME={done.home} cca usage"
    )
    _print(as_json, sentence, done)


def _because(reason: str) -> str:
    return f"\n{reason}" if reason else ""


def _settings(storage_format: str | None) -> Settings:
    from cca.lake.manifest import with_format

    return with_format(get_settings(), storage_format)


def _print(as_json: bool, sentence: str, report: Any) -> None:
    import dataclasses
    import json

    say(json.dumps(dataclasses.asdict(report), default=str) if as_json else sentence)
