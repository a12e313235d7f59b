"""The contract of gold: it says what the marts are, and a change that breaks it is named."""

from copy import deepcopy
from typing import Any

import pytest

from cca.transform import contract
from cca.transform.dictionary import models


def test_the_file_is_up_to_date() -> None:
    assert contract.path().read_text(encoding="utf-8") == contract.text(), "run `make docs`"


def test_every_column_of_every_mart_is_promised() -> None:
    promised = contract.contract()["schema"]
    assert [table["name"] for table in promised] == [model["name"] for model in models()]
    for table, model in zip(promised, models(), strict=True):
        names = [column["name"] for column in table["properties"]]
        assert names == [column["name"] for column in model["columns"]]
        assert "object" not in {column["logicalType"] for column in table["properties"]}


def _table(of: dict[str, Any], name: str) -> dict[str, Any]:
    return next(table for table in of["schema"] if table["name"] == name)


def _drop_table(of: dict[str, Any]) -> None:
    of["schema"].remove(_table(of, "fct_limits"))


def _drop_column(of: dict[str, Any]) -> None:
    del _table(of, "fct_limits")["properties"][0]


def _other_type(of: dict[str, Any]) -> None:
    _table(of, "fct_limits")["properties"][0]["physicalType"] = "bigint"


def _may_be_null(of: dict[str, Any]) -> None:
    _table(of, "fct_limits")["properties"][0]["required"] = False


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_drop_table, "fct_limits went"),
        (_drop_column, "fct_limits.reading_id went"),
        (_other_type, "fct_limits.reading_id was varchar and is bigint"),
        (_may_be_null, "fct_limits.reading_id may be null now"),
    ],
)
def test_a_broken_promise_is_named_unless_the_version_says_so(change: Any, sentence: str) -> None:
    before, after = contract.contract(), deepcopy(contract.contract())
    change(after)
    assert contract.breaks(before, after) == [sentence]
    assert contract.breaks(before, after | {"version": "2.0.0"}) == []


@pytest.mark.parametrize("change", [_drop_table, _drop_column, _may_be_null])
def test_what_is_more_than_promised_breaks_nothing(change: Any) -> None:
    before, after = deepcopy(contract.contract()), contract.contract()
    change(before)
    assert contract.breaks(before, after) == []
