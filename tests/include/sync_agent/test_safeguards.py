"""Mutation check: take away any one safeguard, and the random histories must notice."""

import shutil
import subprocess
import sys

import pytest

from cca.settings import PROJECT_DIR, child_environment

# safeguard: [(file, what stands there, what stands there without it), …]
SAFEGUARDS = {
    "lines and position in one transaction": [
        (
            "buffer.py",
            "    def commit(",
            """    def commit(self, batches, refused=None):
        from dataclasses import replace
        bare = [replace(batch, entries=(), dead=(), repeats={}) for batch in batches]
        self.commit_whole(bare, refused)
        return self.commit_whole(batches, refused)

    def commit_whole(""",
        )
    ],
    "the hash of the prefix": [
        (
            "read.py",
            "    if found.size < known.position:\n        return False\n",
            "    return found.size >= known.position\n",
        )
    ],
    "unordered inserts": [
        (
            "deliver.py",
            "insert_many(documents, ordered=False)",
            "insert_many(documents, ordered=True)",
        )
    ],
    "a duplicate is a success": [("deliver.py", "_DUPLICATE_KEY = 11000", "_DUPLICATE_KEY = -1")],
    "delivered only after the reply": [
        (
            "deliver.py",
            "    delivery, dead = deliver(",
            "    buffer.mark_delivered(entries)\n    delivery, dead = deliver(",
        )
    ],
    "position only after the reply, past the buffer": [
        (
            "once.py",
            "                    intake.commit(sent)\n",
            "                    intake.commit(sent, [])\n",
        )
    ],
    "a position is the end of a line": [
        (
            "tail.py",
            '    end = data.rfind(b"\\n") + 1\n    if end:',
            "    end = len(data)\n    if end:",
        ),
        (
            "read.py",
            "            offset += len(raw) + 1\n",
            "            offset = min(offset + len(raw) + 1, len(block.data))\n",
        ),
    ],
}


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("safeguard", [None, *SAFEGUARDS])
def test_the_histories_notice_a_missing_safeguard(safeguard, tmp_path):
    for folder, name in (("include", "cca"), ("tests", "tests")):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT_DIR / folder, tmp_path / name, ignore=ignored)
    shutil.copy(PROJECT_DIR / "pyproject.toml", tmp_path)
    histories = "tests/include/sync_agent/test_histories.py"
    if safeguard:
        for file, before, after in SAFEGUARDS[safeguard]:
            change(tmp_path / "cca" / "sync_agent" / file, before, after)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", histories],
        cwd=tmp_path,
        env=child_environment({"PYTHONPATH": str(tmp_path)}),
        capture_output=True,
        text=True,
        check=False,
    )
    verdict = done.stdout.strip().splitlines()[-1]
    assert ("1 failed" if safeguard else "1 passed") in verdict, done.stdout[-3000:]


def change(path, before, after):
    text = path.read_text()
    assert before in text, f"{path.name} no longer holds {before!r}"
    path.write_text(text.replace(before, after))
