"""A transcript cannot steer the terminal, and a pipe gets every byte."""

import os
import pty
import subprocess
import sys

import pytest

from cca.settings import child_environment
from cca.sync_agent.agent import sync_once
from cca.terminal import printable

CCA = (sys.executable, "-c", "from cca.cli import main; main()")
HOSTILE = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J back\b\u202e"


def on_a_terminal(arguments, environment):
    """All that a command writes to a pseudo-terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*CCA, *arguments], stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    said = b""
    try:
        while chunk := os.read(ours, 65536):
            said += chunk
    except OSError:
        pass
    finally:
        os.close(ours)
    assert process.wait(60) is not None
    return said


def test_every_control_sign_is_replaced_and_lines_stay():
    assert (
        printable("a\tb\nc\u00e9 \U0001f469\u200d\U0001f4bb")
        == "a\tb\nc\u00e9 \U0001f469\u200d\U0001f4bb"
    )
    assert not {"\x1b", "\x07", "\x9b", "\b", "\u202e"} & set(printable(HOSTILE))


@pytest.fixture
def environment(settings):
    own = {"TERM": "xterm", "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"}
    return child_environment(settings.as_environment() | own)


@pytest.mark.parametrize(
    "command",
    [
        ["dead-letters", "list"],
        ["dead-letters", "show", "1"],
        ["dead-letters", "show", "1", "--json"],
    ],
)
def test_a_dead_letter_cannot_steer_the_terminal(settings, collection, environment, command):
    folder = settings.claude_dirs[0] / f"-srv-{HOSTILE}"
    folder.mkdir()
    (folder / "0a0a0a0a-0000-4000-8000-000000000001.jsonl").write_text(f"{{{HOSTILE}\n")
    sync_once(settings, settings.mongo_uri)
    said = on_a_terminal(command, environment)
    assert b"red" in said
    for sign in (b"\x1b]", b"\x1b[31m", b"\x07", b"\x08", "\x9b".encode(), "\u202e".encode()):
        assert sign not in said
    piped = subprocess.run(
        [*CCA, "dead-letters", "list"],
        env=environment, capture_output=True, check=True,
    )  # fmt: skip
    assert HOSTILE.encode() in piped.stdout
