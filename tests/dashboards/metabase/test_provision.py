"""The provisioner brings a Metabase to what the code says, and leaves everything else alone."""

import json
import shutil
import stat
from pathlib import Path

import pytest

from cca.dashboards.metabase import provision as provisioner
from cca.dashboards.metabase.boards import BOARDS_DIR, Board, load_boards
from cca.dashboards.metabase.provision import Change, Options
from cca.doctor.checks import all_checks
from cca.errors import ServiceDown, SettingError
from cca.publish import metabase
from cca.publish.gold import publish
from cca.publish.metabase_key import key_path
from cca.settings import Settings, child_environment
from tests.dashboards.metabase.fake_metabase import EMAIL, FakeMetabase

BOARDS = load_boards()
QUESTIONS = sum(len(board.questions) for board in BOARDS)


def provision(site: Settings, options: Options, boards: tuple[Board, ...] = BOARDS) -> list[Change]:
    """Boards are read once for all tests: parsing them is most of the work."""
    return provisioner.provision(site, options, boards=boards)


def actions(changes: list) -> set[tuple[str, str]]:
    return {(change.kind, change.action) for change in changes if change.action != "unchanged"}


def test_a_new_metabase_gets_everything_and_a_second_run_changes_nothing(
    fake: FakeMetabase, site: Settings
) -> None:
    provision(site, Options())
    assert len(fake.cards) == QUESTIONS
    assert {each["name"] for each in fake.dashboards.values()} == {board.name for board in BOARDS}
    assert {len(each["dashcards"]) for each in fake.dashboards.values()} == {
        len(board.questions) for board in BOARDS
    }
    fake.writes.clear()
    again = provision(site, Options())
    assert fake.writes == []
    assert {change.action for change in again} == {"unchanged"}


def test_its_key_is_kept_for_its_user_alone_and_used_instead_of_the_password(
    fake: FakeMetabase, site: Settings
) -> None:
    provision(site, Options())
    path = key_path(site)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == fake.keys["cca"]
    without_password = site.model_copy(update={"metabase_password": ""})
    assert actions(provision(without_password, Options())) == set()
    path.unlink()
    provision(site, Options())
    assert path.read_text() == fake.keys["cca"], "a lost key is created again"


def test_a_changed_question_updates_one_card(
    fake: FakeMetabase, site: Settings, tmp_path: Path
) -> None:
    provision(site, Options())
    fake.writes.clear()
    folder = changed_boards(tmp_path, "about: By successful edits and writes.", "about: Anew.", 1)
    changes = provision(site, Options(), boards=load_boards(folder))
    assert [shape for shape, _ in fake.writes] == ["PUT /api/card/N"]
    assert fake.writes[0][1]["description"].startswith("Anew.\n\nMade by cca: code_changes/")
    assert actions(changes) == {("question", "updated")}


def test_what_left_the_code_is_archived_and_what_people_made_stays(
    fake: FakeMetabase, site: Settings, tmp_path: Path
) -> None:
    provision(site, Options())
    collection = next(e["collection_id"] for e in fake.cards.values())
    mine = {"name": "mine", "description": "of my own", "collection_id": collection}
    fake.cards[9999] = {"id": 9999, "archived": False, **mine}
    folder = tmp_path / "boards"
    shutil.copytree(BOARDS_DIR, folder)
    gone = next(board for board in BOARDS if board.key == "code_changes")
    (folder / "code_changes.yaml").unlink()
    changes = provision(site, Options(), boards=load_boards(folder))
    assert actions(changes) == {("question", "archived"), ("dashboard", "archived")}
    archived = [card["name"] for card in fake.cards.values() if card["archived"]]
    assert archived == [question.name for question in gone.questions]
    assert not fake.cards[9999]["archived"]
    back = provision(site, Options())
    assert ("dashboard", "created") in actions(back)


