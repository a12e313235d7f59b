"""The manifest says what is live; one that cca 0.1 wrote is read as it is."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cca.errors import SettingError, WarehouseError
from cca.lake import manifest
from cca.lake.manifest import Coverage, LakeFile, Manifest
from cca.settings import Settings

MARK = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
PATH = "conversations/date=2026-11-01/a.parquet"
FILE = LakeFile(PATH, "conversations", "2026-11-01", 3, *"abcd")


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return Settings(cca_home=tmp_path, _env_file=None)


def test_what_is_written_is_read(home: Settings) -> None:
    for written in (Manifest(), Manifest((FILE,)), Manifest((FILE,), Coverage(MARK, 2))):
        manifest.write(home, "parquet", written)
        assert manifest.read(home, "parquet") == written
    assert manifest.read(home, "iceberg") == Manifest()


def test_a_manifest_of_version_0_1_has_files_and_mark_and_no_transcript_rules(
    home: Settings,
) -> None:
    home.lake_dir.mkdir()
    values = {
        "files": [vars(FILE)], "extracted": MARK.isoformat(), "published": None,
        "published_load": 4, "published_rules": "x", "version": 1,
    }  # fmt: skip
    manifest.manifest_path(home, "parquet").write_text(json.dumps(values))
    assert manifest.read(home, "parquet") == Manifest((FILE,), Coverage(MARK, 0))


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2}', '{"version": 2, "files": [{}]}'])
def test_a_damaged_manifest_is_named_with_the_way_out(home: Settings, text: str) -> None:
    home.lake_dir.mkdir()
    manifest.manifest_path(home, "parquet").write_text(text)
    with pytest.raises(WarehouseError, match="cca rebuild lake"):
        manifest.read(home, "parquet")


def test_only_formats_that_exist_are_taken(home: Settings) -> None:
    assert manifest.with_format(home, None).storage_format == "parquet"
    assert manifest.with_format(home, "iceberg").storage_format == "iceberg"
    with pytest.raises(SettingError, match="orc is no storage format"):
        manifest.with_format(home, "orc")
