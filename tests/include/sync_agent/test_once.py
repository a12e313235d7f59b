import json
import os
import signal
import subprocess
import sys
import time

import pytest

from cca.errors import SettingError
from cca.settings import PROJECT_DIR, Settings
from cca.sync_agent import read, tail
from cca.sync_agent.agent import SyncReport, sync_once
from cca.sync_agent.dead_letters import list_letters

SESSION = "00000000-0000-4000-8000-0000000000ad"
# Entries each hostile file must give; where the truth is a range, our identity rule decides.
EDGE = {
    "torn-tail": 1, "no-final-newline": 2, "nul-run": 3, "splice": 4, "lone-surrogate": 2,
    "invalid-utf8": 2, "unicode-separators": 2, "bom-crlf": 2, "dotted-dollar-keys": 2,
    "numbers": 2, "deep-nesting": 1, "nul-escape": 1, "non-objects": 4, "duplicate-uuid": 2,
    "timestamps": 4, "zero-byte": 0, "metadata-only": 5, "two-sessions-one-file": 2,
    "relocated-stub": 1, "content-shapes": 9,
}  # fmt: skip


def user(number, text="hello"):
    entry = {
        "type": "user",
        "uuid": f"e0000000-0000-4000-8000-{number:012}",
        "timestamp": f"2026-10-01T10:{number // 60 % 60:02}:{number % 60:02}.000Z",
        "sessionId": SESSION,
        "message": {"role": "user", "content": f"{text} {number}"},
    }
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def title(text):
    return json.dumps({"type": "custom-title", "customTitle": text}).encode() + b"\n"


def with_claude_dir(settings, path):
    return Settings(**(settings.model_dump() | {"claude_dir": str(path)}), _env_file=None)


def test_every_entry_of_the_hostile_files_survives(settings, collection, shared_transcripts):
    edge = shared_transcripts / "edge"
    expected = json.loads((edge / "expected.json").read_text())
    assert EDGE.keys() == expected.keys()
    for name, truth in expected.items():
        assert not isinstance(truth["good"], int) or truth["good"] == EDGE[name]
    report = sync_once(with_claude_dir(settings, edge / "projects"), settings.mongo_uri)
    counts = {
        name: collection.count_documents({"sourceFile": f"-srv-edge/{name}.jsonl"}) for name in EDGE
    }
    assert counts == EDGE
    assert report.dead_letters == 5
    again = sync_once(with_claude_dir(settings, edge / "projects"), settings.mongo_uri)
    assert again == SyncReport(20, 0, 0, 0, 0, 0)


def test_hostile_entries_come_back_as_written(settings, stored, shared_transcripts):
    folder = shared_transcripts / "edge" / "projects"
    sync_once(with_claude_dir(settings, folder), settings.mongo_uri)
    for name in ("numbers", "deep-nesting", "dotted-dollar-keys", "lone-surrogate", "nul-escape"):
        file = folder / "-srv-edge" / f"{name}.jsonl"
        written = [json.loads(line) for line in file.read_bytes().splitlines()]
        assert stored(sourceFile=f"-srv-edge/{name}.jsonl") == written


def test_dead_letters_keep_bytes_place_and_reason(settings, collection, shared_transcripts):
    folder = shared_transcripts / "edge" / "projects"
    sync_once(with_claude_dir(settings, folder), settings.mongo_uri)
    letters = list_letters(settings.buffer_path)
    found = [(letter.source_file, letter.source_offset, letter.raw) for letter in letters]
    assert ("-srv-edge/non-objects.jsonl", 3, b"null") in found
    splice = next(letter for letter in letters if "splice" in letter.source_file)
    content = (folder / splice.source_file).read_bytes()
    assert content[splice.source_offset :].startswith(splice.raw)
    assert "cut-off" in splice.reason


def test_public_fixtures_load_without_loss(settings, collection, shared_transcripts):
    """Lines in = documents + dead letters."""
    folder = shared_transcripts / "public"
    report = sync_once(with_claude_dir(settings, folder), settings.mongo_uri)
    lines = sum(
        bool(line.strip())
        for path in folder.rglob("*.jsonl")
        for line in path.read_bytes().split(b"\n")
    )
    assert report.records + report.dead_letters == lines
    assert report.records == report.stored + report.duplicates
    assert report.stored == collection.count_documents({})
    assert report.pending == 0


def test_verbatim_copies_without_uuid_are_kept_apart(transcript, sync, stored):
    transcript.write_bytes(title("A") + title("B") + title("A"))
    assert sync().stored == 3
    with transcript.open("ab") as file:
        file.write(title("A") + user(1))
    assert sync().stored == 2
    assert [entry.get("customTitle") for entry in stored()] == ["A", "B", "A", "A", None]


def test_a_torn_tail_waits_until_it_is_whole(transcript, sync, stored):
    line = user(2)
    transcript.write_bytes(user(1) + line[:40])
    assert sync().stored == 1
    with transcript.open("ab") as file:
        file.write(line[40:])
    assert sync().stored == 1
    assert [entry["message"]["content"] for entry in stored()] == ["hello 1", "hello 2"]


