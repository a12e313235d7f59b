from datetime import UTC, datetime, timedelta

from cca.gold import runs
from cca.settings import Settings

AT = datetime(2026, 1, 1, tzinfo=UTC)


def run(number: int, dag_id: str = "conversation_pipeline", state: str = "success") -> runs.Run:
    return runs.Run(dag_id, f"run_{number}", "manual", state, AT, AT + timedelta(seconds=number))


def test_a_run_is_read_as_it_was_recorded_by_its_owner_only(settings: Settings):
    assert runs.latest(settings) == []
    runs.record(settings, run(7))
    assert runs.latest(settings) == [run(7)]
    assert runs.latest(settings)[0].seconds == 7
    assert runs.runs_path(settings).stat().st_mode & 0o077 == 0


def test_a_run_that_ends_again_has_one_entry(settings: Settings):
    runs.record(settings, run(1, state="failed"))
    runs.record(settings, run(2))
    runs.record(settings, run(1))
    assert runs.latest(settings) == [run(2), run(1)]


def test_a_busy_dag_drives_no_other_from_the_record(settings: Settings):
    runs.record(settings, run(0, "maintenance"))
    for number in range(1, 50):
        runs.record(settings, run(number))
    kept = runs.latest(settings, "conversation_pipeline")
    assert len(kept) == runs.KEPT_RUNS
    assert kept[-1] == run(49)
    assert runs.latest(settings, "maintenance") == [run(0, "maintenance")]


def test_a_broken_file_is_no_record(settings: Settings):
    runs.record(settings, run(1))
    runs.runs_path(settings).write_text("{")
    assert runs.latest(settings) == []
    runs.record(settings, run(2))
    assert runs.latest(settings) == [run(2)]
