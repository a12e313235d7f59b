import os
import time
from pathlib import Path

from cca.settings import Settings
from cca.stack.airflow_upkeep import clean_logs


def write(path: Path, days: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a line\n")
    then = time.time() - days * 86_400
    os.utime(path, (then, then))
    return path


def test_old_logs_and_the_folders_they_leave_empty_are_deleted(tmp_path: Path) -> None:
    settings = Settings(cca_home=tmp_path, airflow_keep_days=10, _env_file=None)
    root = settings.logs_dir / "airflow"
    old = write(root / "dag_id=a" / "run_id=1" / "task_id=x" / "attempt=1.log", 11)
    new = write(root / "dag_id=a" / "run_id=2" / "task_id=x" / "attempt=1.log", 9)
    mixed = write(root / "dag_processor" / "2026-11-01" / "b.log", 40)
    kept = write(root / "dag_processor" / "latest.log", 0)
    just_made = root / "dag_id=a" / "run_id=3"
    just_made.mkdir()
    cleaned = clean_logs(settings)
    assert (cleaned.files, cleaned.bytes) == (2, 14)
    assert not old.parent.parent.exists()
    assert not mixed.parent.exists()
    assert new.exists()
    assert kept.exists()
    assert just_made.is_dir()


def test_without_logs_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert clean_logs(Settings(cca_home=tmp_path / "none", _env_file=None)).files == 0
