"""Whatever a document holds, its neighbours keep their values and nothing aborts."""

import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from gridfs import GridFSBucket
from pymongo.collection import Collection

from cca.extract.run import extract
from cca.extract.window import Window
from cca.lake.lake import holding
from cca.load.raw import load
from cca.load.warehouse import writing
from cca.records import DATASETS
from cca.settings import Settings

Make = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True, params=["parquet", "iceberg"])
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """Every test here is of both formats."""
    return settings.model_copy(update={"storage_format": request.param})


def rows(settings: Settings, dataset: str = "conversations") -> list[dict[str, Any]]:
    with holding(settings) as lake:
        files = [file for file in lake.read().files if file.dataset == dataset]
        tables = [lake.table(file) for file in files]
    return sorted(
        (row for table in tables for row in table.to_pylist()), key=lambda row: row["_id"]
    )


def test_new_fields_changed_types_and_nulls_stay_in_the_json_and_harm_no_other_row(
    settings: Settings, collection: Collection[dict[str, Any]], document: Make
) -> None:
    usage = {"input_tokens": 7, "output_tokens": 2**29, "service_tier": "standard"}
    sound = {
        "type": "assistant", "uuid": "u1", "cwd": "/srv", "isMeta": True, "apiBlockIndex": 3,
        "message": {"role": "assistant", "id": "m1", "usage": usage, "content": [
            {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"path": "/x"}},
            {"type": "tool_result", "tool_use_id": "t1", "is_error": True, "content": "no"},
        ]},
    }  # fmt: skip
    odd_usage = {"input_tokens": "7", "output_tokens": 5.5, "service_tier": 1, "iterations": [1]}
    odd = {
        "type": 5, "uuid": {"a": 1}, "cwd": None, "isMeta": "yes", "apiBlockIndex": 2**40,
        "brandNew": {"deep": [1, None]}, "parentUuid": True, "timestamp": [],
        "message": {"role": 3, "id": 9, "usage": odd_usage, "content": [
            {"type": "tool_use", "id": 1, "name": ["x"], "input": None},
            {"type": "tool_result", "tool_use_id": None, "is_error": "no", "content": {"a": 1}},
            {"type": None}, 5, None,
        ]},
    }  # fmt: skip
    collection.insert_many([document(sound), document(odd), document(sound)])
    report = extract(settings, settings.mongo_uri, Window("full"))
    assert (report.documents, report.rejects, report.blocks) == (3, 0, 9)
    first, second, third = rows(settings)
    assert {key: first[key] for key in ("uuid", "cwd", "is_meta", "api_block_index")} == {
        "uuid": "u1", "cwd": "/srv", "is_meta": True, "api_block_index": 3,
    }  # fmt: skip
    assert (first["input_tokens"], first["output_tokens"], first["message_id"]) == (7, 2**29, "m1")
    assert {key: value for key, value in third.items() if key not in ("_id", "source_offset")} == {
        key: value for key, value in first.items() if key not in ("_id", "source_offset")
    }
    for name in ("type", "uuid", "cwd", "parent_uuid", "timestamp", "api_block_index", "role"):
        assert second[name] is None, name
    # Some gateways write counts as text.
    assert second["input_tokens"] == 7
    assert (second["output_tokens"], second["service_tier"]) == (None, None)
    assert second["is_usage_final"] is True
    assert json.loads(second["rest_json"]) == {
        "entry": {name: value for name, value in odd.items() if name != "message"},
        "message": odd["message"],
    }
    blocks = [row for row in rows(settings, "content_blocks") if row["_id"] == second["_id"]]
    assert [block["kind"] for block in blocks] == [
        "tool_use", "tool_result", "unknown", "unknown", "unknown",
    ]  # fmt: skip
    assert [block["is_error"] for block in blocks] == [None] * 5
    kept = [row for row in rows(settings, "content_blocks") if row["_id"] == first["_id"]]
    assert [(row["tool_use_id"], row["is_error"]) for row in kept] == [("t1", None), ("t1", True)]


def test_a_line_in_gridfs_has_its_text_and_a_missing_one_is_a_reject(
    settings: Settings, collection: Collection[dict[str, Any]], document: Make
) -> None:
    entry = {"type": "user", "uuid": "big", "message": {"role": "user", "content": "long story"}}
    GridFSBucket(collection.database).upload_from_stream_with_id(
        "big", "big", json.dumps(entry).encode()
    )
    collection.insert_many(
        [document({"type": "user"}, rawFile="big"), document({"type": "user"}, rawFile="gone")]
    )
    report = extract(settings, settings.mongo_uri, Window("full"))
    assert (report.documents, report.rejects) == (1, 1)
    (row,) = rows(settings)
    assert row["text"] == "long story"
    assert json.loads(row["rest_json"]) == {
        "entry": {}, "message": {"role": "user"}, "content": "text",
    }  # fmt: skip
    (reject,) = rows(settings, "rejects")
    assert "gone is not in GridFS" in reject["reason"]


def test_a_new_column_appears_without_rewriting_a_file(
    settings: Settings,
    collection: Collection[dict[str, Any]],
    document: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    collection.insert_many([document({"type": "user"}, rawFile="gone"), document()])
    extract(settings, settings.mongo_uri, Window("full"))
    load(settings)
    with holding(settings) as lake:
        before = lake.read().files
    wider = DATASETS["rejects"].append(pa.field("severity", pa.string(), metadata={"doc": "New."}))
    monkeypatch.setitem(DATASETS, "rejects", wider)
    assert load(settings).rows_added == 0
    with holding(settings) as lake:
        assert lake.read().files == before
    assert [row["severity"] for row in rows(settings, "rejects")] == [None]
    with writing(settings) as warehouse:
        found = warehouse.execute("select _id, severity from raw.rejects").fetchall()
    assert [severity for _, severity in found] == [None]
    assert load(settings, full_refresh=True).rows_added == 3
