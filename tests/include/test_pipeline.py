"""The steps that Airflow's tasks call, one after the other, as `cca pipeline` runs them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.collection import Collection

from cca import pipeline
from cca.extract import chunks
from cca.extract.window import Window
from cca.lake.lake import holding
from cca.settings import Settings

Make = Callable[..., dict[str, Any]]
LONG_AGO = datetime(2026, 10, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize("number", [1, 3])
def test_steps_hand_over_json_and_end_with_the_high_water_mark_of_the_plan(
    settings: Settings,
    collection: Collection[dict[str, Any]],
    document: Make,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    monkeypatch.setattr(chunks, "SMALLEST_CHUNK", 3)
    collection.insert_many([document(eventAt=LONG_AGO + timedelta(days=day)) for day in range(12)])
    uri = settings.mongo_uri
    planned = pipeline.plan(settings, uri, Window("incremental"), number)
    handed = json.loads(json.dumps([chunk.to_dict() for chunk in planned]))
    assert len(handed) == number
    reports = [pipeline.extract_chunk(settings, uri, values) for values in handed]
    assert sum(report.documents for report in reports) == 12
    assert pipeline.finish_extract(settings, handed) == planned[0].high_water_mark
    with holding(settings) as lake:
        assert lake.read().high_water_mark == planned[0].high_water_mark
    loaded = pipeline.load(settings)
    assert loaded.high_water_mark == planned[0].high_water_mark
    assert pipeline.has_news(settings, loaded)


def test_the_end_of_a_run_that_began_before_an_upgrade_moves_nothing(settings: Settings) -> None:
    window = {"kind": "incremental", "start": None, "end": None, "mark": None}
    assert pipeline.finish_extract(settings, [window]) is None
