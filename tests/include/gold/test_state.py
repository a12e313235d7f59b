"""One file remembers what gold is; what cca 0.1 remembered elsewhere moves into it once."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cca.errors import WarehouseError
from cca.gold import state
from cca.gold.state import Published
from cca.lake import manifest
from cca.lake.manifest import Manifest
from cca.settings import Settings

MARK = datetime(2026, 11, 1, 12, 30, 0, 123000, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return Settings(cca_home=tmp_path, _env_file=None)


def old_manifest(home: Settings, storage_format: str, **published: Any) -> None:
    values = {
        "files": [], "extracted": MARK.isoformat(), "version": 1, "published": None,
        "published_load": 0, "published_rules": "", **published,
    }  # fmt: skip
    home.lake_dir.mkdir(exist_ok=True)
    (home.lake_dir / f"{storage_format}-manifest.json").write_text(json.dumps(values))


def test_changes_are_kept_and_the_rest_stays(home: Settings) -> None:
    assert state.read(home) == Published()
    state.update(home, load_seq=3, high_water_mark=MARK, published_at=MARK)
    state.update(home, postgres_copy="gold-1.duckdb abc")
    expected = Published(3, MARK, published_at=MARK, postgres_copy="gold-1.duckdb abc")
    assert state.read(home) == expected


def test_the_state_of_version_0_1_moves_before_the_lake_forgets_it(home: Settings) -> None:
    old_manifest(home, "iceberg", published=MARK.isoformat(), published_load=2)
    old_manifest(home, "parquet", published=MARK.isoformat(), published_load=7, published_rules="r")
    home.gold_dir.mkdir()
    (home.gold_dir / "in-postgres").write_text("gold-2.duckdb abc")
    expected = Published(7, MARK, "r", postgres_copy="gold-2.duckdb abc")
    assert state.read(home) == expected
    state.move_from_version_0_1(home)
    manifest.write(home, "parquet", Manifest())
    assert state.read(home) == expected
    iceberg = home.model_copy(update={"storage_format": "iceberg"})
    assert state.read(iceberg) == expected


def test_a_home_without_a_publish_gets_no_state(home: Settings) -> None:
    old_manifest(home, "parquet")
    state.move_from_version_0_1(home)
    assert not state.state_path(home).exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1, "load_seq": 3}'])
def test_a_damaged_file_is_named_with_the_way_out(home: Settings, text: str) -> None:
    home.gold_dir.mkdir()
    state.state_path(home).write_text(text)
    with pytest.raises(WarehouseError, match=r"state\.json is damaged"):
        state.read(home)


def test_a_file_of_a_newer_version_is_not_touched(home: Settings) -> None:
    home.gold_dir.mkdir()
    state.state_path(home).write_text('{"version": 99}')
    with pytest.raises(WarehouseError, match="newer cca"):
        state.update(home, load_seq=1)
    assert state.state_path(home).read_text() == '{"version": 99}'