def test_a_removed_question_leaves_its_dashboard_before_it_is_archived(
    fake: FakeMetabase, site: Settings, tmp_path: Path
) -> None:
    provision(site, Options())
    folder = tmp_path / "boards"
    shutil.copytree(BOARDS_DIR, folder)
    text = (folder / "code_changes.yaml").read_text()
    (folder / "code_changes.yaml").write_text(text[: text.index("  - key: languages")])
    changes = provision(site, Options(), boards=load_boards(folder))
    assert actions(changes) == {("question", "archived"), ("dashboard", "updated")}
    shown = {p["card_id"] for each in fake.dashboards.values() for p in each["dashcards"]}
    assert not any(fake.cards[number]["archived"] for number in shown)


def test_what_people_added_to_a_dashboard_stays_when_its_code_changes(
    fake: FakeMetabase, site: Settings, tmp_path: Path
) -> None:
    """A text of theirs that our cards would cover moves below them; a filter keeps its place."""
    provision(site, Options())
    board = next(each for each in fake.dashboards.values() if each["name"] == "Code changes")
    tab = {"id": 70, "name": "All"}
    text = {"id": 901, "row": 0, "col": 0, "size_x": 24, "size_y": 1,
            "visualization_settings": {"text": "Ask Ada."}}  # fmt: skip
    own = {"id": 9999, "archived": False, "collection_id": None, "name": "mine", "description": "",
           "dataset_query": {"native": {"template-tags": {}}}}  # fmt: skip
    fake.cards[9999] = own
    card = text | {"id": 902, "card_id": 9999, "row": 90, "dashboard_tab_id": 71}
    mine = [text | {"dashboard_tab_id": 70}, card]
    board["tabs"] = [tab, {"id": 71, "name": "Ours"}]
    board["dashcards"] = [each | {"dashboard_tab_id": 70} for each in board["dashcards"]] + mine
    board["parameters"].append({"id": "theirs", "name": "Theirs", "type": "string/="})
    folder = changed_boards(tmp_path, "size: 8x3", "size: 8x4", 3)
    changes = provision(site, Options(), boards=load_boards(folder))
    assert actions(changes) == {("dashboard", "updated")}
    places = {each["id"]: each for each in board["dashcards"]}
    ours = [each for number, each in places.items() if number not in {901, 902}]
    assert {each["dashboard_tab_id"] for each in ours} == {70}
    assert places[901]["visualization_settings"] == {"text": "Ask Ada."}
    assert places[901]["row"] >= max(each["row"] + each["size_y"] for each in ours)
    assert (places[902]["card_id"], places[902]["row"]) == (9999, 90)
    assert [each["name"] for each in board["tabs"]] == ["All", "Ours"]
    assert "theirs" in {each["id"] for each in board["parameters"]}


def test_a_dry_run_says_the_same_and_sends_nothing(
    fake: FakeMetabase, site: Settings, tmp_path: Path
) -> None:
    planned = provision(site, Options(is_dry_run=True))
    assert len([each for each in planned if each.kind == "question"]) == QUESTIONS
    assert fake.writes == []
    assert not site.metabase_dir.exists()
    provision(site, Options())
    fake.writes.clear()
    folder = changed_boards(tmp_path, "about: By successful edits and writes.", "about: Anew.", 1)
    changes = provision(site, Options(is_dry_run=True), boards=load_boards(folder))
    assert actions(changes) == {("question", "updated")}
    assert fake.writes == []


def test_a_dry_run_without_a_metabase_says_what_a_new_one_would_get(
    site: Settings, tmp_path: Path
) -> None:
    away = site.model_copy(update={"metabase_url": "http://127.0.0.1:9"})
    without_gold = away.model_copy(update={"cca_home": tmp_path / "nowhere"})
    said: list[str] = []
    planned = provisioner.provision(without_gold, Options(is_dry_run=True), said.append, BOARDS)
    names = {(change.kind, change.name) for change in planned if change.action == "created"}
    assert {("dashboard", board.name) for board in BOARDS} < names
    assert {("question", q.name) for board in BOARDS for q in board.questions} < names
    assert said == [
        "Metabase not reached at http://127.0.0.1:9: as in a new one, everything would be new"
    ]
    # Who waits for one wants to know of it.
    with pytest.raises(ServiceDown, match="does not answer"):
        provision(away, Options(wait_seconds=0.01, is_dry_run=True))


