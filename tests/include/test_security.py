"""A home after a day's work: whom its files are for, and where secrets went."""

import json
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from cca.settings import PROJECT_DIR, Settings
from tests.helpers import free_port

# Made up, in two parts so that no scanner objects.
KEY = "sk-" + "ant-api03-" + "plantedPlanted0123456789" * 2
TOKEN = "ghp" + "_" + "plantedPLANTED0123456789planted01234"
WORD = "hunter2-planted-pass"
SECRETS = (KEY, TOKEN, WORD)
CCA = (sys.executable, "-c", "from cca.cli import main; main()")
SESSION = "00000000-0000-4000-8000-00000000005e"
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
# The archive as written, and what is made of it for its owner: see docs/security.md.
HOLD_TEXT = ("mongo/", "lake/", "warehouse/", "search/", "buffer.db")


@dataclass(frozen=True)
class Home:
    """Where it ran, and what it said."""

    path: Path
    said: str

    @property
    def files(self) -> dict[str, Path]:
        found = (path for path in self.path.rglob("*") if path.is_file() and not path.is_symlink())
        return {path.relative_to(self.path).as_posix(): path for path in found}

    def where(self, secret: str) -> set[str]:
        return {name for name, path in self.files.items() if secret.encode() in path.read_bytes()}


def entry(number: int, role: str, content: str) -> str:
    message = {"role": role, "content": content, "id": f"msg_{number}", "model": "claude-opus-4-5"}
    return json.dumps(
        {
            "type": role,
            "uuid": f"u{number}",
            "parentUuid": f"u{number - 1}" if number else None,
            "sessionId": SESSION,
            "cwd": "/srv/a",
            "version": "2.0.0",
            "timestamp": f"2026-11-01T10:00:0{number}Z",
            "message": message,
        }
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Sync, pipeline, search, doctor; started with a mask that would let everybody read."""
    folder = tmp_path_factory.mktemp("security")
    transcript = folder / "projects" / "-srv-a" / f"{SESSION}.jsonl"
    transcript.parent.mkdir(parents=True)
    prompt = f"deploy with {KEY} and {TOKEN}, password={WORD}"
    lines = [entry(0, "user", prompt), entry(1, "assistant", f"used {KEY}"), f"broken {KEY}", ""]
    transcript.write_text("\n".join(lines))
    settings = Settings(
        cca_home=folder / "home",
        claude_dir=str(folder / "projects"),
        mongo_uri="",
        health_port=free_port(),
        _env_file=None,
    )
    environment = {**settings.as_environment(), "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    said = ""
    for command in (
        ["sync", "--once"],
        ["dead-letters", "list"],
        ["pipeline"],
        ["search", "deploy"],
        ["usage", "session"],
        ["query", "select prompt from fct_prompts"],
        ["doctor"],
    ):
        done = subprocess.run(
            [
                "sh",
                "-c",
                'umask 0; exec "$@"',
                "sh",
                *CCA,
                *command,
            ],
            cwd=PROJECT_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        said += done.stdout + done.stderr
        assert done.returncode == 0 or command == ["doctor"], said
    return Home(settings.cca_home, said)


def test_every_folder_and_file_is_for_its_owner_alone(home: Home) -> None:
    folders = [home.path, *(path for path in home.path.rglob("*") if path.is_dir())]
    open_folders = {p for p in folders if stat.S_IMODE(p.stat().st_mode) != PRIVATE_FOLDER}
    assert not open_folders
    assert {"buffer.db", "mongo/password", "logs/mongod.log"} <= home.files.keys()
    open_files = {
        name
        for name, path in home.files.items()
        if stat.S_IMODE(path.stat().st_mode) & ~PRIVATE_FILE
    }
    assert not open_files


def test_no_password_of_ours_is_in_any_other_file_or_was_printed(home: Home) -> None:
    name = "mongo/password"
    secret = home.files[name].read_text()
    assert len(secret) > 20
    assert home.where(secret) == {name}
    assert secret not in home.said


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_of_a_conversation_stay_where_conversations_are_kept(
    home: Home, secret: str
) -> None:
    """In the archive, the lake, the warehouse and the index; not in logs, gold or on the screen."""
    assert {name for name in home.where(secret) if not name.startswith(HOLD_TEXT)} == set()
    assert secret not in home.said
    assert "deploy with •••" in home.said
