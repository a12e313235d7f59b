"""Downloads: what is in them, what is masked, that they are streamed, who may have them."""

import csv
import http.client
import json
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import duckdb
import pytest

SESSION = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"
QUIET = "dddddddd-dddd-4ddd-8ddd-dddddddddddd"
SECRET = "sk-ant-" + "a1B2" * 10


@pytest.fixture(scope="module")
def site(run_site: Any, new_story: Any) -> Any:
    site = run_site()
    story = new_story(SESSION, title=f"Ünder the hood {SECRET}")
    site.prompt = story.prompt(f"The key is {SECRET}")
    site.first = story.says("First part.", message="msg_1")
    story.says("Second part.", message="msg_1")
    story.calls("Bash", {"command": "cat big"}, "line\n" * 60_000)
    quiet = new_story(QUIET, project="-home-ada-quiet", cwd="/home/ada/quiet", title="Quiet")
    quiet.prompt("Nothing of note")
    site.store(story, quiet)
    site.index()
    return site


def ask(site: Any, query: str, **headers: str) -> tuple[int, Any, str]:
    status, given, body = ask_bytes(site, query, **headers)
    return status, given, body.decode()


def ask_bytes(site: Any, query: str, **headers: str) -> tuple[int, Any, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", site.settings.browser_port, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", f"/api/export?{query}", headers=named)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


@pytest.mark.parametrize("form", ["md", "html", "json", "jsonl", "csv"])
def test_a_session_leaves_whole_and_masked(site: Any, form: str) -> None:
    status, headers, body = ask(site, f"session={SESSION}&format={form}")
    assert status == 200
    assert body.count("line") >= 60_000
    assert SECRET not in body
    assert "Second part." in body
    disposition = headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="nder-the-hood')
    assert "a1B2" not in disposition
    assert headers["Content-Length"] is None, "a long export is streamed"


def test_a_message_is_all_entries_of_its_answer(site: Any) -> None:
    status, _, body = ask(site, f"session={SESSION}&entry={site.first}")
    assert (status, body) == (200, "First part.\n\nSecond part.\n\n")


def test_a_list_is_the_sessions_that_its_filters_leave(site: Any) -> None:
    _, _, body = ask(site, "what=list&format=csv&project=-home-ada-quiet")
    assert [row["session_id"] for row in csv.DictReader(StringIO(body))] == [QUIET]
    _, _, body = ask(site, "what=list&format=json")
    rows = json.loads(body)["rows"]
    assert {row["session_id"] for row in rows} == {SESSION, QUIET}
    assert SECRET not in body


def test_a_list_says_what_its_sessions_cost_and_has_their_order(site: Any) -> None:
    path = site.settings.gold_dir / "gold-1.duckdb"
    path.parent.mkdir(exist_ok=True)
    with duckdb.connect(str(path)) as gold:
        gold.execute(
            "create schema marts; create table marts.fct_api_messages as "
            "select * from (values ($1, 0.25::decimal(18, 10)), ($1, 0.5), ($2, 0.125)) "
            "as t(session_id, cost_usd)",
            [QUIET, SESSION],
        )
    site.settings.gold_path.symlink_to(path.name)
    try:
        _, _, body = ask(site, "what=list&format=json&sort=cost")
        costs = [(row["session_id"], row["cost_usd"]) for row in json.loads(body)["rows"]]
        assert costs == [(QUIET, 0.75), (SESSION, 0.125)]
        _, _, body = ask(site, "what=list&format=csv&project=-home-ada-quiet")
        assert [row["cost_usd"] for row in csv.DictReader(StringIO(body))] == ["0.75"]
    finally:
        site.settings.gold_path.unlink()


def test_hits_of_a_search_leave_as_a_list(site: Any) -> None:
    _, _, body = ask(site, "what=list&format=jsonl&q=second")
    assert [json.loads(line)["session_id"] for line in body.splitlines()] == [SESSION]


def test_all_conversations_of_a_list_leave_at_once(site: Any) -> None:
    _, _, body = ask(site, "what=conversations&format=md")
    assert "Nothing of note" in body
    assert "First part." in body
    status, _, body = ask(site, "what=conversations&format=md&project=-nobody")
    assert (status, "Nothing of note" in body) == (404, False), "no session is not every session"


def test_selected_sessions_leave_as_one_archive(site: Any) -> None:
    query = f"what=conversations&format=zip&id={SESSION}&id={QUIET}"
    status, headers, body = ask_bytes(site, query)
    assert (status, headers["Content-Type"]) == (200, "application/zip")
    assert headers["Content-Disposition"].startswith('attachment; filename="sessions.zip"')
    with ZipFile(BytesIO(body)) as archive:
        assert archive.testzip() is None
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    quiet = next(name for name in texts if QUIET in name)
    assert quiet.endswith(f"-Quiet-{QUIET}.md")
    assert "Nothing of note" in texts.pop(quiet)
    (name, text), *rest = texts.items()
    assert (rest, SECRET in text, "a1B2" in name) == ([], False, False)
    assert text.count("line") >= 60_000
    assert "First part." not in ask(site, f"what=conversations&format=md&id={QUIET}")[2]
    assert ask(site, "what=conversations&format=zip&id=nobody")[0] == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [("session=nobody", 404), ("", 404), (f"session={SESSION}&format=exe", 400),
     (f"session={SESSION}&format=zip", 400),
     (f"session={SESSION}&entry=nothing", 404)],
)  # fmt: skip
def test_what_is_not_there_is_not_exported(site: Any, query: str, status: int) -> None:
    assert ask(site, query)[0] == status


def test_another_site_gets_no_export(site: Any) -> None:
    assert ask(site, f"session={SESSION}", Sec_Fetch_Site="cross-site")[0] == 403


def test_a_person_copies_and_downloads(site: Any, open_page: Any) -> None:
    page = open_page(
        f"{site.url}/?session={SESSION}", permissions=["clipboard-read", "clipboard-write"]
    )
    page.locator(".transcript details.export summary", has_text="Export").click()
    page.get_by_role("button", name="Copy as Markdown").first.click()
    page.get_by_text("Copied as Markdown").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "First part." in copied
    assert SECRET not in copied
    page.locator(".transcript details.export summary", has_text="Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="HTML (single file)").click()
    assert download.value.suggested_filename.endswith(".html")
