"""Which results of tools say that a person said no."""

import re
from pathlib import Path

import pytest

from cca.rejections import PATTERN, is_rejection

MACRO = Path(__file__).parents[2] / "dbt/macros/error_class.sql"


@pytest.mark.parametrize(
    ("entry", "text", "is_one"),
    [
        ({}, "The user doesn't want to take this action right now.", True),
        ({}, "[Request interrupted by user for tool use]", True),
        ({}, "Exit code 1", False),
        ({}, "x" * 300 + "user rejected", False),
        ({"toolDenialKind": "user-rejected"}, "", True),
    ],
)
def test_a_person_said_no_where_the_entry_or_its_text_says_so(entry, text, is_one):
    assert is_rejection(entry, text) is is_one


def test_the_warehouse_knows_a_rejection_by_the_same_pattern():
    [first, *_] = re.findall(r'\("([^"]+)", "([^"]+)"\)', MACRO.read_text())
    assert first == ("rejected by the user", PATTERN)