@pytest.mark.parametrize("last", [user(2), title("A")])
def test_a_last_line_without_newline_is_stored_once(transcript, sync, collection, settings, last):
    transcript.write_bytes(title("A") + last[:-1])
    assert sync().stored == 2
    assert sync().records == 0
    with transcript.open("ab") as file:
        file.write(b"\n" + user(3))
    assert sync().stored == 1
    assert collection.count_documents({}) == 3


def test_a_truncated_file_is_read_again_as_a_new_generation(transcript, sync, collection):
    transcript.write_bytes(title("A") + user(1) + user(2))
    sync()
    transcript.write_bytes(title("A") + user(3))
    assert sync().stored == 1
    document = collection.find_one({"uuid": {"$regex": "3$"}})
    assert document["generation"] == 1
    assert collection.count_documents({}) == 4


def test_a_rewrite_forgets_which_copies_were_counted(transcript, sync, stored):
    transcript.write_bytes(title("A") + title("A"))
    assert sync().stored == 2
    transcript.write_bytes(user(1))
    assert sync().stored == 1
    with transcript.open("ab") as file:
        file.write(title("A"))
    report = sync()
    assert (report.stored, report.duplicates) == (0, 1)


def test_a_rewrite_of_the_same_length_is_noticed(transcript, sync, stored):
    """Also far before the position, where only the hash of the whole prefix can show it."""
    filler = b"".join(user(number) for number in range(10, 40))
    transcript.write_bytes(user(1, "aaaaa") + filler)
    sync()
    transcript.write_bytes(user(1, "bbbbb") + filler)
    assert sync().stored == 1
    assert "bbbbb 1" in [entry["message"]["content"] for entry in stored()]


def test_a_touched_file_gives_nothing_new(transcript, sync):
    transcript.write_bytes(title("A") + user(1))
    sync()
    os.utime(transcript, (1, 1))
    assert sync().records == 0


def test_a_file_that_moves_between_projects_goes_on(transcript, sync, collection, projects):
    transcript.write_bytes(title("A") + user(1))
    sync()
    moved = projects / "-srv-b" / transcript.name
    moved.parent.mkdir()
    transcript.rename(moved)
    with moved.open("ab") as file:
        file.write(title("A") + user(2))
    report = sync()
    assert (report.records, report.stored) == (2, 2)
    found = collection.find({}, {"projectId": 1}).sort("sourceOffset", 1)
    assert [document["projectId"] for document in found] == ["-srv-a"] * 2 + ["-srv-b"] * 2


def test_entries_without_a_time_take_the_last_one_before_or_the_first_one_after(
    transcript, sync, collection
):
    transcript.write_bytes(title("before") + user(5) + title("after"))
    os.utime(transcript, (1_700_000_000, 1_700_000_000))
    sync()
    found = collection.find().sort("sourceOffset", 1)
    times = [document["eventAt"].timestamp() for document in found]
    assert times == [1_790_848_805] * 3


def test_a_file_without_any_time_takes_its_own(transcript, sync, collection):
    transcript.write_bytes(title("one") + title("two"))
    os.utime(transcript, (1_700_000_000, 1_700_000_000))
    sync()
    assert {one["eventAt"].timestamp() for one in collection.find()} == {1_700_000_000}


def test_side_files_are_stored_and_a_change_is_a_new_version(transcript, sync, stored, collection):
    transcript.write_bytes(user(1))
    folder = transcript.with_suffix("")
    (folder / "subagents").mkdir(parents=True)
    (folder / "tool-results").mkdir()
    meta = folder / "subagents" / "agent-a1.meta.json"
    meta.write_text('{"agentType":"Explore","toolUseId":"toolu_1"}')
    (folder / "tool-results" / "b1.txt").write_bytes(b"out\xffput")
    assert sync().stored == 3
    meta.write_text('{"agentType":"Plan","toolUseId":"toolu_1"}')
    assert sync().stored == 1
    first, second = stored(type="agent-meta")
    assert first["content"]["agentType"] == "Explore"
    assert (second["content"]["agentType"], second["agentId"]) == ("Plan", "a1")
    assert collection.distinct("sessionKey") == [SESSION]
    assert stored(type="tool-result")[0]["encoding"] == "base64"


def test_a_document_over_16_mb_goes_to_gridfs(transcript, sync, collection):
    line = user(1, "x" * (17 << 20))
    transcript.write_bytes(line + user(2))
    assert sync().stored == 2
    document = collection.find_one({"rawFile": {"$exists": True}})
    chunks = collection.database["fs.chunks"].find({"files_id": document["rawFile"]}).sort("n", 1)
    assert b"".join(chunk["data"] for chunk in chunks) == line[:-1]
    assert document["type"] == "user"


def test_an_entry_too_big_only_as_bson_keeps_its_line_and_its_neighbours(
    transcript, sync, stored, collection
):
    numbers = b'{"type":"user","uuid":"u9","n":[' + b"1," * 1_500_000 + b"1]}\n"
    transcript.write_bytes(user(1) + numbers + user(2))
    assert sync().stored == 3
    assert collection.count_documents({"rawLine": {"$exists": True}}) == 1
    assert len(stored(uuid="u9")[0]["n"]) == 1_500_001


