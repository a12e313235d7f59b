from typing import Any

from cca.transform.dbt import NodeDone
from cca.transform.progress import Progress

MANIFEST: dict[str, Any] = {
    "nodes": {
        "model.cca.a": {"resource_type": "model"},
        "test.cca.a_key": {
            "resource_type": "test",
            "tags": [],
            "attached_node": "model.cca.a",
            "depends_on": {"nodes": ["model.cca.a"]},
        },
        "test.cca.b_adds_up_to_a": {
            "resource_type": "test",
            "tags": [],
            "attached_node": "model.cca.b",
            "depends_on": {"nodes": ["model.cca.a", "model.cca.b"]},
        },
        "test.cca.of_a_source": {
            "resource_type": "test",
            "tags": [],
            "depends_on": {"nodes": ["source.cca.raw.conversations"]},
        },
        "test.cca.a_only_in_ci": {
            "resource_type": "test",
            "tags": ["ci"],
            "attached_node": "model.cca.a",
            "depends_on": {"nodes": ["model.cca.a"]},
        },
    },
    "unit_tests": {
        "unit_test.cca.a.case": {
            "resource_type": "unit_test",
            "depends_on": {"nodes": ["model.cca.a"]},
        }
    },
}


def done(unique_id: str, status: str, message: str = "") -> NodeDone:
    kind, *_, name = unique_id.split(".")
    return NodeDone(name, kind, status, 1.0, unique_id, message)


def test_a_model_is_reported_once_after_all_its_tests_of_a_build():
    progress = Progress(MANIFEST)
    assert progress.note(done("model.cca.a", "success")) == []
    (report,) = progress.note(done("test.cca.a_key", "pass"))
    assert (report.model, report.status, report.tests, report.seconds) == ("a", "built", 1, 2.0)
    assert progress.note(done("test.cca.a_key", "pass")) == []


def test_a_test_over_two_models_belongs_to_the_one_it_is_written_at():
    progress = Progress(MANIFEST)
    progress.note(done("test.cca.a_key", "pass"))
    assert [each.model for each in progress.note(done("model.cca.a", "success"))] == ["a"]
    assert progress.note(done("model.cca.b", "success")) == []
    (report,) = progress.note(done("test.cca.b_adds_up_to_a", "fail", "Got 3 results"))
    assert (report.model, report.status) == ("b", "failed")
    assert report.messages == ("b_adds_up_to_a: fail: Got 3 results",)


def test_a_failed_or_skipped_model_waits_for_no_test():
    progress = Progress(MANIFEST)
    (failed,) = progress.note(done("model.cca.a", "error", "Binder Error"))
    (skipped,) = progress.note(done("model.cca.b", "skipped"))
    assert (failed.status, skipped.status) == ("failed", "skipped")
    assert progress.note(done("test.cca.a_key", "skipped")) == []


def test_a_warning_is_reported_and_fails_nothing():
    progress = Progress(MANIFEST)
    progress.note(done("model.cca.b", "success"))
    (report,) = progress.note(done("test.cca.b_adds_up_to_a", "warn", "Got 1 result"))
    assert report.status == "built"
    assert report.messages == ("b_adds_up_to_a: warn: Got 1 result",)


def test_a_failure_that_is_no_model_s_is_covered_by_no_report():
    progress = Progress(MANIFEST)
    progress.note(done("model.cca.a", "error"))
    assert progress.covers((done("model.cca.a", "error"), done("test.cca.a_key", "fail")))
    assert not progress.covers((done("test.cca.of_a_source", "fail"),))
    assert not progress.covers((done("operation.cca.on-run-end", "error"),))
