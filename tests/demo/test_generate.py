"""The sample is what its truth says, the same each time, and shows every shape."""

import hashlib
import importlib.util
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cca.demo.generate import generate
from cca.demo.home import open_home
from cca.errors import SettingError

UNTIL = date(2026, 11, 21)
_spec = importlib.util.spec_from_file_location("recount", Path(__file__).with_name("recount.py"))
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
recount = _module.recount


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    out = tmp_path_factory.mktemp("sample")
    generate(out, sessions=40, seed=1, until=UNTIL)
    return out


@pytest.fixture(scope="module")
def truth(sample):
    return json.loads((sample / "truth.json").read_text())


@pytest.fixture(scope="module")
def lines(sample):
    found = {}
    for path in sorted((sample / "projects").rglob("*.jsonl")):
        raw = path.read_bytes()
        assert raw.endswith(b"\n")
        found[path.relative_to(sample / "projects").as_posix()] = [
            json.loads(x) for x in raw.split(b"\n")[:-1]
        ]
    return found


@pytest.fixture(scope="module")
def entries(lines):
    return [entry for file in lines.values() for entry in file]


def digest_of(folder):
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        generate(tmp_path / name, sessions=4, seed=seed, until=UNTIL)
    a, b, c = (digest_of(tmp_path / name) for name in "abc")
    assert a == b
    assert a != c


def test_a_sample_of_now_has_work_of_today_and_none_of_later(tmp_path):
    now = datetime(2026, 11, 30, 18, 30, tzinfo=UTC)
    generate(tmp_path, now=now)
    entries = (
        json.loads(line)
        for path in (tmp_path / "projects").rglob("*.jsonl")
        for line in path.read_text().splitlines()
    )
    last = max(entry.get("timestamp", "") for entry in entries)
    assert "2026-11-30T16:30" < last < now.strftime("%Y-%m-%dT%H:%M")
    assert "2026-11-30" in json.loads((tmp_path / "truth.json").read_text())["by_day"]


def test_file_times_are_those_of_the_sessions(tmp_path):
    generate(tmp_path, sessions=1, seed=3, until=UNTIL)
    (path,) = (tmp_path / "projects").rglob("*.jsonl")
    stamps = [json.loads(x).get("timestamp", "") for x in path.read_text().split("\n")[:-1]]
    assert datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat() == max(stamps)[:10]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_truth_equals_a_recount_of_the_lines(tmp_path, seed):
    generate(tmp_path, sessions=40, seed=seed, until=UNTIL)
    truth = json.loads((tmp_path / "truth.json").read_text())
    counted = recount(tmp_path / "projects")
    for part in counted:
        assert truth[part] == counted[part]


def test_forty_sessions_are_some_twenty_megabytes_and_more_sessions_more(sample, tmp_path):
    size = sum(p.stat().st_size for p in sample.rglob("*") if p.is_file()) / 1e6
    assert 15 < size < 26
    generate(tmp_path, sessions=80, seed=1, until=UNTIL)
    double = sum(p.stat().st_size for p in tmp_path.rglob("*") if p.is_file()) / 1e6
    assert 1.6 < double / size < 2.5


def test_an_older_sample_is_not_mixed_with_a_new_one(sample):
    with pytest.raises(SettingError, match="exists already"):
        generate(sample, sessions=1, seed=1, until=UNTIL)


def test_everything_happened_in_the_45_days_before(entries):
    stamps = [entry["timestamp"] for entry in entries if "timestamp" in entry]
    assert "2026-10-05" < min(stamps) < "2026-10-20"
    assert "2026-11-15" < max(stamps) < "2026-11-21"


def test_each_row_holds_one_block_and_rows_of_a_message_share_its_usage(entries):
    rows = {}
    for entry in entries:
        if entry["type"] == "assistant":
            assert len(entry["message"]["content"]) == 1
            rows.setdefault(entry["message"]["id"], []).append(entry)
    several = [found for found in rows.values() if len({row["uuid"] for row in found}) > 1]
    partial = [
        found for found in several if any(row["message"]["stop_reason"] is None for row in found)
    ]
    assert len(several) / len(rows) > 0.3
    assert 0.06 < len(partial) / len(rows) < 0.2
    never_final = [
        f for f in rows.values() if all(row["message"]["stop_reason"] is None for row in f)
    ]
    assert never_final
    assert all(row["isSidechain"] for found in never_final for row in found)


