"""The command as Claude Code starts it: light, one line, never a failure."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cca.home import SPOOL_NAME
from cca.settings import PROJECT_DIR
from tests.include.statusline.conftest import SESSION

HEAVY = {
    "pydantic",
    "pydantic_settings",
    "duckdb",
    "click",
    "pymongo",
    "dataclasses",
    "cca.settings",
}


def test_a_line_loads_nothing_heavy(payload, tmp_path):
    program = (
        f"import sys; sys.argv = ['cca', 'statusline', '--home', {str(tmp_path)!r}];"
        "before = set(sys.modules); from cca.__main__ import main; main();"
        f"print(sorted({HEAVY!r} & (set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT_DIR, input=json.dumps(payload()).encode(),
        capture_output=True, check=True,
    )  # fmt: skip
    line, heavy = done.stdout.decode().splitlines()
    assert line.startswith("Opus 5.5 | 42% context | $1.23 session | 5 h: 41%, resets in ")
    assert heavy == "[]"


@pytest.mark.parametrize(
    "stdin",
    [
        b"", b"\n", b"{", b"[]", b"null", b"3", b"\xff\xfe\x00", b'{"session_id": 3}',
        b'{"model": [], "cost": {"total_cost_usd": "1"}, "rate_limits": {"five_hour": 3}}',
        b'{"rate_limits": {"five_hour": {"used_percentage": NaN, "resets_at": 1e400}}}',
        b'{"rate_limits": {"five_hour": {"used_percentage": 1e999, "resets_at": true}}}',
        b"[" * 100_000, b'{"model": {"display_name": "\\ud83d \\u001b[2J\\nx"}}',
    ],
)  # fmt: skip
def test_odd_input_gives_one_short_line_and_no_failure(run, stdin):
    done = run(stdin)
    assert done.returncode == 0
    assert done.stderr == b""
    assert done.stdout.count(b"\n") == 1
    assert len(done.stdout) < 200
    assert b"\x1b" not in done.stdout


def test_without_input_the_line_says_what_it_reads_and_where_its_setup_stands(run):
    shown = run(b"").stdout.decode()
    assert "no JSON of Claude Code on standard input" in shown
    assert shown.endswith("`cca statusline --setup`, docs/limits.md)\n")


def test_a_home_that_cannot_be_written_costs_the_record_and_not_the_line(run, payload, tmp_path):
    (tmp_path / SPOOL_NAME).write_text("a file where the folder should be")
    done = run(payload())
    assert done.returncode == 0
    assert done.stdout.startswith(b"Opus 5.5 | 42% context")


def test_a_template_chooses_the_parts(run, payload):
    done = run(payload(seven_day=None), "--template", "{session} | wk {week} | {model}")
    assert done.stdout == b"$1.23 | Opus 5.5\n"
    wrong = run(payload(), "--template={nothing}")
    assert (wrong.returncode, wrong.stdout.count(b"\n")) == (0, 1)
    assert b"no field {nothing}; there are model, context" in wrong.stdout


def test_the_line_for_settings_starts_the_same_command(run, payload, tmp_path):
    printed = run(b"", "--setup", "--template", "{model}!").stdout.decode()
    setting = json.loads("{" + printed.strip() + "}")["statusLine"]
    assert setting["type"] == "command"
    program, *words = setting["command"].split(" ", 1)
    assert Path(program).name == "cca"
    assert words == [f"statusline --home {tmp_path} --template '{{model}}!'"]
    assert not (tmp_path / SPOOL_NAME).exists()


def test_what_changed_is_recorded_for_its_owner_alone(run, payload, tmp_path):
    for _ in range(2):
        run(payload())
    run(payload(five_hour=(42.0, 4_000_000_000)))
    (file,) = (tmp_path / SPOOL_NAME).glob("limits-*.jsonl")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["fiveHour"]["usedPercentage"] for line in lines] == [41.0, 42.0]
    assert {line["sessionId"] for line in lines} == {SESSION}
    assert lines[0]["cwd"] == "/home/ada/atlas"
    assert file.stat().st_mode & 0o777 == 0o600
