import duckdb

from cca.masking import MASK
from cca.publish import masking
from cca.transform import dictionary

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
    assert all(f"| `{name}` | varchar |" in page for name in masking.TEXTS)
