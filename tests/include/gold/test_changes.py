from pathlib import Path

import duckdb

from cca.gold.changes import TableChange, changes


def gold(path: Path, *statements: str) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        for statement in statements:
            connection.execute(statement)
    return path


def test_only_tables_with_other_rows_are_changed_whatever_their_order(tmp_path: Path) -> None:
    older = gold(
        tmp_path / "gold-1.duckdb",
        "create table marts.same as from (values (1, 'a'), (2, null)) t(n, text)",
        "create table marts.edited as select 1 as n",
        "create table marts.longer as select 1 as n",
        "create table marts.gone as select 1 as n",
    )
    newer = gold(
        tmp_path / "gold-2.duckdb",
        "create table marts.same as from (values (2, null), (1, 'a')) t(n, text)",
        "create table marts.edited as select 2 as n",
        "create table marts.longer as from (values (1), (1), (1)) t(n)",
        "create table marts.added (n integer)",
    )
    assert changes(older, newer) == {
        "added": TableChange(0, is_changed=True),
        "edited": TableChange(1, is_changed=True),
        "longer": TableChange(3, is_changed=True),
        "same": TableChange(2, is_changed=False),
    }
    assert all(each.is_changed for each in changes(None, newer).values())
