"""The list in CCA_HOME counts as long as it is newer than the seed."""

from decimal import Decimal
from pathlib import Path

import pytest

from cca.prices.files import SEED_PATH, newer_list
from cca.settings import Settings
from cca.transform.build import transform
from cca.transform.dbt import code_version
from tests.dbt.rows import answer, build_settings, reader, write_raw

HEAD = "price_model,source\n"


def write_list(settings: Settings, text: str) -> Path:
    path = settings.cca_home / "prices" / "model_prices.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("home", "seed", "is_newer"),
    [("0.10.0", "0.9.1", True), ("0.9.1", "0.9.1", False), ("0.9.1", "0.10.0", False)],
)
def test_the_higher_version_of_the_package_counts(
    tmp_path: Path, home: str, seed: str, *, is_newer: bool
) -> None:
    settings = Settings(_env_file=None, cca_home=tmp_path)
    assert newer_list(settings) is None
    given = tmp_path / "seed.csv"
    given.write_text(f"{HEAD}a,genai-prices {seed}\na,cca\n")
    path = write_list(settings, f"{HEAD}a,cca\na,genai-prices {home}\n")
    assert newer_list(settings, given) == (path if is_newer else None)


def test_a_damaged_list_does_not_count(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, cca_home=tmp_path)
    for text in ("", "price_model\na\n", f"{HEAD}a,genai-prices soon\n"):
        write_list(settings, text)
        assert newer_list(settings) is None


def test_tokens_are_priced_by_the_newer_list(tmp_path: Path) -> None:
    settings = build_settings(tmp_path)
    before = code_version(settings)
    head, *rows = SEED_PATH.read_text().splitlines()
    (row,) = (
        row
        for row in rows
        if row.startswith("claude-haiku-4-5,") and ",standard," in row and "genai" in row
    )
    cells = row.split(",")
    cells[8], cells[-1] = "7", "genai-prices 999.0.0"
    write_list(settings, "\n".join([head, ",".join(cells)]) + "\n")
    assert code_version(settings) != before
    entries = [answer("s", 1, "m", model="claude-haiku-4-5", input_tokens=1_000_000)]
    write_raw(settings, entries, [])
    transform(settings, select="+dim_models")
    found = reader(settings)("select cost_usd from marts.fct_api_messages")
    assert found == [(Decimal(7),)]
