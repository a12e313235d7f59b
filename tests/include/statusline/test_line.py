"""What the fields say, by the state file that publish and the agent keep."""

import json

import pytest

from cca.statusline import state
from cca.statusline.line import FIELDS, line, until
from cca.statusline.payload import parse
from tests.include.statusline.conftest import SESSION

NOW = 1_796_000_000.0
PUBLISHED = {
    "day_ends_at": NOW + 60, "day_usd": 10.0, "sessions": {SESSION: 1.0},
    "block": {"ends_at": NOW + 60, "usd": 3.5},
    "budgets": [
        {"usd": 20.0, "spent_usd": 10.0, "ends_at": NOW + 60},
        {"usd": 100.0, "spent_usd": 99.0, "ends_at": NOW - 60},
    ],
}  # fmt: skip


def field(name: str, payload, sections) -> str:
    told = parse(json.dumps(payload).encode())
    return line("{" + name + "}", told, sections, NOW)


def test_a_day_is_what_was_published_and_what_the_session_cost_since(payload):
    # 1.234 USD so far, of which 1 is published.
    assert field("today", payload(), {"published": PUBLISHED}) == "$10.23"
    other = payload(session_id="another")
    assert field("today", other, {"published": PUBLISHED}) == "$11.23"
    over = PUBLISHED | {"day_ends_at": NOW}
    assert field("today", payload(), {"published": over}) == "$0.23"


@pytest.mark.parametrize(
    ("name", "sections", "text"),
    [
        ("block", {"published": PUBLISHED}, "$3.50"),
        ("block", {"published": {"block": {"ends_at": NOW, "usd": 3.5}}}, ""),
        ("budget", {"published": PUBLISHED}, "50% spent"),
        ("archive", {"agent": {"at": NOW, "waiting_seconds": 3}}, ""),
        ("archive", {"agent": {"at": NOW, "waiting_seconds": 7200}}, "not archived for 2h 0m"),
        ("archive", {"agent": {"at": NOW - 7200, "waiting_seconds": 0}}, "cca's agent has stopped"),
        *((name, {}, "") for name in ("today", "block", "budget", "archive")),
    ],
)
def test_fields_say_what_is_known(payload, name, sections, text):
    assert field(name, payload(), sections) == text


@pytest.mark.parametrize("odd", [None, 3, "x", [], {"day_usd": "x"}, {"block": 3, "budgets": 3},
                                 {"budgets": [3, {"usd": True}], "sessions": []}])  # fmt: skip
def test_an_odd_state_says_nothing(payload, odd, tmp_path):
    folder = state.folder_of(tmp_path)
    folder.mkdir()
    (folder / "state.json").write_text(json.dumps({"published": odd, "agent": odd}))
    sections = state.read(str(tmp_path))
    for name in ("today", "block", "budget", "archive"):
        assert field(name, payload(), sections) == ""


def test_a_limit_whose_window_is_over_is_not_shown(payload):
    assert field("five_hour", payload(five_hour=(41, int(NOW))), {}) == ""
    assert field("five_hour", payload(five_hour=(41, int(NOW) + 3700)), {}) == (
        "41%, resets in 1h 1m"
    )


def test_every_field_has_a_text(payload):
    told = parse(json.dumps(payload()).encode())
    for name in FIELDS:
        line("{" + name + "}", told, {}, NOW)


def test_sections_of_the_state_are_kept_apart(tmp_path):
    state.update(tmp_path, "published", {"day_usd": 1})
    state.update(tmp_path, "agent", {"at": 2})
    state.update(tmp_path, "published", {"day_usd": 3})
    assert state.read(str(tmp_path)) == {"published": {"day_usd": 3}, "agent": {"at": 2}}


@pytest.mark.parametrize(
    ("seconds", "text"), [(-5, "0m"), (59, "0m"), (3600, "1h 0m"), (90_000, "1d 1h")]
)
def test_durations_have_two_units(seconds, text):
    assert until(seconds) == text
