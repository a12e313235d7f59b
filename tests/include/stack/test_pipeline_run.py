"""What `cca up` publishes after the parts answer."""

from pathlib import Path

import duckdb
import pytest

from cca.errors import ServiceDown
from cca.gold import state
from cca.settings import Settings
from cca.stack.pipeline_run import publish_newest_here
from cca.transform.dbt import code_version


def test_gold_of_another_version_is_built_again_though_nothing_is_new(tmp_path: Path) -> None:
    """Without a MongoDB the run fails, which shows that it was begun."""
    home = Settings(
        cca_home=tmp_path, claude_dir=str(tmp_path), mongo_uri="mongodb://127.0.0.1:9",
        _env_file=None,
    )  # fmt: skip
    home.gold_dir.mkdir(parents=True)
    duckdb.connect(str(home.gold_path)).close()
    state.update(home, code_version=code_version(home))
    assert not publish_newest_here(home, lambda _: None)
    state.update(home, code_version="that of another version")
    with pytest.raises(ServiceDown, match="does not answer"):
        publish_newest_here(home, lambda _: None)
