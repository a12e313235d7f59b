from pathlib import Path

import pytest

from cca.errors import NotFound
from cca.settings import Settings
from cca.stack import log_files, sources


def home(tmp_path: Path) -> Settings:
    return Settings(cca_home=tmp_path, claude_dir=str(tmp_path / "projects"), _env_file=None)


def test_a_part_shows_the_logs_of_all_its_programs(tmp_path: Path):
    settings = home(tmp_path)
    settings.logs_dir.mkdir()
    for name in ("airflow-scheduler", "airflow-triggerer", "sync"):
        (settings.logs_dir / f"{name}.log").write_text(f"first\n{name} last\n")
    found = log_files.find(settings, "airflow")
    assert [path.stem for path in found] == ["airflow-scheduler", "airflow-triggerer"]
    assert "airflow-scheduler last" in list(log_files.show(found, 1, follow=False))
    assert list(log_files.show(log_files.find(settings, "sync"), 1, follow=False)) == ["sync last"]


def test_an_unknown_log_names_those_there_are(tmp_path: Path):
    settings = home(tmp_path)
    settings.logs_dir.mkdir()
    (settings.logs_dir / "sync.log").touch()
    with pytest.raises(NotFound, match="sync"):
        log_files.find(settings, "nonsense")


def test_new_lines_are_followed_whole_also_after_a_rotation(tmp_path: Path):
    path = tmp_path / "sync.log"
    path.write_text("old\n")
    lines = log_files.show([path], 10, follow=True)
    assert next(lines) == "old"
    with path.open("a") as file:
        file.write("new\nhalf")
    assert next(lines) == "new"
    path.write_text("rot\n")
    assert next(lines) == "rot"


def test_a_missing_folder_differs_from_an_empty_one(tmp_path: Path):
    settings = home(tmp_path)
    assert "does not exist" in sources.remarks(settings)[0]
    assert "CLAUDE_DIR" in sources.remarks(settings)[0]
    (tmp_path / "projects" / "p").mkdir(parents=True)
    assert "no transcripts yet" in sources.remarks(settings)[0]
    (tmp_path / "projects" / "p" / "a.jsonl").touch()
    assert sources.remarks(settings) == []
