"""The queries of docs/monitoring.md, word for word."""

import re
import sqlite3

import pytest

from cca.mongo import archive
from cca.settings import PROJECT_DIR
from tests.include.sync_agent.agents import line

PAGE = (PROJECT_DIR / "docs" / "monitoring.md").read_text()
SQL = re.findall(r'sqlite3 ~/.claude-sync/buffer.db "([^"]+)"', PAGE)
MONGO = re.findall(r"^db\.conversations\.(.+)$", PAGE, re.MULTILINE)


@pytest.fixture
def synced(transcript, projects, sync):
    transcript.write_bytes(b"".join(map(line, range(20))))
    other = projects / "-home-me-app" / "00000000-0000-4000-8000-0000000000ae.jsonl"
    other.parent.mkdir()
    other.write_bytes(line(21) + line(22))
    sync()


def test_the_page_holds_the_queries_it_promises():
    assert SQL[:3] == [
        "SELECT COUNT(*) FROM pending_entries WHERE synced=0",
        "SELECT project_id, created_at FROM pending_entries ORDER BY id DESC LIMIT 10",
        "SELECT * FROM file_positions",
    ]
    assert len(MONGO) == 3


def test_the_buffers_queries_run_as_they_stand(settings, synced):
    with sqlite3.connect(settings.buffer_path) as plain:
        waiting, newest, positions = (plain.execute(sql).fetchall() for sql in SQL[:3])
    plain.close()
    assert waiting == [(0,)]
    assert len(newest) == 10
    assert newest[0][0] in ("-srv-a", "-home-me-app")
    assert {row[0].rsplit("/", 2)[1] for row in positions} == {"-srv-a", "-home-me-app"}


def test_the_archives_queries_run_as_they_stand(settings, synced):
    """Read as Python: the shell's words for these are the driver's, but for their capitals."""
    with archive.connect(settings.mongo_uri) as client:
        results = [ask(archive.conversations(client, settings), query) for query in MONGO]
    newest, of_project, count = results
    assert [d["ingestedAt"] for d in newest] == sorted(
        (d["ingestedAt"] for d in newest), reverse=True
    )
    assert len(newest) == 5
    assert {d["projectId"] for d in of_project} == {"-home-me-app"}
    assert count == 2


def ask(collection, query):
    python = re.sub(r"([{,]\s*)(\w+):", r'\1"\2":', query.rstrip(";"))
    python = python.replace("countDocuments", "count_documents")
    result = eval(f"collection.{python}", {"collection": collection})
    return result if isinstance(result, int) else list(result)