def test_descriptions_of_dbt_reach_tables_and_columns(fake: FakeMetabase, site: Settings) -> None:
    """A sync takes comments only where it finds a table for the first time."""
    fake.has_comments = False
    provision(site, Options())
    tables = {each["name"]: each for each in fake.tables.values()}
    facts = tables["fct_api_messages"]
    assert facts["description"].startswith("One row per API message")
    fields = {
        each["name"]: each for each in fake.fields.values() if each["table_id"] == facts["id"]
    }
    assert fields["cost_usd"]["description"].startswith("Cost of the tokens in USD")
    assert {name for name, each in fields.items() if each["has_field_values"] == "list"} == {
        "project_key",
        "model",
        "host",
    }


def test_rows_open_the_conversation_in_the_browser(fake: FakeMetabase, site: Settings) -> None:
    provision(site, Options())
    card = next(each for each in fake.cards.values() if each["name"] == "Most expensive sessions")
    settings = card["visualization_settings"]["column_settings"]
    link = settings['["name","title"]']
    assert link["link_url"] == "http://localhost:3456/?session={{session_id}}"
    assert '["name","session_id"]' in settings, "a link can only use what the question gives"
    shown = card["visualization_settings"]["table.columns"]
    assert [each["name"] for each in shown if not each["enabled"]] == ["session_id"]
    assert settings['["name","cost_usd"]']["number_style"] == "currency"
    card = next(each for each in fake.cards.values() if each["name"] == "Most expensive findings")
    link = card["visualization_settings"]["column_settings"]['["name","kind"]']
    assert link["link_url"] == "http://localhost:3456/?session={{session_id}}&m={{entry}}"
    card = next(each for each in fake.cards.values() if each["name"] == "Project ranking")
    link = card["visualization_settings"]["column_settings"]['["name","project_name"]']
    assert link["link_url"] == "http://localhost:3456/?project={{project_key}}", "slugs are shared"


def test_a_line_for_each_model_has_a_gap_where_a_week_has_none(
    fake: FakeMetabase, site: Settings
) -> None:
    """The names of the lines are values, so what stands for all of them says it."""
    provision(site, Options())
    card = next(each for each in fake.cards.values() if each["name"] == "Corrected by week")
    assert card["visualization_settings"]["line.missing"] == "none"
    assert card["visualization_settings"]["graph.y_axis.auto_split"] is False, "one unit, one axis"


def test_metabase_reads_the_file_of_each_publish(
    fake: FakeMetabase, site: Settings, gold_home: Settings, tmp_path: Path
) -> None:
    provision(site, Options())
    newer = tmp_path / "gold" / "gold-99.duckdb"
    shutil.copytree(gold_home.gold_dir, newer.parent)
    shutil.copy(gold_home.gold_path, newer)
    moved = site.model_copy(update={"metabase_gold_dir": newer.parent})
    assert metabase.point_to(moved, newer)
    assert fake.database_file == str(newer)
    (database,) = fake.databases.values()
    assert database["details"]["read_only"] is True
    assert len(fake.cards) == QUESTIONS


def test_publishing_points_metabase_to_the_new_file(
    fake: FakeMetabase, site: Settings, gold_home: Settings, tmp_path: Path
) -> None:
    shutil.copytree(gold_home.cca_home, tmp_path / "copy", symlinks=True)
    mine = site.model_copy(update={"cca_home": tmp_path / "copy"})
    provision(mine, Options())
    before = fake.database_file
    published = publish(mine)
    assert fake.database_file == str(published) != before
    (database_check,) = [each for each in all_checks(mine) if each.name == "Metabase"]
    assert database_check.status == "ok", database_check
    metabase.point_to(mine, Path(before))
    (database_check,) = [each for each in all_checks(mine) if each.name == "Metabase"]
    assert database_check.status == "warn"
    assert published.name in database_check.detail


