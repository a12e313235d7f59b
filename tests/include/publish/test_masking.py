import duckdb

from cca.masking import MASK
from cca.publish import masking
from cca.transform import dictionary

SECRET = "sk-" + "ant-api03-" + "aB3_-x" * 12


def test_texts_are_masked_and_all_else_is_copied_as_it_is():
    with duckdb.connect() as connection:
        masking.install(connection)
        connection.execute("create table t (id varchar, prompt varchar, title varchar, n integer)")
        connection.execute("insert into t values (?, ?, null, 1)", [SECRET, f"use {SECRET} please"])
        rows = connection.execute(masking.selection(connection, "t")).fetchall()
        assert rows == [(SECRET, f"use {MASK} please", None, 1)]
        names = [column[0] for column in connection.description]
        assert names == ["id", "prompt", "title", "n"]


def test_a_table_without_texts_is_copied_whole():
    with duckdb.connect() as connection:
        connection.execute("create table t as select 1 as n, ['x'] as title")
        assert masking.selection(connection, "t") == "select * from t"


def test_the_named_columns_are_in_gold():
    """A column that was renamed would leave unmasked."""
    (page,) = dictionary.files().values()
    assert all(f"| `{name}` | varchar |" in page for name in masking.TEXTS)
