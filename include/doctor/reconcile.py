"""Rows of every store side by side: MongoDB, lake, raw, gold; where they differ, and the fix."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import duckdb
from pymongo.collection import Collection

from cca.doctor.check import Check
from cca.errors import NotFound
from cca.gold.open import reading_gold
from cca.lake.lake import Lake, holding
from cca.lake.manifest import LakeFile, Manifest
from cca.load import meta
from cca.load.raw import prepare
from cca.load.warehouse import writing
from cca.mongo import archive
from cca.records import DATASETS
from cca.settings import Settings

# Each document is a row of one of them.
ENTRIES = ("conversations", "limits", "rejects")
_DAYS_SHOWN = 5


def reconcile(settings: Settings, uri: str, storage_format: str | None = None) -> Iterator[Check]:
    """Compare neighbours in the order data passes, then what gold was built from."""
    with holding(settings, storage_format) as lake:
        state = lake.read()
        yield from _archive_and_lake(settings, uri, lake, state)
        yield from _lake_and_raw(settings, state)
    yield from _raw_and_gold(settings)


def _archive_and_lake(settings: Settings, uri: str, lake: Lake, state: Manifest) -> Iterator[Check]:
    stored, waiting = _archived(settings, uri, state)
    held, repeated = _held(lake, [file for file in state.files if file.dataset in ENTRIES])
    detail = f"{stored.total():,} documents, {held.total():,} rows"
    if waiting:
        fix = "`cca pipeline` takes them"
        yield Check("waiting", "ok", f"{waiting:,} documents came after the lake's mark", fix)
    if repeated:
        yield Check(
            "lake", "fail", f"{repeated:,} ids are in the lake more than once", "`cca rebuild lake`"
        )
    days = sorted(day for day in stored.keys() | held.keys() if stored[day] != held[day])
    if not days:
        yield Check("MongoDB = lake", "ok", detail)
        return
    shown = ", ".join(f"{day}: {stored[day]:,} and {held[day]:,}" for day in days[:_DAYS_SHOWN])
    more = f" and {len(days) - _DAYS_SHOWN} more" if len(days) > _DAYS_SHOWN else ""
    until = days[-1] + timedelta(days=1)
    yield Check(
        "MongoDB = lake", "fail", f"{detail}; on {len(days)} dates they differ ({shown}{more})",
        f"`cca pipeline --since {days[0]} --until {until}`",
    )  # fmt: skip


def _archived(settings: Settings, uri: str, state: Manifest) -> tuple[Counter[date], int]:
    """Documents that the lake should hold by date, and how many came later."""
    with archive.connect(uri) as client:
        archive.require(client, uri)
        collection = archive.conversations(client, settings)
        both = (collection, archive.limits_beside(collection))
        mark = state.high_water_mark
        if mark is None:
            return Counter(), sum(each.estimated_document_count() for each in both)
        stored: Counter[date] = Counter()
        for each in both:
            stored.update(_by_day(each, mark))
        waiting = sum(each.count_documents({"ingestedAt": {"$gt": mark}}) for each in both)
    return stored, waiting


def _by_day(collection: Collection[archive.Document], mark: datetime) -> dict[date, int]:
    is_due = {"ingestedAt": {"$not": {"$gt": mark}}}
    day = {"$dateToString": {"format": "%Y-%m-%d", "date": {"$ifNull": ["$eventAt", None]}}}
    groups = collection.aggregate([{"$match": is_due}, {"$group": {"_id": day, "n": {"$sum": 1}}}])
    return {date.fromisoformat(group["_id"]): group["n"] for group in groups if group["_id"]}


def _held(lake: Lake, files: list[LakeFile]) -> tuple[Counter[date], int]:
    """Rows by date that are due by the mark, and ids that are there twice."""
    rows: Counter[date] = Counter()
    ids: Counter[str] = Counter()
    mark = lake.read().high_water_mark
    for file in files:
        table = lake.table(file, ["_id", "ingested_at"])
        ids.update(table["_id"].to_pylist())
        due = sum(mark is None or at <= mark for at in table["ingested_at"].to_pylist())
        rows[date.fromisoformat(file.date)] += due
    return rows, sum(number > 1 for number in ids.values())


def _lake_and_raw(settings: Settings, state: Manifest) -> Iterator[Check]:
    with writing(settings) as warehouse:
        prepare(warehouse)
        raw = {
            name: warehouse.execute(
                f"select count(*), count(*) filter (not list_contains(?, lake_file)) "
                f"from raw.{name}",
                [[file.path for file in state.files]],
            ).fetchall()[0]
            for name in DATASETS
        }
    for name in DATASETS:
        held = sum(file.rows for file in state.files if file.dataset == name)
        rows, strangers = raw[name]
        detail = f"{name}: {held:,} rows and {rows:,}"
        if (held, 0) == (rows, strangers):
            yield Check("lake = raw", "ok", detail)
        else:
            detail += f", {strangers:,} of other files" if strangers else ""
            yield Check(
                "lake = raw", "fail", detail, "`cca pipeline`; else `cca rebuild warehouse`"
            )


def _raw_and_gold(settings: Settings) -> Iterator[Check]:
    with writing(settings) as warehouse:
        meta.prepare(warehouse)
        newest, done = meta.newest_load(warehouse), meta.newest_build(warehouse)
        marts = _marts(warehouse)
    if newest.load_seq == done.load_seq:
        yield Check("raw = marts", "ok", f"built from load {done.load_seq}")
    else:
        detail = f"raw is at load {newest.load_seq}, the marts were built from {done.load_seq}"
        yield Check("raw = marts", "fail", detail, "`cca transform`, then `cca publish`")
    try:
        with reading_gold(settings) as gold:
            published = _marts(gold)
    except NotFound as error:
        yield Check("marts = gold", "fail", str(error), "`cca pipeline`")
        return
    wrong = sorted(
        name for name in marts.keys() | published.keys() if marts.get(name) != published.get(name)
    )
    if wrong:
        shown = ", ".join(
            f"{name}: {marts.get(name)} rows and {published.get(name)}"
            for name in wrong[:_DAYS_SHOWN]
        )
        yield Check("marts = gold", "fail", shown, "`cca publish`")
    else:
        rows = sum(published.values())
        yield Check("marts = gold", "ok", f"{len(published)} tables, {rows:,} rows")


def _marts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    names = connection.execute(
        "select table_name from information_schema.tables "
        "where table_schema = 'marts' and table_catalog = current_database()"
    ).fetchall()
    return {
        name: connection.execute(f'select count(*) from marts."{name}"').fetchall()[0][0]
        for (name,) in names
    }