@pytest.mark.parametrize("key", ["", "mb_wrong"])
def test_publishing_never_fails_by_a_metabase_that_is_away_or_refuses(
    site: Settings, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    refused = site.model_copy(update={"metabase_api_key": key})
    assert metabase.point_to(refused, refused.gold_path) is False
    away = refused.model_copy(update={"metabase_url": "http://127.0.0.1:9"})
    assert metabase.point_to(away, away.gold_path) is False
    assert ("METABASE_URL" in caplog.text) is bool(key)
    assert "mb_wrong" not in caplog.text


def test_errors_name_address_setting_and_fix(fake: FakeMetabase, site: Settings) -> None:
    away = site.model_copy(update={"metabase_url": "http://127.0.0.1:9"})
    with pytest.raises(ServiceDown, match=r"127\.0\.0\.1:9 does not answer.*METABASE_URL"):
        provision(away, Options())
    no_password = site.model_copy(update={"metabase_password": ""})
    with pytest.raises(SettingError, match=rf"METABASE_PASSWORD.*{EMAIL}"):
        provision(no_password, Options())
    provision(site, Options())
    key_path(site).unlink()
    wrong = site.model_copy(update={"metabase_password": "wrong"})
    with pytest.raises(SettingError, match=r"refuses POST /api/session.*METABASE_PASSWORD") as said:
        provision(wrong, Options())
    assert "wrong" not in str(said.value)
    bad_key = site.model_copy(update={"metabase_api_key": "mb_0"})
    with pytest.raises(SettingError, match="METABASE_API_KEY"):
        provision(bad_key, Options())
    fake.version = "v0.54.9"
    with pytest.raises(ServiceDown, match=r"v0\.54\.9; cca needs v0\.55"):
        provision(site, Options())


def test_a_gold_folder_that_metabase_cannot_see_is_named(site: Settings, tmp_path: Path) -> None:
    blind = site.model_copy(update={"metabase_gold_dir": tmp_path / "nowhere"})
    with pytest.raises(ServiceDown, match=r"POST /api/database: 400 .*nowhere"):
        provision(blind, Options())


def test_the_command_prints_what_it_did(fake: FakeMetabase, site: Settings) -> None:
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    def run(*arguments: str) -> dict:
        command = [sys.executable, "-c", "from cca.cli import main; main()", "metabase"]
        done = subprocess.run(
            [*command, "provision", "--json", *arguments],
            env=child_environment(site.as_environment()),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    assert run("--dry-run")["totals"] == {"created": QUESTIONS + len(BOARDS) + 1}
    assert run()["totals"]["created"] >= QUESTIONS + len(BOARDS)
    assert set(run()["totals"]) == {"unchanged"}


REAL = child_environment({})


@pytest.mark.skipif(
    "CCA_TEST_METABASE_URL" not in REAL,
    reason="CCA_TEST_METABASE_URL names no Metabase (see docs/metabase.md)",
)
def test_a_real_metabase_answers_every_question(gold_home: Settings) -> None:
    """Wants an administrator's key, and a folder it mounts: as we see it and as it does."""
    settings = gold_home.model_copy(
        update={
            "metabase_url": REAL["CCA_TEST_METABASE_URL"],
            "metabase_api_key": REAL["CCA_TEST_METABASE_API_KEY"],
            "metabase_gold_dir": Path(REAL["CCA_TEST_METABASE_GOLD_DIR"]),
        }
    )
    shutil.copytree(gold_home.gold_dir, REAL["CCA_TEST_METABASE_GOLD_SOURCE"], dirs_exist_ok=True)
    provision(settings, Options(wait_seconds=180))
    assert actions(provision(settings, Options())) == set()
    with metabase.Metabase(settings.metabase_url) as server:
        server.use_key(settings.metabase_api_key)
        cards = [each for each in server.get("/api/card") if "Made by cca" in each["description"]]
        assert len(cards) == QUESTIONS
        for card in cards:
            answer = server.post(f"/api/card/{card['id']}/query")
            assert answer["status"] == "completed", (card["name"], answer.get("error"))


def changed_boards(tmp_path: Path, old: str, new: str, times: int) -> Path:
    folder = tmp_path / "changed"
    shutil.copytree(BOARDS_DIR, folder)
    path = folder / "code_changes.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, times))
    return folder
