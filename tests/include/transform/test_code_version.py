"""The code version changes with every rule, and with nothing else."""

from pathlib import Path

from cca.transform.code_version import code_version_of, project_version


def version(project: Path) -> str:
    project_version.cache_clear()
    return project_version(project)


def test_a_rule_changes_it_and_white_space_and_what_dbt_writes_do_not(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    model = tmp_path / "models" / "a.sql"
    model.write_text("select 1 as one\n")
    before = version(tmp_path)
    model.write_text("select 1\n    as one")
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "manifest.json").write_text("{}")
    (tmp_path / "prepared").mkdir()
    (tmp_path / "prepared" / "full.json").write_text("{}")
    assert version(tmp_path) == before
    model.write_text("select 2 as one")
    changed = version(tmp_path)
    model.rename(tmp_path / "models" / "b.sql")
    assert len({before, changed, version(tmp_path)}) == 3


def test_prices_and_time_zone_change_it(tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv"
    without = code_version_of("p", "UTC", [prices, None])
    prices.write_text("model\n")
    others = [
        code_version_of("p", "UTC", [prices]),
        code_version_of("p", "Asia/Kolkata", [None]),
        code_version_of("q", "UTC", []),
    ]
    assert code_version_of("p", "UTC", []) == without
    assert len({without, *others}) == 4
