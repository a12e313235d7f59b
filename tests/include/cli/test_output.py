"""What commands print for programs (`--json`) and for people, over one home."""

import base64
import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.include.cli.conftest import BROKEN, SESSION, Filled
from tests.include.cli.terminal import Terminal

# Commands that change nothing, and a key that their `totals` must have.
READING = {
    ("usage", "daily"): "cost_usd",
    ("usage", "tools"): "calls",
    ("files", "README.md", "--reads"): "operations",
    ("dead-letters", "list"): "dead_letters",
    ("iceberg", "info"): "rows",
    ("iceberg", "snapshots"): "count",
    ("iceberg", "create"): "count",
    ("iceberg", "expire"): "snapshots_expired",
    ("status",): "pending",
    ("forget", "--session", SESSION, "--dry-run"): "documents",
    ("sync", "--once"): "stored",
}


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_json_is_one_object_of_rows_and_totals(
    terminal: Terminal, filled: Filled, command: tuple[str, ...]
) -> None:
    done = terminal.run(filled.settings, *command, "--json")
    assert (done.code, done.err) == (0, "")
    assert isinstance(done.json["rows"], list)
    assert READING[command] in done.json["totals"]


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_the_same_command_says_it_to_people(
    terminal: Terminal, filled: Filled, command: tuple[str, ...]
) -> None:
    done = terminal.run(filled.settings, *command)
    assert done.code == 0
    assert not done.out.lstrip().startswith("{")
    assert done.out.strip()


def test_usage_comes_to_what_the_sample_was_made_of(terminal: Terminal, filled: Filled) -> None:
    printed = terminal.run(filled.settings, "usage", "model", "--json").out
    totals = json.loads(printed, parse_float=Decimal)["totals"]
    for name, value in totals.items():
        assert Decimal(value) == Decimal(filled.totals[name]), name


def test_a_run_without_anything_new_says_so(terminal: Terminal, filled: Filled) -> None:
    done = terminal.run(filled.settings, "pipeline", "--json").json
    assert (done["extracted"]["documents"], done["loaded"]["rows_added"], done["gold"]) == (
        0,
        0,
        None,
    )
    assert "gold is up to date" in terminal.run(filled.settings, "pipeline").out


def test_single_steps_count_what_they_did(terminal: Terminal, filled: Filled) -> None:
    assert terminal.run(filled.settings, "extract", "--json").json["documents"] == 0
    assert terminal.run(filled.settings, "extract").out.startswith("0 entries, 0 blocks")
    assert terminal.run(filled.settings, "extract", "--compact", "--json").json["orphan_files"] == 0
    assert terminal.run(filled.settings, "load", "--json").json["rows_added"] == 0
    # Not of the lake that gold is made from: it would then be behind that lake.
    day = ("--iceberg", "--since", "2026-10-20", "--until", "2026-10-21")
    again = terminal.run(filled.settings, "extract", *day, "--json").json
    assert again["documents"] > 0


def test_search_takes_the_beginning_of_a_session(terminal: Terminal, filled: Filled) -> None:
    whole = terminal.run(filled.settings, "search", "quokka", "--session", SESSION, "--json").json
    begun = ("search", "quokka", "--session", SESSION[:8], "--json")
    assert terminal.run(filled.settings, *begun).json == whole
    assert whole["total"] > 0


def test_search_finds_and_lets_no_escape_reach_the_terminal(
    terminal: Terminal, filled: Filled
) -> None:
    found = terminal.run(filled.settings, "search", "quokka", "--json").json
    assert (found["total"], found["rows"][0]["session_id"]) == (1, SESSION)
    done = terminal.run(filled.settings, "search", "quokka")
    assert done.out.endswith("1 hit, 1 shown\n")
    assert "\x1b[31m" not in done.out


@pytest.mark.parametrize(
    ("arguments", "total"),
    [
        (("quokka", "--kind", "prompt"), 1),
        (("quokka", "--kind", "answer"), 0),
        (("quokka", "--project", "-srv-own"), 1),
        (("quokka", "--host", "desk"), 1),
        (("quokka", "--since", "2026-10-21"), 0),
        (("quokka", "--until", "2026-10-20"), 1),
        (("--regex", "quo(k+)a"), 1),
        (("/QUO[k]+a/",), 1),
        (("quokka", "kind:prompt", "host:desk"), 1),
        (("quokka", "-said"), 0),
        (('"quokka said"',), 1),
        (('"said quokka"',), 0),
        (("uokk",), 1),
        (("quok*",), 1),
    ],
)
def test_search_takes_its_filters_and_its_grammar(
    terminal: Terminal, filled: Filled, arguments: tuple[str, ...], total: int
) -> None:
    done = terminal.run(filled.settings, "search", *arguments, "--json")
    assert (done.code, done.json["total"]) == (0, total)


def test_search_shows_the_page_that_was_asked_for(terminal: Terminal, filled: Filled) -> None:
    every = terminal.run(filled.settings, "search", "the", "--limit", "6", "--json").json
    page = ("--limit", "3", "--offset", "3", "--json")
    second = terminal.run(filled.settings, "search", "the", *page).json
    assert second["rows"] == every["rows"][3:]
    assert second["total"] == every["total"] > len(every["rows"])


