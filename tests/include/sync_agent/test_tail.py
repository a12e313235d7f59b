import os

import pytest

from cca.sync_agent import tail
from cca.sync_agent.tail import Malformed, Record, own_bytes, pieces_of, read_block

ENTRY = b'{"type":"user","uuid":"u1","sessionId":"s"}'
OTHER = b'{"parentUuid":null,"type":"user","uuid":"u2"}'


@pytest.fixture
def opened(tmp_path):
    descriptors = []

    def open_with(content: bytes) -> int:
        path = tmp_path / f"{len(descriptors)}.jsonl"
        path.write_bytes(content)
        descriptors.append(os.open(path, os.O_RDONLY))
        return descriptors[-1]

    yield open_with
    for descriptor in descriptors:
        os.close(descriptor)


def test_own_bytes_leave_out_mark_nuls_and_outer_whitespace():
    assert own_bytes(b"\0\0\xef\xbb\xbf \0" + ENTRY + b"\r\0") == ENTRY


def test_two_records_on_one_line_are_both_kept_with_their_places():
    assert pieces_of(ENTRY + OTHER) == [
        Record(0, ENTRY, {"type": "user", "uuid": "u1", "sessionId": "s"}),
        Record(len(ENTRY), OTHER, {"parentUuid": None, "type": "user", "uuid": "u2"}),
    ]


def test_a_cut_off_record_does_not_take_the_next_one_with_it():
    pieces = pieces_of(b'{"type":"user","message":{"role":"user"}' + OTHER)
    assert [type(piece) for piece in pieces] == [Malformed, Record]
    assert pieces[0].raw == b'{"type":"user","message":{"role":"user"}'
    assert pieces[1].line == OTHER
    assert pieces[1].start == len(pieces[0].raw)


def test_a_torn_record_alone_gives_no_inner_object_as_an_entry():
    torn = b'{"type":"assistant","message":{"content":[{"type":"text","text":"x"}]}'
    assert pieces_of(torn) == [Malformed(0, torn, pieces_of(torn)[0].reason)]


def test_nuls_between_spliced_records_do_not_shift_the_second():
    pieces = pieces_of(b"\0\0" + ENTRY + b"\0\0\0" + OTHER)
    assert [(p.start, p.line) for p in pieces] == [(2, ENTRY), (5 + len(ENTRY), OTHER)]


@pytest.mark.parametrize("raw", [b"", b"   ", b"\0\0\0", b"\xef\xbb\xbf\r"])
def test_blank_lines_hold_nothing(raw):
    assert pieces_of(raw) == []


@pytest.mark.parametrize("raw", [b"[]", b"null", b"12", b'"x"', b"{", b"nope"])
def test_what_is_no_object_is_poison_with_its_raw_bytes(raw):
    (piece,) = pieces_of(raw)
    assert isinstance(piece, Malformed)
    assert piece.raw == raw


def test_a_line_too_deep_for_any_reader_is_poison():
    (piece,) = pieces_of(b'{"a":' * 3000 + b"1" + b"}" * 3000)
    assert "too deeply" in piece.reason


def test_a_line_is_never_split_at_anything_but_a_newline(opened):
    text = '{"a":"x\u2028y\u0085z"}\r\n'.encode()
    assert read_block(opened(text), 0).data == text


def test_only_whole_lines_are_read(opened):
    block = read_block(opened(ENTRY + b"\n" + b'{"torn'), 0)
    assert block.data == ENTRY + b"\n"
    assert read_block(opened(b'{"torn'), 0) == tail.Block(b"", tail=b'{"torn')


def test_a_line_longer_than_a_block_is_read_whole(opened):
    line = b'{"a":"' + b"x" * (3 * tail.BLOCK_BYTES) + b'"}\n'
    assert read_block(opened(line + ENTRY), 0).data == line


def test_an_endless_line_is_skipped_with_its_head_kept(opened, monkeypatch):
    monkeypatch.setattr(tail, "MAX_LINE_BYTES", 2 * tail.BLOCK_BYTES)
    descriptor = opened(b"x" * (3 * tail.BLOCK_BYTES) + b"\n" + ENTRY + b"\n")
    block = read_block(descriptor, 0)
    assert block.skipped_bytes == 3 * tail.BLOCK_BYTES + 1
    assert block.data == b"x" * tail.DEAD_HEAD_BYTES
    assert read_block(descriptor, block.skipped_bytes).data == ENTRY + b"\n"
