"""What comes with cca are dbt's own statements, and a home's first build needs no dbt."""

import json
from pathlib import Path

import pytest

from cca.settings import Settings
from cca.transform import prepared, recording
from cca.transform.dbt import is_manifest_current, manifest_path
from cca.transform.prepare import prepare
from cca.transform.recording import Kind
from tests.dbt.rows import build_settings

KEY = "some key"


@pytest.fixture(scope="module", autouse=True)
def _prepared() -> None:
    prepare()


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    # DuckDB names the database after what stands before the first dot.
    path = tmp_path / "my-shop.of.today.db"
    return build_settings(tmp_path, timezone="Asia/Kolkata", duckdb_path=path)


def files(settings: Settings) -> list[str]:
    return sorted(path.name for path in (settings.cca_home / "dbt").glob("recording-*"))


def test_they_are_put_into_a_home_once_for_each_key(home: Settings) -> None:
    assert prepared.put(home, KEY)
    assert files(home) == [f"recording-{name}-{KEY}.json" for name in ("full", "prepared", "some")]
    assert is_manifest_current(home)
    for kind in Kind:
        recording.forget_one(home, kind, KEY)
    assert not prepared.put(home, KEY)
    assert prepared.put(home, "another key")
    assert [name for name in files(home) if KEY in name and "another" not in name] == []


def test_they_are_not_put_where_the_user_has_other_prices(home: Settings, tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("model,input_usd_per_mtok\nm,1\n")
    assert not prepared.put(home.model_copy(update={"prices_file": prices}), KEY)


def test_those_of_another_project_are_not_put(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "version").write_text("3 another project")
    monkeypatch.setattr(prepared, "folder", lambda: tmp_path)
    assert not prepared.put(home, KEY)


def test_the_manifest_is_the_projects_and_names_the_homes_database(home: Settings) -> None:
    manifest = json.loads(prepared.manifest(home).read_bytes())
    assert prepared.manifest(home) == manifest_path(home)
    model = manifest["nodes"]["model.cca.fct_api_messages"]
    assert model["relation_name"] == '"my-shop"."marts"."fct_api_messages"'