def test_a_dead_letter_is_shown_harmlessly_and_whole(terminal: Terminal, filled: Filled) -> None:
    (row,) = terminal.run(filled.settings, "dead-letters", "list", "--json").json["rows"]
    number = str(row["id"])
    assert "\x1b" not in terminal.run(filled.settings, "dead-letters", "show", number).out
    (whole,) = terminal.run(filled.settings, "dead-letters", "show", number, "--json").json["rows"]
    assert base64.b64decode(whole["raw_base64"]).rstrip(b"\n") == BROKEN
    exported = terminal.run(filled.settings, "dead-letters", "export").out.splitlines()
    assert [json.loads(line)["id"] for line in exported] == [row["id"]]
    tried = terminal.run(filled.settings, "dead-letters", "retry", number, "--json").json
    assert tried["totals"] == {"retried": 0, "left": 1}


def test_a_backup_is_counted_and_restored(
    terminal: Terminal, filled: Filled, tmp_path: Path
) -> None:
    folder = str(tmp_path / "backup")
    saved = terminal.run(filled.settings, "backup", folder, "--json").json["totals"]
    assert saved["documents"] > filled.totals["entries"]
    other = filled.settings.model_copy(
        update={"cca_home": tmp_path / "home", "mongo_db": f"{filled.settings.mongo_db}_2"}
    )
    restored = terminal.run(other, "restore", folder, "--json").json["totals"]
    assert restored["stored"] == restored["documents"] == saved["documents"]
    assert restored["is_buffer_restored"] is True
    refused = terminal.run(other, "restore", folder)
    assert refused.code == 1
    assert "--merge" in refused.err
    merged = terminal.run(other, "restore", folder, "--merge", "--json").json["totals"]
    assert merged["stored"] == 0
    gone = terminal.run(other, "forget", "--host", "desk", "--yes", "--json").json["totals"]
    assert gone["documents"] == saved["documents"]


def test_doctor_finds_the_stores_in_step(terminal: Terminal, filled: Filled) -> None:
    done = terminal.run(filled.settings, "doctor", "--data", "--json")
    assert [row for row in done.json["rows"] if row["status"] == "fail"] == []
    assert done.code == 0
    assert {"ok", "warn", "fail", "unknown"} == done.json["totals"].keys()


def test_an_export_is_json_of_the_session(terminal: Terminal, filled: Filled) -> None:
    done = terminal.run(filled.settings, "export", "--session", SESSION, "--format", "json")
    assert SESSION in json.dumps(done.json)
    assert "quokka" in done.out


def test_an_export_takes_the_beginning_of_one_sessions_id(
    terminal: Terminal, filled: Filled
) -> None:
    done = terminal.run(filled.settings, "export", "--session", SESSION[:-2])
    assert "quokka" in done.out


def test_a_status_where_nothing_runs_says_how_to_start_it(
    terminal: Terminal, filled: Filled
) -> None:
    assert "`cca up --light`" in terminal.run(filled.settings, "status").out


def test_usage_without_recorded_limits_names_what_records_them(
    terminal: Terminal, filled: Filled
) -> None:
    done = terminal.run(
        filled.settings, "usage", "limits", "--since", "2020-01-01", "--until", "2020-01-02"
    )
    assert (done.code, done.out) == (0, "")
    assert "docs/limits.md" in done.err


def test_iceberg_goes_back_and_forth(terminal: Terminal, filled: Filled) -> None:
    snapshots = terminal.run(filled.settings, "iceberg", "snapshots", "--json").json["rows"]
    assert [row["is_current"] for row in snapshots].count(True) == 1
    current = next(row for row in snapshots if row["is_current"])
    back = ("iceberg", "rollback", "--snapshot", str(current["snapshot_id"]), "--json")
    (row,) = terminal.run(filled.settings, *back).json["rows"]
    assert row["rows"] == current["rows"]


def test_a_question_is_asked_before_anything_is_deleted(terminal: Terminal, filled: Filled) -> None:
    """There is no one at the terminal, so the answer is no."""
    for command in (("forget", "--session", SESSION), ("iceberg", "drop")):
        done = terminal.run(filled.settings, *command)
        assert done.code == 1
        assert "Aborted!" in done.err
    assert terminal.run(filled.settings, "search", "quokka", "--json").json["total"] == 1


def test_a_file_has_its_sessions_by_its_whole_path_or_its_end(
    terminal: Terminal, filled: Filled
) -> None:
    query = (
        "select file_path, count(*) as n, sum(lines_added) as added "
        "from fct_file_operations where operation <> 'read' group by 1 order by n desc, 1 limit 1"
    )
    wanted = terminal.run(filled.settings, "query", query, "--json").json["rows"][0]
    path = wanted["file_path"]
    for name in (path, "/".join(Path(path).parts[-2:])):
        done = terminal.run(filled.settings, "files", name, "--json").json
        assert done["totals"]["operations"] == int(wanted["n"])
        assert done["totals"]["lines_added"] == int(wanted["added"])
        assert any(row["prompt"] for row in done["rows"])
    shown = terminal.run(filled.settings, "files", path).out
    assert done["rows"][0]["session_id"] in shown
    assert "no session changed none.xyz" in terminal.run(filled.settings, "files", "none.xyz").out
