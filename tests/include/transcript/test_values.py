"""Values that transcripts hold become typed columns, or None."""

from datetime import UTC, datetime

import pytest
from bson.int64 import Int64

from cca.transcript import values
from cca.transcript.times import parse_timestamp


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-01T10:00:00.123Z", datetime(2026, 11, 1, 10, 0, 0, 123000, UTC)),
        ("2026-11-01T12:00:00+02:00", datetime(2026, 11, 1, 10, tzinfo=UTC)),
        ("2026-11-01T10:00:00", datetime(2026, 11, 1, 10, tzinfo=UTC)),
        (1790589538916, datetime(2026, 9, 28, 9, 58, 58, 916000, UTC)),
        # What MongoDB gives back for a long: an int of another class.
        (Int64(1790589538916), datetime(2026, 9, 28, 9, 58, 58, 916000, UTC)),
        # Thirteen digits, of which eight are also a day of the year 1712.
        ("1712012301234", datetime(2024, 4, 1, 22, 58, 21, 234000, UTC)),
        ("1790589538.916", datetime(2026, 9, 28, 9, 58, 58, 916000, UTC)),
        (1790589538916000, datetime(2026, 9, 28, 9, 58, 58, 916000, UTC)),
        (1790589538916000000, datetime(2026, 9, 28, 9, 58, 58, 916000, UTC)),
        ("20261101", datetime(2026, 11, 1, tzinfo=UTC)),
        ("9" * 30, None),
        (1e300, None),
        (float("nan"), None),
        ("yesterday", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("0001-01-01T00:00:00Z", None),
        (12, None),
        (True, None),
        (None, None),
    ],
)
def test_timestamps_of_every_shape(written: object, meant: datetime | None) -> None:
    assert parse_timestamp(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (5, 5),
        (5.0, 5),
        (5.5, None),
        (-1, None),
        ("5", 5),
        ("5.5", None),
        (" 5 ", 5),
        ("5.00", 5),
        ("1_000", None),
        ("+1000", 1000),
        ("1e3", 1000),
        ("1.0E+03", 1000),
        ("1e-3", None),
        ("1e99", None),
        ("++1", None),
        ("", None),
        (".", None),
        ("9" * 20, None),
        ("\u0665", None),
        (True, None),
        (2**63, None),
        (10**9, 10**9),
        (10**9 + 1, None),
        (0, 0),
    ],
)
def test_count(written: object, meant: int | None) -> None:
    assert values.count(written) == meant


def test_lone_surrogates_become_replacement_characters_and_pairs_stay() -> None:
    assert values.string("a\ud83d b") == "a\ufffd b"
    assert values.string("\ud83d\ude00") == "😀"
    assert values.as_json({"k": "\ud83d"}) == '{"k": "\ufffd"}'
    assert values.as_json({"k": 2**70}) == '{"k": 1180591620717411303424}'
