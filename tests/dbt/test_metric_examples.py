"""The documented queries with MetricFlow name what there is; the long test runs them."""

from typing import Any

import pytest
import yaml

from cca.settings import PROJECT_DIR
from tests.dbt.metric_examples import Example, examples

GENERATED: dict[str, Any] = yaml.safe_load(
    (PROJECT_DIR / "dbt" / "models" / "_metrics.yml").read_text()
)


def dimensions() -> dict[str, set[str]]:
    """The dimensions of each measure, named as MetricFlow names them."""
    found = {}
    for model in GENERATED["semantic_models"]:
        primary = [each["name"] for each in model["entities"] if each["type"] == "primary"]
        entity = primary[0] if primary else model["primary_entity"]
        names = {f"{entity}__{each['name']}" for each in model["dimensions"]}
        found |= {measure["name"]: names for measure in model["measures"]}
    return found


def measures_of(metric: str) -> list[str]:
    [found] = [each for each in GENERATED["metrics"] if each["name"] == metric]
    given = found["type_params"]
    if found["type"] == "ratio":
        return [given["numerator"], given["denominator"]]
    return [given["measure"]["name"]]


def test_there_are_examples() -> None:
    assert len(examples()) >= 5


@pytest.mark.parametrize("example", examples(), ids=lambda each: each.named("--metrics")[0])
def test_every_metric_has_the_dimensions_that_it_is_asked_by(example: Example) -> None:
    known = dimensions()
    wanted = [each for each in example.named("--group-by") if not each.startswith("metric_time")]
    for metric in example.named("--metrics"):
        for measure in measures_of(metric):
            assert [each for each in wanted if each not in known[measure]] == []