def test_forks_and_resumes_copy_history_under_a_new_session_id(lines):
    holders = {}
    for path, file in lines.items():
        for entry in file:
            holders.setdefault(entry.get("uuid"), {})[path] = entry
    copies = [found for uuid, found in holders.items() if uuid and len(found) > 1]
    assert len(copies) > 100
    for found in copies:
        first, second = found.values()
        assert first["sessionId"] != second["sessionId"]
        assert first.get("message") == second.get("message")
    assert any("forkedFrom" in entry for found in copies for entry in found.values())


def test_subagents_lie_in_files_of_their_own_with_a_meta_file(sample, lines):
    agents = [path for path in lines if "/subagents/agent-a" in path and "acompact" not in path]
    uses = {
        b["id"]
        for file in lines.values()
        for e in file
        if e["type"] == "assistant"
        for b in e["message"]["content"]
        if b["type"] == "tool_use"
    }
    assert len(agents) > 10
    for path in agents:
        meta = json.loads((sample / "projects" / path).with_suffix(".meta.json").read_text())
        assert meta["toolUseId"] in uses
        assert {entry["agentId"] for entry in lines[path]} == {
            Path(path).stem.removeprefix("agent-")
        }


def test_titles_change_and_change_back_and_the_last_one_is_the_truth(lines, truth):
    changed_back = 0
    for path, file in lines.items():
        names = [entry["customTitle"] for entry in file if entry["type"] == "custom-title"]
        changed_back += len(set(names)) == 2 and names[0] == names[-1]
        titles = names or [entry["aiTitle"] for entry in file if entry["type"] == "ai-title"]
        if titles:
            assert truth["titles"][Path(path).stem] == titles[-1]
    assert changed_back >= 1


SHAPES = [
    '"type":"queue-operation"', '"type":"file-history-snapshot"', '"type":"permission-mode"',
    '"type":"last-prompt"',
    '"type":"cost-state"', '"type":"summary"', '"type":"message"', '"type":"ai-title"',
    '"type":"custom-title"',
    '"type":"progress"', '"type":"agent_progress"', '"subtype":"turn_duration"',
    '"subtype":"compact_boundary"',
    '"subtype":"api_error"', '"isCompactSummary":true', '"model":"<synthetic>"', '"isMeta":true',
    '"type":"thinking"', '"type":"image"', '"type":"queued_command"',
    '"type":"hook_success"', '"web_search_requests":1', '"searchCount":', '"structuredPatch":',
    '"is_error":true', "<tool_use_error>",
    "Exit code 1\\n", "The user doesn't want to proceed", "[Request interrupted by user]",
    "[Request interrupted by user for tool use]", "<command-name>/model</command-name>",
    "<command-message>review",
    "<local-command-stdout>", "<task-notification>", "<persisted-output>", '"forkedFrom":',
    '"async_launched"',
    "食べる", "🎉", "Größe", "Küchenplaner", "导入",
    *(f'"name":"{tool}"' for tool in (
        "Read", "Edit", "Write", "Bash", "Grep", "Glob", "WebSearch", "Task", "Agent",
        "TodoWrite", "Skill", "ExitPlanMode", "AskUserQuestion",
    )),
    '"name":"mcp__', *(f'"model":"{model}"' for model in (
        "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-4-8",
        "claude-haiku-4-5-20251001",
    )),
]  # fmt: skip


@pytest.fixture(scope="module")
def text(sample):
    return "".join(path.read_text() for path in (sample / "projects").rglob("*.jsonl"))


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_occurs(text, shape):
    assert shape in text


def test_there_are_long_and_very_long_outputs(entries):
    sizes = [len(json.dumps(entry.get("message"))) for entry in entries if entry["type"] == "user"]
    assert sum(size > 100_000 for size in sizes) >= 3
    assert max(sizes) > 1_000_000


def test_both_places_of_older_logs_occur(lines, truth):
    older = [path for path in lines if path.endswith("/conversations.jsonl")]
    assert any(path.split("/")[1] in truth["sessions"] for path in older)
    assert any(f"{{host}}/{path.removesuffix('.jsonl')}" in truth["sessions"] for path in older)


def test_a_demo_takes_the_ports_that_the_environment_names_and_keeps_them(tmp_path, monkeypatch):
    for name in ("AIRFLOW_PORT", "HEALTH_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BROWSER_PORT", "4567")
    first = open_home(tmp_path / "demo")
    assert first.browser_port == 4567
    monkeypatch.delenv("BROWSER_PORT")
    again = open_home(tmp_path / "demo")
    kept = ("browser_port", "airflow_port", "health_port")
    assert [getattr(again, name) for name in kept] == [getattr(first, name) for name in kept]
