"""Raw tables are the difference of manifests: nothing twice, nothing left behind."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.collection import Collection

from cca.errors import SettingError, WarehouseError
from cca.extract.rebuild import rebuild_lake
from cca.extract.run import extract
from cca.extract.window import Window
from cca.gold.open import reading_gold
from cca.lake.lake import holding
from cca.load.raw import load
from cca.load.warehouse import writing
from cca.pipeline import has_news
from cca.publish.gold import publish
from cca.settings import Settings

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True, params=["parquet", "iceberg"])
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """Every test here is of both formats."""
    return settings.model_copy(update={"storage_format": request.param})


def insert(collection: Collection[dict[str, Any]], number: int, **own: Any) -> None:
    collection.insert_one(
        {
            "_id": f"{number:032x}",
            "type": "user",
            "message": {
                "role": "user",
                "content": [{"type": "text", "text": f"hi {number}"}, "yo"],
            },
            "stream": "s1",
            "generation": 0,
            "sourceOffset": number,
            "projectId": "-srv-app",
            "sessionKey": "s1",
            "sourceFile": "-srv-app/s1.jsonl",
            "host": "laptop",
            "eventAt": START + timedelta(hours=number),
            "ingestedAt": START,
            **own,
        }
    )


def rows(settings: Settings, query: str) -> list[Any]:
    with writing(settings) as warehouse:
        return warehouse.execute(query).fetchall()


def test_rows_come_once_and_keep_the_load_that_brought_them(
    settings: Settings, collection: Collection[dict[str, Any]]
) -> None:
    for number in range(3):
        insert(collection, number)
    extract(settings, settings.mongo_uri, Window("full"))
    first = load(settings)
    assert (first.rows_added, first.rows_deleted, first.load_seq) == (9, 0, 1)
    assert load(settings).load_seq == 1

    insert(collection, 3)
    extract(settings, settings.mongo_uri, Window("full"))
    load(settings)
    found = rows(
        settings,
        "select source_offset, load_seq from raw.conversations order by 1",
    )
    assert found == [(0, 1), (1, 1), (2, 1), (3, 2)]
    assert rows(
        settings, "select count(*), count(distinct (_id, block_index)) from raw.content_blocks"
    ) == [(8, 8)]


def test_deleted_documents_leave_raw(
    settings: Settings, collection: Collection[dict[str, Any]]
) -> None:
    insert(collection, 1)
    insert(collection, 2)
    extract(settings, settings.mongo_uri, Window("full"))
    load(settings)
    collection.delete_one({"sourceOffset": 1})
    extract(settings, settings.mongo_uri, Window("full"))
    load(settings)
    assert rows(settings, "select source_offset from raw.conversations") == [(2,)]


def test_full_refresh_equals_the_differences(
    settings: Settings, collection: Collection[dict[str, Any]]
) -> None:
    insert(collection, 1)
    extract(settings, settings.mongo_uri, Window("full"))
    load(settings)
    again = load(settings, full_refresh=True)
    assert again.load_seq == 2
    assert rows(settings, "select count(*) from raw.conversations") == [(1,)]


def test_publish_gives_readers_whole_files_and_remembers_the_load(
    settings: Settings, collection: Collection[dict[str, Any]]
) -> None:
    insert(collection, 1)
    extract(settings, settings.mongo_uri, Window("full"))
    assert has_news(settings, load(settings))
    with pytest.raises(WarehouseError, match="cca transform"):
        publish(settings)
    with writing(settings) as warehouse:
        warehouse.execute("create schema marts")
        warehouse.execute("insert into meta.builds select max(load_seq), now() from meta.loads")
        warehouse.execute("create table marts.fct_messages as select * from raw.conversations")
    targets = [publish(settings) for _ in range(5)]
    assert not has_news(settings, load(settings))
    assert settings.gold_path.resolve() == targets[-1]
    assert sorted(path.name for path in settings.gold_dir.glob("gold-*")) == [
        "gold-3.duckdb",
        "gold-4.duckdb",
        "gold-5.duckdb",
    ]
    with reading_gold(settings) as gold:
        assert gold.execute("select count(*) from marts.fct_messages").fetchall() == [(1,)]
    with pytest.raises(SettingError, match="STORAGE_FORMAT"):
        load(settings, storage_format="orc")


def test_several_that_publish_at_once_take_a_number_each(
    settings: Settings, collection: Collection[dict[str, Any]]
) -> None:
    settings = settings.model_copy(update={"cca_home": settings.cca_home / "it's here"})
    insert(collection, 1)
    extract(settings, settings.mongo_uri, Window("full"))
    load(settings)
    with writing(settings) as warehouse:
        warehouse.execute("create schema marts")
        warehouse.execute("create table marts.fct_messages as select * from raw.conversations")
    (settings.gold_dir).mkdir()
    (settings.gold_dir / "gold-mine.duckdb").touch()
    with ThreadPoolExecutor(3) as pool:
        targets = list(pool.map(publish, [settings] * 3))
    assert sorted(target.name for target in targets) == [f"gold-{n}.duckdb" for n in (1, 2, 3)]
    assert settings.gold_path.resolve().name == "gold-3.duckdb"


def test_gold_of_other_rules_or_in_ruins_is_no_news_to_skip(
    settings: Settings, collection: Collection[dict[str, Any]]
) -> None:
    insert(collection, 1)
    extract(settings, settings.mongo_uri, Window("full"))
    load(settings)
    with writing(settings) as warehouse:
        warehouse.execute("create schema marts")
        warehouse.execute("create table marts.fct_messages as select * from raw.conversations")
        warehouse.execute("insert into meta.builds select max(load_seq), now() from meta.loads")
    target = publish(settings)
    assert not has_news(settings, load(settings))
    assert has_news(
        settings.model_copy(update={"timezone": "Asia/Kolkata"}),
        load(settings.model_copy(update={"timezone": "Asia/Kolkata"})),
    )
    target.chmod(0o600)
    target.write_bytes(b"ruins")
    assert has_news(settings, load(settings))


@pytest.mark.parametrize("damage", ["cut", "scribbled", "gone"])
def test_a_damaged_lake_file_is_named_and_a_rebuilt_lake_loads(
    settings: Settings, collection: Collection[dict[str, Any]], damage: str
) -> None:
    insert(collection, 1)
    extract(settings, settings.mongo_uri, Window("full"))
    with holding(settings) as lake:
        file = next(one for one in lake.read().files if one.dataset == "conversations")
        path = Path(lake.store.local(file.path) or "")
    whole = path.read_bytes()
    middle = len(whole) // 4
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(whole[:-100])
    else:
        path.write_bytes(whole[:4] + bytes(middle) + whole[4 + middle :])
    with pytest.raises(WarehouseError, match=rf"{path.name} .*cca rebuild lake"):
        load(settings)
    rebuild_lake(settings, settings.mongo_uri)
    assert load(settings).rows_added == 3
