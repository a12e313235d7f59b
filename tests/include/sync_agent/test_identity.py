from hashlib import blake2b
from pathlib import PurePosixPath

from cca.sync_agent.identity import place_of, record_digest, repeated_digest, stream_hash

SESSION = "00000000-0000-4000-8000-0000000000ad"


def place(path):
    return place_of(PurePosixPath(path), "projects", "host")


def test_the_id_is_the_hash_of_stream_zero_byte_and_record():
    wanted = blake2b(b"s\0{}", digest_size=16).digest()
    assert record_digest(stream_hash("s"), b"{}") == wanted
    assert (
        repeated_digest(stream_hash("s"), b"{}", 2)
        == blake2b(b"s\0{}\x002", digest_size=16).digest()
    )


def test_a_session_is_its_own_stream_wherever_its_file_lies():
    here, there = place(f"-a/{SESSION}.jsonl"), place(f"-b/{SESSION}.jsonl")
    assert here.stream == there.stream == here.session_key == SESSION
    assert (here.project_id, there.project_id) == ("-a", "-b")


def test_an_agent_file_is_a_stream_of_its_session():
    flat = place(f"-a/{SESSION}/subagents/agent-x1.jsonl")
    deep = place(f"-a/{SESSION}/subagents/workflows/wf_1/agent-x2.jsonl")
    assert (flat.session_key, flat.stream) == (SESSION, f"{SESSION}/agent-x1")
    assert (deep.session_key, deep.stream) == (SESSION, f"{SESSION}/agent-x2")
    assert deep.project_id == "-a"


def test_a_path_without_session_is_told_apart_by_host_and_project():
    assert place("-a/conversations.jsonl").stream == "host/-a/conversations"
    assert place("-b/conversations.jsonl").session_key == "host/-b/conversations"
    assert place("chat.jsonl").project_id == "projects"
