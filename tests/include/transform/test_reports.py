"""A build's reports: one for each model that ran, with its tests, its times and why it failed."""

from dataclasses import replace
from pathlib import Path

import pytest

from cca.load.warehouse import writing
from cca.settings import Settings
from cca.transform.alone import build_alone
from cca.transform.build import transform
from cca.transform.handover import hand_over, take
from cca.transform.nodes import BuildFailed
from cca.transform.reports import ModelReport, covers, model_reports
from tests.dbt.rows import answer, build_settings, entry, write_raw


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return build_settings(tmp_path_factory.mktemp("reports"))


def by_name(reports: tuple[ModelReport, ...]) -> dict[str, ModelReport]:
    return {report.model: report for report in reports}


def test_a_good_build_reports_each_model_with_its_tests_times_and_sql(settings: Settings) -> None:
    write_raw(settings, [entry("s", 0, text="Hello"), answer("s", 1, "m", input_tokens=1)], [])
    done = transform(settings)
    reports = by_name(model_reports(settings, done.nodes))
    assert len(reports) == done.models + done.seeds
    assert all(report.is_built for report in reports.values())
    first, last = reports["stg_conversations"], reports["fct_messages"]
    assert first.tests > 0
    assert first.started_at < first.ended_at <= last.ended_at
    assert "select" in last.sql
    assert "{{" not in last.sql


def test_a_failed_test_is_reported_at_its_model_with_the_rows_it_found(settings: Settings) -> None:
    write_raw(settings, [entry("s", 0, _id="same"), answer("s", 1, "m", _id="same")], [])
    with pytest.raises(BuildFailed) as failed:
        transform(settings, full_refresh=True)
    reports = model_reports(settings, failed.value.nodes)
    report = by_name(reports)["stg_conversations"]
    assert (report.is_built, report.has_failed_test) == (False, True)
    (message,) = [each for each in report.messages if "unique_stg_conversations" in each]
    assert "unique_field=same, n_records=2" in message
    assert "select" in message
    assert covers(settings, reports, failed.value.failed)
    assert "stg_messages" not in by_name(reports)


def test_a_model_that_cannot_be_built_is_reported_and_healed_alone(settings: Settings) -> None:
    write_raw(settings, [entry("s", 0, text="Hello")], [])
    with writing(settings) as warehouse:
        warehouse.execute("alter table raw.rejects rename to hidden")
    with pytest.raises(BuildFailed) as failed:
        transform(settings)
    reports = model_reports(settings, failed.value.nodes)
    report = by_name(reports)["agg_rejects"]
    assert (report.is_built, report.has_failed_test) == (False, False)
    assert "rejects" in report.messages[0]
    assert not build_alone(settings, "agg_rejects").is_built
    with writing(settings) as warehouse:
        warehouse.execute("alter table raw.hidden rename to rejects")
    healed = build_alone(settings, "agg_rejects")
    assert healed.is_built
    assert healed.tests > 0


def test_a_failure_that_is_no_model_s_is_not_covered(settings: Settings) -> None:
    write_raw(settings, [entry("s", 0, text="Hello")], [])
    nodes = transform(settings, select="agg_rejects").nodes
    reports = model_reports(settings, nodes)
    hook = replace(nodes[0], kind="operation", unique_id="operation.cca.hook", status="error")
    assert not covers(settings, reports, (hook,))


def test_a_report_that_is_handed_over_is_taken_once(settings: Settings, tmp_path: Path) -> None:
    away = settings.model_copy(update={"cca_home": tmp_path})
    write_raw(settings, [entry("s", 0, text="Hello")], [])
    (report,) = model_reports(settings, transform(settings, select="agg_rejects").nodes)
    hand_over(away, "dag/run 1", [report])
    assert take(away, "dag/run 2", "agg_rejects") is None
    assert take(away, "dag/run 1", "agg_rejects") == report
    assert take(away, "dag/run 1", "agg_rejects") is None
