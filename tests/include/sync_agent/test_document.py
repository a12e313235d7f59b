import json
from datetime import UTC, datetime

import bson
import pytest

from cca.sync_agent.document import body_of, document_of
from cca.sync_agent.values import Entry
from cca.transcript.entry import entry_of

AT = datetime(2026, 10, 1, tzinfo=UTC)


def stored(line: bytes) -> dict:
    """The document as it comes back from BSON."""
    entry = Entry("-a", "s", "-a/s.jsonl", line, "00", "s", 0, 0, 1_790_848_801_000)
    document = document_of(entry, "host", AT)
    return bson.decode(bson.encode(document))


def nested(levels: int) -> bytes:
    return b'{"k":' * levels + b"1" + b"}" * levels


@pytest.mark.parametrize(
    "line",
    [
        b'{"a":{"b\\u0000":1}}',
        b'{"n":9223372036854775808}',
        b'{"n":[-9223372036854775809]}',
        b'{"n":1000000000000000000000000000000}',
        nested(101),
        b'{"a":{"$ref":"x","$id":1}}',
        b'{"a":{"\\u0024ref":"x","$id":1}}',
        b'{"a":{"$r\\u0065f":"x","$id":1}}',
        b'{"a":"\\ud83d"}',
        b'{"a":1e999}',
        b'{"stream":"of the entry","type":"user"}',
        b'{"_id":7}',
    ],
)
def test_what_bson_cannot_hold_keeps_its_line(line):
    document = stored(line)
    assert document["rawLine"] == line.decode()
    assert entry_of(document) == json.loads(line)
    assert document["_id"] == "00"


@pytest.mark.parametrize(
    "line",
    [
        b'{"a.b":{"$set":1,"":2},"$x":3}',
        b'{"n":[9223372036854775807,-9223372036854775808,1.5,0.12345678901234567890]}',
        nested(100),
        b'{"a":{"$ref":"x"},"b":"\\u0000"}',
        b'{"text":"call 1234567890123456789012345"}',
    ],
)
def test_what_bson_can_hold_needs_no_line(line):
    document = stored(line)
    assert "rawLine" not in document
    assert entry_of(document) == json.loads(line)


def test_broken_utf8_keeps_the_very_bytes():
    line = b'{"type":"user","text":"a\xff"}'
    document = stored(line)
    assert document["rawLine"] == line
    assert document["type"] == "user"


def test_scalars_beside_a_line_are_only_those_that_are_safe():
    document = stored(b'{"type":"user","uuid":7,"subtype":"a\\ud83d","big":9223372036854775808}')
    assert document["type"] == "user"
    assert "uuid" not in document
    assert "subtype" not in document


@pytest.mark.parametrize("offset", [0, (1 << 31) - 1, 1 << 31, 1 << 40])
def test_our_fields_stand_before_the_entrys_own(offset):
    line = '{"z":1,"type":"user","message":{"content":"\u00e9\U0001f600"}}'.encode()
    entry = Entry("-a", "s", "-a/s.jsonl", line, "0" * 32, "s/x", 3, offset, 1_790_848_801_123)
    with_body = entry._replace(body=body_of(line, json.loads(line)))
    document = document_of(entry, "host", AT)
    assert document_of(with_body, "host", AT).raw == document.raw
    by_name = {
        "_id": "0" * 32, "stream": "s/x", "generation": 3, "sourceOffset": offset,
        "projectId": "-a", "sessionKey": "s", "sourceFile": "-a/s.jsonl", "host": "host",
        "eventAt": datetime.fromtimestamp(1_790_848_801.123, UTC), "ingestedAt": AT,
        "preview": "\u00e9\U0001f600", **json.loads(line),
    }  # fmt: skip
    assert document.raw == bson.encode(by_name)


def test_fields_keep_their_order():
    line = b'{"z":1,"a":2,"type":"user","m":{"y":1,"b":2}}'
    assert json.dumps(entry_of(stored(line)), separators=(",", ":")).encode() == line


def test_the_preview_is_short_and_shows_no_secret():
    content = [{"type": "text", "text": "my key\n sk-ant-api03-" + "x" * 40 + " " + "word " * 300}]
    line = json.dumps({"type": "user", "message": {"role": "user", "content": content}}).encode()
    preview = stored(line)["preview"]
    assert preview.startswith("my key ••• word word")
    assert len(preview) == 500


@pytest.mark.parametrize(
    ("entry", "preview"),
    [
        ({"type": "custom-title", "customTitle": "Mine"}, "Mine"),
        ({"message": {"content": [{"name": "Bash", "input": {"command": "ls"}}]}}, "Bash: ls"),
        ({"message": {"content": [{"type": "tool_result", "content": [{"text": "out"}]}]}}, "out"),
        ({"type": "attachment", "attachment": {"type": "queued_command", "prompt": "go"}}, "go"),
        ({"type": "cost-state", "totalCostUSD": 1}, ""),
    ],
)  # fmt: skip
def test_the_preview_is_the_first_readable_text(entry, preview):
    assert stored(json.dumps(entry).encode())["preview"] == preview
