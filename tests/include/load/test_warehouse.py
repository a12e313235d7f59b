"""The file of the warehouse."""

from pathlib import Path

import duckdb
import pytest

from cca.errors import SettingError
from cca.load.warehouse import delete
from cca.pipeline import rebuild_warehouse
from cca.settings import Settings


def test_a_file_that_no_duckdb_wrote_is_never_deleted(tmp_path: Path) -> None:
    """DUCKDB_PATH may name anything."""
    letters = tmp_path / "letters.txt"
    letters.write_text("Dear Ada,")
    settings = Settings(cca_home=tmp_path / "home", duckdb_path=letters, _env_file=None)
    with pytest.raises(SettingError, match="DUCKDB_PATH"):
        rebuild_warehouse(settings)
    assert letters.read_text() == "Dear Ada,"
    letters.unlink()
    duckdb.connect(str(letters)).close()
    delete(settings)
    assert not letters.exists()
