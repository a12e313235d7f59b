"""A run reads what is new, not what there is: documents and files are counted, not timed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pymongo.collection import Collection

from cca.extract.fetch import server_time
from cca.extract.run import extract
from cca.extract.window import Window
from cca.lake.lake import Lake
from cca.load.raw import load
from cca.settings import Settings
from cca.sync_agent.deliver import ensure_indexes

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def files_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    read: list[str] = []
    real = Lake.table

    def counting(lake: Lake, file: Any, columns: list[str] | None = None) -> Any:
        read.append(file.path)
        return real(lake, file, columns)

    monkeypatch.setattr(Lake, "table", counting)
    return read


@pytest.mark.parametrize("storage_format", ["parquet", "iceberg"])
def test_a_hundred_lines_right_after_a_cold_load_cost_a_hundred_lines(
    settings: Settings,
    collection: Collection[dict[str, Any]],
    document: Make,
    files_read: list[str],
    storage_format: str,
) -> None:
    settings = settings.model_copy(update={"storage_format": storage_format})
    ensure_indexes(collection)
    now = server_time(collection)
    collection.insert_many(
        [
            document(
                eventAt=now - timedelta(hours=number),
                ingestedAt=now - timedelta(seconds=number % 300 + 30),
            )
            for number in range(1500)
        ]
    )
    extract(settings, settings.mongo_uri, Window("incremental"))
    load(settings)
    files_read.clear()
    collection.insert_many(
        [document(eventAt=now, ingestedAt=now - timedelta(seconds=1)) for _ in range(100)]
    )
    collection.database.command("profile", 2)
    report = extract(settings, settings.mongo_uri, Window("incremental"))
    collection.database.command("profile", 0)
    assert report.documents == 100
    assert report.replaced_files == 0
    assert report.files == 2
    assert files_read == []
    done = load(settings)
    assert (done.rows_added, done.rows_deleted) == (200, 0)
    profile = collection.database["system.profile"].find({"ns": collection.full_name})
    assert sum(one.get("docsExamined", 0) for one in profile) < 250


def test_one_late_document_is_found_without_reading_files(
    settings: Settings,
    collection: Collection[dict[str, Any]],
    document: Make,
    files_read: list[str],
) -> None:
    now = server_time(collection)
    old, recent = now - timedelta(minutes=30), now - timedelta(minutes=2)
    collection.insert_many([document(eventAt=old, ingestedAt=old) for _ in range(5)])
    extract(settings, settings.mongo_uri, Window("incremental"))
    collection.insert_many([document(eventAt=now, ingestedAt=recent) for _ in range(5)])
    files_read.clear()
    # Both the five and the one are late: they lie before the mark.
    assert extract(settings, settings.mongo_uri, Window("incremental")).documents == 5
    assert files_read == []
    collection.insert_one(document(eventAt=now, ingestedAt=recent + timedelta(seconds=1)))
    extract(settings, settings.mongo_uri, Window("incremental"))
    # Only the file of those ten seconds is written again.
    assert len(set(files_read)) <= 2
