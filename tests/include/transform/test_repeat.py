"""A build repeats dbt's statements of the build before, and gives what dbt gives."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dbt_common.events.base_types import EventMsg

from cca.errors import WarehouseError
from cca.settings import Settings
from cca.transform import prepared, recording
from cca.transform.build import transform
from cca.transform.nodes import NodeDone, TransformReport
from cca.transform.prepare import prepare
from cca.transform.recording import Kind, Recorder
from cca.transform.repeat import OtherKind, repeat
from tests.dbt.rows import Row, answer, block, build_settings, entry, run, write_raw

KEY = "the same code"
COMES_WITH_CCA = prepared.folder
T0 = datetime(2026, 11, 1, tzinfo=UTC)
# Without what tells of the build itself: which sessions it touched, and how it went.
TABLES = (
    "select table_schema || '.' || table_name from information_schema.tables "
    "where table_schema in ('intermediate', 'marts') "
    "and table_name not in ('int_session_states', 'fct_build_results') order by 1"
)
BUILDS = (
    "select is_repeated, row_count from marts.fct_build_results "
    "where node = 'dim_sessions' order by build_at"
)
PASSES = "select count(*) as failures, false as should_warn, count(*) > 9 as should_error from t"


def node(name: str, second: int) -> NodeDone:
    """A node whose name says what it is."""
    kind = name.split("_", maxsplit=1)[0]
    kind = kind if kind in ("test", "seed") else "model"
    severity = "warn" if "warns" in name else "error"
    ended = T0 + timedelta(seconds=second)
    return NodeDone(
        name, kind, "", 1.0, f"{kind}.cca.{name}", started_at=T0, ended_at=ended, severity=severity
    )


def recorded(settings: Settings, **statements: list[str]) -> Kind | None:
    """The kind of a recording of nodes that ended in this order; names with `test` are tests."""
    recorder = Recorder()
    nodes = []
    for second, (name, each) in enumerate(statements.items()):
        nodes.append(node(name, second))
        recorder.statements[nodes[-1].unique_id] = each
    recorder.statements["operation.cca.end"] = ["insert into ends values (1)"]
    return recording.keep(settings, KEY, reversed(nodes), recorder)


def kept(settings: Settings) -> list[Path]:
    """The recordings of a home, the one of a full refresh first."""
    return sorted((settings.cca_home / "dbt").glob("recording-*.json"))


@pytest.fixture
def shop(tmp_path: Path) -> Settings:
    settings = build_settings(tmp_path)
    settings.warehouse_path.parent.mkdir()
    run(settings, "create table t (n integer); create table ends (n integer)")
    return settings


def test_statements_run_in_the_order_in_which_nodes_ended(shop: Settings) -> None:
    assert recorded(
        shop,
        first=["BEGIN", "drop table t; create table t as select 1 as n", "COMMIT"],
        second=["describe (select * from t)", "insert into t select max(n) + 1 from t"],
        test_t=[PASSES],
    )
    seen: list[NodeDone] = []
    nodes = repeat(shop, Kind.SOME, KEY, seen.append)
    assert nodes == tuple(seen)
    assert [(each.name, each.status) for each in seen] == [
        ("first", "success"), ("second", "success"), ("test_t", "pass"),
    ]  # fmt: skip
    assert run(shop, "select n from t order by n") == [(1,), (2,)]
    assert run(shop, "select n from ends") == [(1,)]


def test_a_test_that_only_warns_holds_nothing_back(shop: Settings) -> None:
    says = PASSES.replace("false", "count(*) > 0").replace("> 9", "> 0")
    assert recorded(shop, first=["insert into t values (1)"], test_warns=[says])
    nodes = repeat(shop, Kind.SOME, KEY, None)
    assert nodes
    assert [(each.name, each.status, each.failures) for each in nodes] == [
        ("first", "success", None), ("test_warns", "warn", 1),
    ]  # fmt: skip
    assert run(shop, "select n from ends") == [(1,)]


def test_other_code_has_another_recording(shop: Settings) -> None:
    assert recorded(shop, first=["insert into t values (1)"])
    assert repeat(shop, Kind.SOME, "other code", None) is None
    assert run(shop, "select n from t") == []


def test_a_view_that_was_dropped_is_made_again(shop: Settings) -> None:
    assert recorded(shop, v=["create or replace view v as select 1", "comment on view v is 'x'"])
    assert repeat(shop, Kind.SOME, KEY, None) is not None
    assert run(shop, "select comment from duckdb_views() where view_name = 'v'") == [("x",)]


def test_a_seed_that_is_gone_is_left_to_dbt(shop: Settings) -> None:
    assert recorded(shop, seed_t=["drop table t"])
    assert repeat(shop, Kind.SOME, KEY, None) is None


STATES = [
    "drop table if exists t; create table t as select 1 as n",
    "select coalesce(bool_and(n = 1), true) from t",
]
DROPS = "drop table if exists ends"
CREATES = ["create table ends as select 0 as n"]


def test_a_full_build_finds_what_it_dropped_before_it_creates(shop: Settings) -> None:
    assert recorded(shop, states=[*STATES, DROPS], later=CREATES) is Kind.FULL
    assert repeat(shop, Kind.FULL, KEY, None) is not None
    assert run(shop, "select n from ends order by n") == [(0,), (1,)]


def test_a_full_build_makes_schemas_tables_and_seeds_in_an_empty_warehouse(shop: Settings) -> None:
    seed = 'create table "analytics"."colours"."seed_c" (name varchar)'
    said = """insert into "analytics"."colours"."seed_c" values ('red')\n    ..."""
    assert recorded(shop, states=[*STATES, DROPS], seed_c=[seed, said], later=CREATES)
    for _ in range(2):
        run(shop, "drop table t")
        assert repeat(shop, Kind.FULL, KEY, None) is not None
        assert run(shop, "select name from colours.seed_c") == [("red",)]


def test_a_full_build_replaces_a_table_by_a_view_and_a_view_by_a_table(shop: Settings) -> None:
    run(shop, "create schema colours; create table colours.v as select 0 as n")
    run(shop, "create view colours.made as select 0 as n; create table v as select 7 as n")
    view = 'create or replace view "analytics"."colours"."v" as select 2 as n'
    table = [
        'drop table if exists "analytics"."colours"."made"',
        'create table "analytics"."colours"."made" as select 3 as n',
    ]
    assert recorded(shop, states=[*STATES, DROPS], v=[view], made=table, ends=CREATES) is Kind.FULL
    assert repeat(shop, Kind.FULL, KEY, None) is not None
    assert run(shop, "select n from colours.v union all select n from colours.made") == [(2,), (3,)]
    # One of the same name that a person made stays.
    assert run(shop, "select n from main.v") == [(7,)]


def test_a_build_of_all_sessions_leaves_the_recording_of_some_for_the_next(shop: Settings) -> None:
    assert recorded(shop, states=STATES, later=["insert into ends values (5)"]) is Kind.SOME
    with pytest.raises(OtherKind):
        repeat(shop, Kind.SOME, KEY, None)
    assert run(shop, "select n from ends") == []
    assert len(kept(shop)) == 1


def test_a_table_that_is_gone_asks_for_a_full_build(shop: Settings) -> None:
    assert recorded(shop, first=["insert into gone values (1)"]) is Kind.SOME
    with pytest.raises(OtherKind):
        repeat(shop, Kind.SOME, KEY, None)
    assert len(kept(shop)) == 1


def test_a_build_of_all_sessions_that_reads_what_the_last_one_made_is_no_full_one(
    shop: Settings,
) -> None:
    run(shop, "insert into ends values (1)")
    reads = ["drop table if exists t; create table t as select n from ends", STATES[1], DROPS]
    assert recorded(shop, states=reads, later=["create table ends as select 1 as n"]) is Kind.ALL
    assert repeat(shop, Kind.ALL, KEY, None) is not None
    assert repeat(shop, Kind.FULL, KEY, None) is None


def test_recordings_of_other_code_go_and_those_of_this_stay(shop: Settings) -> None:
    assert recorded(shop, first=["insert into t values (1)"])
    recording.forget(shop, but=KEY)
    assert len(kept(shop)) == 1
    recording.forget(shop, but="other code")
    assert kept(shop) == []


def test_a_build_that_made_its_tables_cannot_be_repeated(shop: Settings) -> None:
    assert not recorded(shop, first=["create  table\n  new as select 1"])
    assert repeat(shop, Kind.SOME, KEY, None) is None


@pytest.mark.parametrize(
    "statements",
    [
        {"first": ["insert into t values (1)"], "test_t": [PASSES.replace("> 9", "> 0")]},
        {"first": ["insert into t values (1)", "insert into t values ('x')"]},
    ],
    ids=["a failing test", "a failing statement"],
)
def test_what_goes_another_way_is_left_to_dbt_and_ends_nothing(
    shop: Settings, statements: dict[str, list[str]]
) -> None:
    assert recorded(shop, **statements)
    assert repeat(shop, Kind.SOME, KEY, None) is None
    assert run(shop, "select n from ends") == []
    # The next build does not try the same again.
    assert repeat(shop, Kind.SOME, KEY, None) is None


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", '{"key": "the same code"}', '{"key": "the same code", "steps": [5]}'],
)
def test_a_damaged_recording_is_left_to_dbt(shop: Settings, text: str) -> None:
    assert recorded(shop, first=["insert into t values (1)"])
    (path,) = kept(shop)
    path.write_text(text)
    assert repeat(shop, Kind.SOME, KEY, None) is None


def test_a_recorder_keeps_the_statement_without_dbts_note() -> None:
    from dbt.adapters.events.types import SQLQuery  # noqa: PLC0415  (loads dbt)
    from dbt_common.events.base_types import EventLevel, msg_from_base_event  # noqa: PLC0415

    said: EventMsg = msg_from_base_event(
        SQLQuery(
            conn_name="c",
            sql='/* {"app": "dbt"} */\n\n  select 1',
            node_info={"unique_id": "model.cca.m"},
        ),
        EventLevel.DEBUG,
    )
    recorder = Recorder()
    recorder(said)
    assert recorder.statements == {"model.cca.m": ["select 1"]}


def rows(names: str) -> tuple[list[Row], list[Row]]:
    """A session for each name; those in upper case went on."""
    entries: list[Row] = []
    for number, name in enumerate(names):
        session, at = name.lower(), number * 1000.0
        entries += [
            entry(session, at, text=f"Do {session}", prompt_source="typed", uuid=f"{session}-1"),
            answer(session, at + 5, f"m-{session}", uuid=f"{session}-2", output_tokens=5),
        ]
        if name.isupper():
            further = f"m-{session}-2"
            entries += [answer(session, at + 9, further, uuid=f"{session}-3", output_tokens=7)]
    calls = [
        block(each, "tool_use", tool_use_id=f"t-{each['uuid']}", tool_name="Bash")
        for each in entries
        if each["has_usage"]
    ]
    return entries, calls


def contents(settings: Settings) -> dict[str, list[str]]:
    return {
        name: sorted(str(row) for row in run(settings, f"from {name}"))
        for (name,) in run(settings, TABLES)
    }


@pytest.fixture(scope="module")
def third(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, TransformReport]]:
    """A home after three builds: all new, more of one session, and one gone, longer and new.

    It finds no recordings that come with cca, so dbt does the first two.
    """
    folder = tmp_path_factory.mktemp("repeat")
    settings = build_settings(
        folder, timezone="Asia/Kolkata", duckdb_path=folder / "warehouse" / "my-shop.db"
    )
    reports = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepared, "folder", lambda: folder / "none")
        for names in ("abc", "abC", "aBD"):
            write_raw(settings, *rows(names))
            reports.append(transform(settings))
        assert [each.is_repeated for each in reports] == [False, False, True]
        yield settings, reports[-1]


@pytest.fixture(scope="module")
def found(third: tuple[Settings, TransformReport]) -> dict[str, list[str]]:
    """What the third build made, before anything else."""
    return contents(third[0])


def told(recorded: dict[str, Any]) -> dict[str, Any]:
    """A recording without what differs from run to run: order, and the names of helper tables."""
    text = re.sub(r"__dbt_tmp\d+", "__dbt_tmp", json.dumps(recorded["steps"]))
    return {
        "steps": {step["unique_id"]: step for step in json.loads(text)},
        "schemas": recorded["schemas"],
        "hooks": [sorted(re.findall(r"[\w.]+", each)) for each in recorded["hooks"]],
    }


def test_what_comes_with_cca_is_what_dbt_ran_in_this_home(
    third: tuple[Settings, TransformReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, _ = third
    by_dbt = [told(json.loads(path.read_bytes())) for path in kept(settings)]
    monkeypatch.setattr(prepared, "folder", COMES_WITH_CCA)
    prepare()
    brought = [
        told(json.loads(prepared.text_for(settings, f"{kind}.json")))
        for kind in (Kind.FULL, Kind.SOME)
    ]
    assert len(by_dbt[0]["steps"]) > 150
    assert by_dbt == brought


def test_a_home_whose_first_build_needs_no_dbt_has_the_same_rows(
    found: dict[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "folder", COMES_WITH_CCA)
    prepare()
    home = build_settings(tmp_path, timezone="Asia/Kolkata")
    for names in ("abC", "aBD"):
        write_raw(home, *rows(names))
        assert transform(home).is_repeated
    again = contents(home)
    assert [name for name in found if again[name] != found[name]] == []


def test_a_build_that_finds_every_session_touched_is_repeated_too(
    third: tuple[Settings, TransformReport], found: dict[str, list[str]]
) -> None:
    settings, _ = third
    assert found
    for touched in ("Abd", "aBD"):
        # Each session has another number of entries than before.
        write_raw(settings, *rows(touched))
        report = transform(settings)
    assert report.is_repeated
    again = contents(settings)
    assert [name for name in again if again[name] != found[name]] == []


def test_wrong_data_is_found_by_a_repeated_build_and_told_by_dbt(
    third: tuple[Settings, TransformReport], found: dict[str, list[str]]
) -> None:
    settings, _ = third
    assert found
    same = answer("s", 0, "m")
    write_raw(settings, [*rows("aBD")[0], same, same], [])
    some = [path for path in kept(settings) if "some" in path.name]
    assert some
    with pytest.raises(WarehouseError, match="unique_stg_conversations_document_id"):
        transform(settings)
    assert not some[0].exists()


def test_the_third_build_repeats_the_second_and_equals_a_full_refresh(
    third: tuple[Settings, TransformReport], found: dict[str, list[str]]
) -> None:
    settings, report = third
    assert found["marts.dim_sessions"]
    assert {each.name for each in report.nodes} >= {name.split(".")[1] for name in found}
    write_raw(settings, *rows("aBD"))
    recording.forget(settings)
    assert not transform(settings, full_refresh=True).is_repeated
    again = contents(settings)
    assert [name for name in again if again[name] != found[name]] == []


def test_the_next_full_refresh_repeats_dbts_and_mends_what_was_changed_by_hand(
    third: tuple[Settings, TransformReport], found: dict[str, list[str]]
) -> None:
    settings, _ = third
    # Recorded at the least by this one.
    transform(settings, full_refresh=True)
    run(settings, "delete from marts.dim_sessions; drop view marts.fct_messages")
    run(settings, "update intermediate.int_api_messages set output_tokens = 0")
    assert transform(settings, full_refresh=True).is_repeated
    again = contents(settings)
    assert [name for name in again if again[name] != found[name]] == []


def test_gold_tells_how_each_build_went(
    third: tuple[Settings, TransformReport], found: dict[str, list[str]]
) -> None:
    builds = run(third[0], BUILDS)[:3]
    assert builds == [(False, 3), (False, 3), (True, len(found["marts.dim_sessions"]))]
