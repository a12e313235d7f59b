"""Readings of limits in the lake: in the windows of the entries, in a dataset of their own."""

from datetime import UTC, datetime, timedelta

import pytest

from cca.doctor.reconcile import reconcile
from cca.extract.fetch import server_time
from cca.extract.limits import limits_rows
from cca.extract.run import extract
from cca.extract.window import Window, backfill
from cca.lake.lake import holding
from cca.load.raw import load
from cca.records import LIMITS
from cca.selection import Selection

AT = datetime(2026, 10, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["parquet", "iceberg"])
def settings(request, settings):
    return settings.model_copy(update={"storage_format": request.param})


def reading(document, **own):
    limits = {
        "type": "limits", "cwd": "/srv/atlas",
        "fiveHour": {"usedPercentage": 40.5, "resetsAt": 1_790_859_600},
        "sevenDay": {"usedPercentage": 7, "resetsAt": 1_791_000_000.0},
    }  # fmt: skip
    return document(limits, stream="@limits/laptop/limits-2026-10.jsonl", **own)


def rows(settings, dataset="limits"):
    with holding(settings) as lake:
        files = [file for file in lake.read().files if file.dataset == dataset]
        return [row for file in files for row in lake.table(file).to_pylist()]


def test_readings_come_with_each_run_and_once(settings, collection, document):
    limits = collection.database["limits"]
    collection.insert_one(document())
    limits.insert_one(reading(document))
    report = extract(settings, settings.mongo_uri, Window("incremental"))
    # They are counted as no documents: nothing reports them as entries.
    assert report.documents == 1
    (row,) = rows(settings)
    assert (row["five_hour_percentage"], row["seven_day_percentage"]) == (40.5, 7.0)
    assert row["five_hour_resets_at"] == datetime(2026, 10, 1, 13, tzinfo=UTC)
    assert row["project_key"] == "/srv/atlas"
    assert not extract(settings, settings.mongo_uri, Window("incremental")).is_changed
    # New readings alone, and one that became visible late.
    now = server_time(collection)
    limits.insert_many([reading(document, ingestedAt=now - back) for back in (
        timedelta(0), timedelta(minutes=3),
    )])  # fmt: skip
    assert extract(settings, settings.mongo_uri, Window("incremental")).is_changed
    assert len({row["_id"] for row in rows(settings)}) == len(rows(settings)) == 3
    assert len(rows(settings, "conversations")) == 1


def test_a_backfill_owns_the_readings_of_its_time(settings, collection, document):
    limits = collection.database["limits"]
    limits.insert_many([reading(document, eventAt=AT + timedelta(hours=n)) for n in range(4)])
    extract(settings, settings.mongo_uri, Window("full"))
    limits.delete_many({"eventAt": {"$gte": AT + timedelta(hours=2)}})
    extract(settings, settings.mongo_uri, backfill(AT + timedelta(hours=3), None))
    assert len(rows(settings)) == 3
    load(settings)
    checks = {check.name: check for check in reconcile(settings, settings.mongo_uri)}
    assert checks["MongoDB = lake"].status == "fail"
    extract(settings, settings.mongo_uri, backfill(AT, None))
    load(settings)
    found = list(reconcile(settings, settings.mongo_uri))
    assert [check.status for check in found if check.name != "raw = marts"][:5] == ["ok"] * 5


@pytest.mark.parametrize("limit", [
    None, 3, [], {}, {"usedPercentage": 1}, {"resetsAt": 1_790_859_600},
    {"usedPercentage": "1", "resetsAt": 1_790_859_600}, {"usedPercentage": 1, "resetsAt": 1e300},
    {"usedPercentage": -1, "resetsAt": 1_790_859_600},
    {"usedPercentage": True, "resetsAt": 1_790_859_600},
])  # fmt: skip
def test_an_odd_limit_is_none(document, limit):
    row = limits_rows(reading(document) | {"fiveHour": limit, "cwd": limit}).limits
    assert row is not None
    values = dict(zip(LIMITS.names, row, strict=True))
    assert (values["five_hour_percentage"], values["five_hour_resets_at"]) == (None, None)
    assert values["seven_day_percentage"] == 7


def test_what_cannot_be_placed_is_a_reject(document):
    odd = reading(document)
    del odd["sessionKey"]
    assert limits_rows(odd).reject


def test_readings_are_forgotten_with_their_session(settings, collection, document):
    from cca import erase  # noqa: PLC0415  (tantivy)

    limits = collection.database["limits"]
    limits.insert_many([reading(document, sessionKey=name) for name in ("a", "b", "b")])
    extract(settings, settings.mongo_uri, Window("full"))
    erase.erase(settings, settings.mongo_uri, Selection(session="b"), patience_seconds=0)
    assert [one["sessionKey"] for one in limits.find()] == ["a"]
    assert [row["session_id"] for row in rows(settings)] == ["a"]
