from pathlib import Path
from shutil import copytree

import duckdb
import pytest

from cca.masking import MASK, columns
from cca.publish import masking
from cca.settings import Settings
from cca.transform import dbt, dictionary

SECRET = "sk-" + "ant-api03-" + "aB3_-x" * 12


def test_texts_are_masked_and_all_else_is_copied_as_it_is():
    with duckdb.connect() as connection:
        connection.execute("create table t (id varchar, prompt varchar, title varchar, n integer)")
        said = [f"use {SECRET} please", "a plain one", f"it's\0 caf\u00e9 {SECRET}"]
        for number, prompt in enumerate(said):
            connection.execute("insert into t values (?, ?, null, ?)", [SECRET, prompt, number])
        rows = connection.execute(masking.selection(connection, "t") + " order by n").fetchall()
        shown = [f"use {MASK} please", "a plain one", f"it's\0 caf\u00e9 {MASK}"]
        assert rows == [(SECRET, prompt, None, number) for number, prompt in enumerate(shown)]
        names = [column[0] for column in connection.description]
        assert names == ["id", "prompt", "title", "n"]


def test_a_table_without_texts_is_copied_whole():
    with duckdb.connect() as connection:
        connection.execute("create table t as select 1 as n, ['x'] as title")
        assert masking.selection(connection, "t") == "select * from t"


def test_the_named_columns_are_in_gold():
    """A column that was renamed would leave unmasked."""
    (page,) = dictionary.files().values()
    assert all(f"| `{name}` | varchar |" in page for name in columns.TEXTS)


def test_another_column_to_mask_is_other_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gold of an earlier version holds that column as it was written."""
    settings = Settings(cca_home=tmp_path, _env_file=None)
    before = dbt.code_version(settings)
    (copied,) = copytree(dbt._MASKING_DIR, tmp_path / "masking").glob("columns.py")
    copied.write_text(copied.read_text().replace('{"title"', '{"answer", "title"'))
    monkeypatch.setattr(dbt, "_MASKING_DIR", copied.parent)
    assert dbt.code_version(settings) != before
