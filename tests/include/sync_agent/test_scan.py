import os

import pytest

from cca.sync_agent.scan import find_files

SESSION = "00000000-0000-4000-8000-0000000000ad"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (f"-a/{SESSION}.jsonl", "transcript"),
        (f"-a/{SESSION}/subagents/workflows/wf_1/agent-x.jsonl", "transcript"),
        (f"-a/{SESSION}/chat.jsonl", "transcript"),
        (f"-a/{SESSION}/subagents/agent-x.meta.json", "agent-meta"),
        (f"-a/{SESSION}/workflows/wf_0123.json", "workflow"),
        (f"-a/{SESSION}/tool-results/b1.txt", "tool-result"),
        (f"-a/{SESSION}/subagents/workflows/wf_1/journal.jsonl", None),
        (f"-a/{SESSION}.orphaned.jsonl", None),
        (f"-a/{SESSION}.superseded-1.jsonl", None),
        (f"-a/{SESSION}.bak.jsonl", None),
        ("-a/sessions-index.json", None),
        ("-a/memory/notes.md", None),
        ("-a/memory/facts.jsonl", None),
    ],
)
def test_transcripts_and_side_files_are_found_and_the_rest_is_not(tmp_path, path, kind):
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    assert [found.kind for found in find_files([tmp_path])] == ([kind] if kind else [])


def test_the_longest_untouched_file_comes_first(tmp_path):
    for name, at in (("b", 300), ("a", 200), ("c", 100)):
        (tmp_path / f"{name}.jsonl").touch()
        os.utime(tmp_path / f"{name}.jsonl", (at, at))
    assert [found.path.stem for found in find_files([tmp_path])] == ["c", "a", "b"]


def test_a_loop_of_links_ends_and_a_linked_folder_is_read_once(tmp_path):
    (tmp_path / "-a").mkdir()
    (tmp_path / "-a" / "s.jsonl").touch()
    (tmp_path / "-a" / "loop").symlink_to(tmp_path)
    assert len(find_files([tmp_path])) == 1


def test_a_link_to_itself_is_named_and_the_rest_is_read(tmp_path):
    (tmp_path / "-a").mkdir()
    (tmp_path / "-a" / "s.jsonl").touch()
    (tmp_path / "-a" / "circle").symlink_to(tmp_path / "-a" / "circle")
    named = []
    found = find_files([tmp_path], lambda path, _: named.append(path))
    assert [file.path.name for file in found] == ["s.jsonl"]
    assert named == [str(tmp_path / "-a" / "circle")]


def test_a_pipe_with_a_transcripts_name_is_left_alone(tmp_path):
    os.mkfifo(tmp_path / "s.jsonl")
    assert find_files([tmp_path]) == []
