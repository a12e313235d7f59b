"""Settings: one reader of the environment, documented from its own fields."""

import subprocess
import sys
from pathlib import Path

import pytest

from cca.errors import SettingError
from cca.load.warehouse import writing
from cca.mongo import archive
from cca.settings import SECTIONS, Settings, child_environment, get_settings
from cca.settings.docs import files


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_generated_files_are_up_to_date(path: Path) -> None:
    assert path.read_text() == files()[path], "run `make docs`"


def test_several_transcript_folders_and_claude_config_dir(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    (config / "projects").mkdir(parents=True)
    monkeypatch.delenv("CLAUDE_DIR", raising=False)
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", f"{config}, {tmp_path / 'more'}")
    found = Settings(_env_file=None).claude_dirs
    assert found == [config / "projects", tmp_path / "more" / "projects"]


def test_what_lies_above_projects_is_never_a_root(tmp_path: Path) -> None:
    own = tmp_path / "config"
    own.mkdir()
    (own / "history.jsonl").write_text("{}")
    backup = tmp_path / "backup"
    (backup / "laptop" / "projects" / "-srv-app").mkdir(parents=True)
    plain = tmp_path / "plain"
    (plain / "-srv-app").mkdir(parents=True)
    folders = f"{own},{backup},{plain},{tmp_path / 'absent'}"
    settings = Settings(claude_dir=folders, _env_file=None)
    assert settings.claude_dirs == [
        own / "projects", backup / "laptop" / "projects", plain, tmp_path / "absent",
    ]  # fmt: skip
    (remark,) = settings.claude_dir_remarks
    assert str(backup) in remark
    assert str(backup / "laptop" / "projects") in remark


def test_both_default_folders_are_read_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CLAUDE_DIR", "CLAUDE_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    first, second = tmp_path / ".claude" / "projects", tmp_path / ".config" / "claude" / "projects"
    settings = Settings(_env_file=None)
    assert settings.claude_dirs == [first]
    second.mkdir(parents=True)
    assert settings.claude_dirs == [second]
    first.mkdir(parents=True)
    assert settings.claude_dirs == [first, second]


def test_wrong_value_is_named_with_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER_PORT", "many")
    get_settings.cache_clear()
    with pytest.raises(SettingError, match=r"BROWSER_PORT.*many"):
        get_settings()
    get_settings.cache_clear()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CCA_HOME", "~nobody-here/cca", "no user nobody-here"),
        ("CLAUDE_DIR", "/srv,~nobody-here/projects", "no user nobody-here"),
        ("ICEBERG_WAREHOUSE_PATH", "~nobody-here/lake", "no user nobody-here"),
        ("TIMEZONE", "a" * 5000, "no time zone"),
        ("MONGO_DB", "a" * 64, "63 characters"),
        ("MONGO_COLLECTION", "a..b", "match pattern"),
    ],
)
def test_what_only_fails_when_it_is_used_is_named_before(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    with pytest.raises(SettingError, match=rf"^{name}: .*{said}.*it is set in the environment$"):
        get_settings()
    get_settings.cache_clear()


def test_a_message_names_the_file_of_a_wrong_value_and_a_file_that_is_no_text(
    tmp_path: Path,
) -> None:
    """In a process of its own: the file is chosen when the settings are imported."""

    def said(content: bytes) -> str:
        (tmp_path / "own.env").write_bytes(content)
        ran = subprocess.run(
            [sys.executable, "-m", "cca", "usage", "daily"], capture_output=True, text=True,
            env=child_environment({"CCA_ENV_FILE": str(tmp_path / "own.env"), "TIMEZONE": ""}),
            check=False,
        )  # fmt: skip
        assert ran.returncode == 1
        return ran.stderr

    assert f"it is set in {tmp_path / 'own.env'}" in said(b"TIMEZONE=Mars\n")
    assert "no text in UTF-8" in said(b"\xff\xfeTIMEZONE=UTC\n")


def test_the_archive_is_no_collection_of_another_purpose() -> None:
    for name in ("sessions", "fs.files", "system.views"):
        settings = Settings(mongo_collection=name, _env_file=None)
        with (
            archive.connect("mongodb://127.0.0.1:9") as client,
            pytest.raises(SettingError, match="MONGO_COLLECTION"),
        ):
            archive.conversations(client, settings)


def test_child_reads_the_same_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = Settings(
        cca_home=tmp_path, claude_dir=str(tmp_path), timezone="Asia/Tokyo", mongo_uri=""
    )
    monkeypatch.setenv("MONGO_URI", "mongodb://elsewhere")
    for name, value in parent.as_environment().items():
        monkeypatch.setenv(name, value)
    assert Settings(_env_file=None) == parent


def test_unknown_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Settings(timezone="Mars/Base", _env_file=None)


def test_every_setting_belongs_to_one_section() -> None:
    own = [name for section in SECTIONS for name in section.__annotations__]
    assert sorted(name for name in own if name != "model_config") == sorted(Settings.model_fields)


@pytest.mark.parametrize(
    "name", ["temp.db", "Main.duckdb", ".raw.db", "marts.v2.db", "information_schema.db", 'a"b.db']
)
def test_a_warehouse_that_duckdb_would_take_for_another_is_refused(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(ValueError, match="name the file otherwise"):
        Settings(duckdb_path=tmp_path / name, _env_file=None)


@pytest.mark.parametrize("sign", ["#", "?"])
def test_folders_that_duckdb_or_dbt_cannot_open_are_named_with_their_setting(
    tmp_path: Path, sign: str
) -> None:
    home = Settings(cca_home=tmp_path / f"a{sign}b", _env_file=None)
    with pytest.raises(SettingError, match=rf"CCA_HOME: .*without \{sign}"):
        home.require_usable_paths()
    apart = Settings(cca_home=tmp_path, duckdb_path=tmp_path / f"a{sign}b" / "w.db", _env_file=None)
    with pytest.raises(SettingError, match=rf"DUCKDB_PATH: .*without \{sign}"), writing(apart):
        pass


@pytest.mark.parametrize(
    "folder", ["O'Brien", 'd"q', "a;b", "br[ack]et*", "{{ brace }}", "日本 x", "5%"]
)
def test_other_signs_are_good_enough_for_a_home(tmp_path: Path, folder: str) -> None:
    settings = Settings(cca_home=tmp_path / folder, _env_file=None)
    with writing(settings) as warehouse:
        warehouse.execute("create table t as select 1 as n")
    assert settings.warehouse_path.exists()


def test_a_misspelt_name_in_env_is_named_with_the_nearest_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    own = tmp_path / ".env"
    own.write_text(
        "MONGO_URL=mongodb://h/\nclaude_dirs=/x\nCCA_HOST=h\ntimezone=UTC\n"
        # Another program's, and one that the compose file reads.
        "GREETING=hello\nBROWSER_USER=ada\n"
    )
    monkeypatch.setenv("CCA_ENV_FILE", str(own))
    get_settings.cache_clear()
    get_settings()
    get_settings.cache_clear()
    said = [record.getMessage().removeprefix(f"{own}: ") for record in caplog.records]
    assert said == [
        "MONGO_URL is no setting and does nothing; did you mean MONGO_URI?",
        "claude_dirs is no setting and does nothing; did you mean CLAUDE_DIR?",
    ]
