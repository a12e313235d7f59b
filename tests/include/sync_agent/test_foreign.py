"""What is a transcript: foreign files are not read, copies are read into their session."""

import json
import shutil

import pytest

from cca.follow.agent import catch_up
from cca.sync_agent.agent import sync_once

SESSION = "7adf1b6a-8ada-4103-be5c-3acc13ffe3d0"


def entry(number, **own):
    return {
        "type": "user", "uuid": f"u{number}", "sessionId": SESSION,
        "timestamp": f"2026-10-05T09:00:0{number}Z", "cwd": "/srv/app",
        "message": {"role": "user", "content": f"prompt {number}"}, **own,
    }  # fmt: skip


def write(path, *values):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(value) + "\n" for value in values))


def listed(collection, settings):
    catch_up(settings, settings.mongo_uri)
    return sorted(row["_id"] for row in collection.database["sessions"].find())


COPIES = [
    f"{SESSION} (1).jsonl",
    f"{SESSION}.sync-conflict-20261005-090000-ABCDEFG.jsonl",
    f"{SESSION} (laptop's conflicted copy 2026-10-05).jsonl",
    f"{SESSION}-LAPTOP.jsonl",
    f"{SESSION} copy 2.jsonl",
    f"Copy of {SESSION}.jsonl",
    f"old/{SESSION}.jsonl",
    f"archive/2026/{SESSION} (2).jsonl",
]


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_its_session_and_adds_only_what_the_original_lacks(name, settings, collection):
    project = settings.claude_dirs[0] / "-srv-app"
    write(project / f"{SESSION}.jsonl", entry(1), entry(2))
    write(project / name, entry(1), entry(2), entry(3))
    sync_once(settings, settings.mongo_uri)
    assert sorted(one["uuid"] for one in collection.find()) == ["u1", "u2", "u3"]
    assert collection.distinct("stream") == [SESSION]
    assert listed(collection, settings) == [SESSION]


@pytest.mark.parametrize("mark", [" (1)", ".sync-conflict-20261005-090000-ABCDEFG", " copy"])
def test_a_copy_of_a_subagent_is_that_subagent(mark, settings, collection):
    folder = settings.claude_dirs[0] / "-srv-app" / SESSION / "subagents"
    for name in ("agent-a1b2", f"agent-a1b2{mark}"):
        write(folder / f"{name}.jsonl", entry(1, isSidechain=True, agentId="a1b2"))
    sync_once(settings, settings.mongo_uri)
    assert [one["stream"] for one in collection.find()] == [f"{SESSION}/agent-a1b2"]


FOREIGN = {
    "hook-log.jsonl": {"event": "PreToolUse", "ts": 1790000000},
    "audit.jsonl": {"type": "PostToolUse", "sessionId": SESSION, "timestamp": "2026-10-05"},
    "system.jsonl": {"type": "system", "level": "info", "message": "started"},
    "memory/facts.jsonl": {"fact": "tabs"},
    f"{SESSION}/skill-injections.jsonl": {"ts": "2026-10-05T09:00:00Z", "skill": "pdf"},
    f"hooks-{SESSION}.jsonl": {"hook_event_name": "Stop", "session_id": SESSION},
    f"{SESSION}/memory/notes.jsonl": {"type": "user", "uuid": "x", "message": {"role": "user"}},
}


def test_logs_and_memories_beside_transcripts_are_not_read(settings, collection):
    project = settings.claude_dirs[0] / "-srv-app"
    write(project / f"{SESSION}.jsonl", entry(1))
    for name, value in FOREIGN.items():
        write(project / name, value, value)
    report = sync_once(settings, settings.mongo_uri)
    assert (report.stored, report.dead_letters) == (1, 0)
    assert listed(collection, settings) == [SESSION]


def test_a_transcript_under_any_name_is_read_once_it_holds_entries(settings, collection):
    path = settings.claude_dirs[0] / "-srv-app" / "notes.jsonl"
    write(path)
    assert sync_once(settings, settings.mongo_uri).stored == 0
    write(path, {"event": "a line of another tool"}, entry(1))
    assert sync_once(settings, settings.mongo_uri).stored == 2
    assert collection.count_documents({"uuid": "u1"}) == 1


@pytest.mark.parametrize("case", ["57-foreign-jsonl", "58-copies"])
def test_the_field_reports_are_one_session(case, shared_transcripts, settings, collection):
    source = shared_transcripts / "field-reports" / case / "projects"
    shutil.copytree(source, settings.claude_dirs[0], dirs_exist_ok=True)
    sync_once(settings, settings.mongo_uri)
    assert len(listed(collection, settings)) == 1


def test_a_config_folder_is_read_once_it_has_projects(shared_transcripts, settings, tmp_path):
    source = shared_transcripts / "field-reports" / "30-config-dir-without-projects" / "config"
    config = tmp_path / "config"
    shutil.copytree(source, config, ignore=shutil.ignore_patterns("projects"))
    own = settings.model_copy(update={"claude_dir": "", "claude_config_dir": str(config)})
    (tmp_path / "projects").rename(tmp_path / "unused")
    assert own.claude_dirs == [config / "projects"]
    shutil.copytree(source / "projects", config / "projects")
    assert sync_once(own, own.mongo_uri).files == 1