def test_an_old_agent_file_belongs_to_the_session_its_records_name(projects, sync, collection):
    (projects / "-srv-a").mkdir()
    (projects / "-srv-a" / "agent-7f.jsonl").write_bytes(user(1))
    sync()
    document = collection.find_one()
    assert document["sessionKey"] == SESSION
    assert document["stream"] == "test-host/-srv-a/agent-7f"


def test_each_attempt_is_stamped_anew_by_the_servers_clock(transcript, sync, collection):
    transcript.write_bytes(user(1))
    sync()
    first = collection.find_one()["ingestedAt"]
    transcript.write_bytes(user(1) + user(2))
    sync()
    times = [document["ingestedAt"] for document in collection.find().sort("sourceOffset", 1)]
    assert times[0] == first < times[1]


def test_the_indexes_that_readers_need_are_there(transcript, sync, collection):
    transcript.write_bytes(user(1))
    sync()
    keys = [tuple(index["key"]) for index in collection.list_indexes()]
    assert {("ingestedAt", "_id"), ("uuid", "sessionKey")} <= set(keys)
    assert ("sessionKey", "stream", "generation", "sourceOffset") in keys


def test_indexes_that_a_first_pass_did_not_come_to_are_made_by_the_next(
    transcript, sync, collection
):
    transcript.write_bytes(user(1))
    sync()
    made = collection.index_information()
    collection.drop_indexes()
    sync()
    assert collection.index_information() == made


def test_a_file_that_cannot_be_read_holds_up_nothing(transcript, sync, stored, projects):
    transcript.write_bytes(user(1))
    (projects / "broken.jsonl").symlink_to(projects / "nowhere.jsonl")
    assert sync().stored == 1


def test_secrets_stay_in_the_archive_unless_it_is_to_be_masked(
    settings, transcript, collection, stored
):
    """Masked documents keep the `_id` of what was written: a record masked is no other record."""
    secret = "ghp_" + "a1B2" * 9
    named = b'{"uuid":"u2","n":9223372036854775808,"token":"k9XmQ2vT7bLp4RwZ"}\n'
    lines = user(1, secret) + named
    transcript.write_bytes(lines)
    sync_once(settings, settings.mongo_uri)
    ids = collection.distinct("_id")
    assert secret in str(stored())
    assert secret not in str(collection.distinct("preview"))
    collection.delete_many({})
    values = {"mask_stored": True, "cca_home": settings.cca_home / "other"}
    masking = Settings(**(settings.model_dump() | values), _env_file=None)
    sync_once(masking, settings.mongo_uri)
    assert collection.distinct("_id") == ids
    assert secret not in str(list(collection.find()))
    assert stored(uuid="u2") == [{"uuid": "u2", "n": 9223372036854775808, "token": "•••"}]


def test_a_huge_file_is_read_in_turns(transcript, sync, collection, monkeypatch):
    monkeypatch.setattr(read, "TURN_BYTES", 1000)
    monkeypatch.setattr(tail, "BLOCK_BYTES", 300)
    transcript.write_bytes(b"".join(user(number) for number in range(50)))
    report = sync()
    assert (report.stored, report.pending) == (50, 0)
    assert sync().records == 0


def test_no_claude_dir_at_all_names_the_setting(settings):
    lost = with_claude_dir(settings, settings.cca_home / "nowhere")
    with pytest.raises(SettingError, match="CLAUDE_DIR"):
        sync_once(lost, settings.mongo_uri)


def test_a_kill_in_the_middle_loses_nothing_and_doubles_nothing(
    settings, transcript, projects, sync, collection
):
    """Killed at any moment, the next run ends where an undisturbed one would."""
    for number in range(40):
        lines = b"".join(user(1000 * number + n) + title(f"t{n % 3}") for n in range(300))
        (projects / "-srv-a" / f"{number:08}-0000-4000-8000-0000000000ad.jsonl").write_bytes(lines)
    environment = {
        "PATH": "/usr/bin:/bin",
        "CCA_HOME": str(settings.cca_home),
        "CLAUDE_DIR": settings.claude_dir,
        "MONGO_URI": settings.mongo_uri,
        "MONGO_DB": settings.mongo_db,
        "CCA_HOST": settings.cca_host,
    }
    command = [sys.executable, "-m", "cca.sync_agent", "--once"]
    kills = 0
    for wanted in (1, 3000, 9000):
        agent = subprocess.Popen(command, cwd=PROJECT_DIR, env=environment)
        while agent.poll() is None and collection.estimated_document_count() < wanted:
            time.sleep(0.005)
        kills += agent.poll() is None
        agent.send_signal(signal.SIGKILL)
        agent.wait()
    assert kills
    sync()
    assert collection.count_documents({}) == 40 * 600
    assert sync() == SyncReport(40, 0, 0, 0, 0, 0)
