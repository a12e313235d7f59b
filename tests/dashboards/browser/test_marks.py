"""Stars, tags and notes: where they are kept, who may write them, where they show."""

import http.client
import itertools
import json
import urllib.request
from typing import Any

import pytest

from cca.annotations import MAX_TAGS, Annotation, changed
from cca.dashboards.browser.users import add_user, users_path
from cca.mongo import archive

SESSION = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
OTHER = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
READS = "cccccccc-dddd-4ddd-8ddd-cccccccccccc"
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def site(run_site: Any, new_story: Any) -> Any:
    site = run_site()
    story = new_story(SESSION, title="Mend the parser")
    site.prompt = story.prompt("Please mend the parser")
    site.answer = story.says("It is mended.")
    other = new_story(OTHER, title="Something else")
    other.prompt("Another matter")
    other.says("Yes.")
    site.store(story, other)
    return site


def send(site: Any, changes: Any, **headers: str) -> tuple[int, str]:
    port = site.settings.browser_port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    own = {"Origin": f"http://127.0.0.1:{port}", "Content-Type": "application/json"}
    body = changes if isinstance(changes, str) else json.dumps(changes)
    connection.request("POST", "/api/annotations", body, own | headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def kept(site: Any) -> dict[str, Any]:
    with archive.connect(site.settings.mongo_uri) as client:
        found = archive.database(client, site.settings)["annotations"].find()
        return {each["_id"]: each for each in found}


def test_marks_are_kept_beside_the_archive_and_never_in_it(site: Any) -> None:
    with archive.connect(site.settings.mongo_uri) as client:
        entries = archive.conversations(client, site.settings)
        before = list(entries.find())
        status, body = send(site, {"session": SESSION, "entry": site.answer, "starred": True})
        assert (status, json.loads(body)["starred"]) == (200, True)
        assert list(entries.find()) == before
    mark = kept(site)[f"{SESSION}/{site.answer}"]
    assert (mark["projectId"], mark["host"]) == ("-home-ada-atlas", "test-host")


def test_what_says_nothing_any_more_is_deleted(site: Any) -> None:
    place = {"session": SESSION, "entry": site.prompt}
    send(site, {**place, "note": "  read again  ", "tags": [" Flaky ", "flaky", ""]})
    mark = kept(site)[f"{SESSION}/{site.prompt}"]
    assert (mark["note"], mark["tags"]) == ("read again", ["flaky"])
    send(site, {**place, "starred": True})
    assert kept(site)[f"{SESSION}/{site.prompt}"]["note"] == "read again"
    send(site, {**place, "note": "", "tags": [], "starred": False})
    assert f"{SESSION}/{site.prompt}" not in kept(site)


def test_only_what_is_in_the_archive_can_be_marked(site: Any) -> None:
    assert send(site, {"session": "nobody", "starred": True})[0] == 404
    assert send(site, {"session": SESSION, "entry": "nothing", "starred": True})[0] == 404
    assert send(site, {"session": OTHER, "entry": site.answer, "starred": True})[0] == 404


def test_marks_of_several_sessions_are_added_to_theirs(site: Any) -> None:
    send(site, {"session": SESSION, "tags": ["own"], "note": "kept"})
    together = {"sessions": [SESSION, OTHER, "nobody"], "starred": True, "tags": ["both"]}
    status, body = send(site, together)
    shown = json.loads(body)
    assert (status, set(shown)) == (200, {SESSION, OTHER})
    assert "own" in shown[SESSION]
    marks = kept(site)
    assert (marks[SESSION]["tags"], marks[SESSION]["note"]) == (["own", "both"], "kept")
    assert (marks[OTHER]["tags"], marks[OTHER]["starred"]) == (["both"], True)
    asked = f"{site.url}/api/annotations?id={SESSION}&id={OTHER}"
    with urllib.request.urlopen(asked) as answer:
        assert json.load(answer) == {"starred": True, "tags": ["both", "own"]}
    with urllib.request.urlopen(f"{asked}&id=nobody") as answer:
        assert json.load(answer)["starred"] is False
    send(site, {"sessions": [SESSION, OTHER], "untags": ["both"]})
    marks = kept(site)
    assert (marks[SESSION]["tags"], marks[OTHER]["tags"]) == (["own"], [])
    for session in (SESSION, OTHER):
        send(site, {"session": session, "tags": [], "note": "", "starred": False})


@pytest.mark.parametrize(
    "body", ["", "[]", "{", '"x"', json.dumps({"session": SESSION, "note": "x" * 90_000})]
)
def test_what_is_no_change_is_refused(site: Any, body: str) -> None:
    assert send(site, body)[0] == 400


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": ""},
                {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}],
)  # fmt: skip
def test_another_site_cannot_write_a_mark(site: Any, headers: dict[str, str]) -> None:
    before = kept(site)
    assert send(site, {"session": OTHER, "starred": True}, **headers)[0] in {403, 421}
    assert kept(site) == before


def test_values_are_cut_and_wrong_kinds_ignored() -> None:
    mark = changed(Annotation("s"), {"starred": "yes", "tags": "a,b", "note": 7})
    assert mark.is_empty
    mark = changed(mark, {"tags": [str(number) for number in range(99)], "note": "x" * 9999})
    assert (len(mark.tags), len(mark.note)) == (MAX_TAGS, 5000)


def ready(page: Any) -> Any:
    """The page once its panes have taken over what was painted."""
    page.locator(".live", has_text="Live").wait_for(timeout=30_000)
    return page


def test_a_person_stars_notes_and_finds_it_again(site: Any, open_page: Any) -> None:
    page = ready(open_page(f"{site.url}/?session={SESSION}"))
    star = page.get_by_role("button", name="Star this session")
    star.click()
    page.locator(".star-chip[aria-pressed=true]").wait_for()
    page.get_by_text("Please mend the parser").hover()
    page.locator("#message-tools [data-mark=note]").click()
    page.get_by_role("textbox", name="Tags").fill("parser, read again")
    page.locator("#note textarea").fill(f"Why? {EVIL}")
    page.get_by_role("button", name="Save").click()
    page.locator("article .note-text", has_text=EVIL).wait_for()
    page.reload()
    page.locator("article .note-text", has_text=EVIL).wait_for()
    page.goto(f"{site.url}/?starred=1")
    row = page.locator("a.row", has_text="Mend the parser")
    row.wait_for()
    assert page.locator("a.row").count() == 1
    assert row.locator(".star").is_visible()
    page.get_by_role("button", name="read again").click()
    page.wait_for_url("**tag=read*")


def test_the_keyboard_stars_the_chosen_message(site: Any, open_page: Any) -> None:
    page = ready(open_page(f"{site.url}/?session={OTHER}"))
    page.keyboard.press("j")
    page.keyboard.press("s")
    page.locator("article > .mark[data-starred='1']").wait_for()
    page.keyboard.press("s")
    page.locator("article > .mark").wait_for(state="detached")


def test_the_tools_stand_at_the_chosen_message_and_only_there(site: Any, open_page: Any) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415  (after the skip)

    page = ready(open_page(f"{site.url}/?session={SESSION}"))
    tools = page.locator("#message-tools")
    for number in range(2):
        page.keyboard.press("j")
        chosen = page.locator("article.selected")
        expect(chosen).to_contain_text(("Please mend", "It is mended")[number])
        expect(tools).to_be_visible()
        first_line = chosen.bounding_box()["y"] + 13
        box = tools.bounding_box()
        assert box["y"] <= first_line <= box["y"] + box["height"]
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "session" not in url)
    expect(tools).to_be_hidden()


def test_the_tools_of_a_message_cover_neither_another_one_nor_its_own_figures(
    site: Any, new_story: Any, open_page: Any
) -> None:
    story = new_story(READS)
    story.prompt("Read them")
    for name in ("one", "two"):
        story.says(f"The file {name}.")
        story.calls("Read", {"file_path": f"/p/{name}.py"}, "text\n" * 50)
    site.store(story)
    for width in (800, 1280, 2560):
        size = {"width": width, "height": 900}
        page = ready(open_page(f"{site.url}/?session={READS}", viewport=size))
        articles = page.locator(".feed > .window > article").all()
        assert len(articles) > 3
        for above, article in itertools.pairwise(articles):
            article.hover(position={"x": 40, "y": 14})
            tools = page.locator("#message-tools").bounding_box()
            kept = [*above.locator(":scope > *").all(), *article.locator(":scope > *").all()]
            boxes = (each.bounding_box() for each in kept)
            assert not [box for box in boxes if box and overlap(tools, box) > 0]


def test_a_session_gets_another_name_and_its_own_one_back(site: Any, open_page: Any) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415  (after the skip)

    page = ready(open_page(f"{site.url}/?session={OTHER}"))
    own = page.locator(".session-head h1").text_content()
    for name, shown in (("The retry  that lied", "The retry that lied"), ("", own)):
        page.get_by_role("button", name="Title, tags and a note on this session").click()
        page.locator("#note input[name=title]").fill(name)
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".session-head h1")).to_have_text(shown)
        expect(page.locator(f'a.row[data-session="{OTHER}"] .title')).to_have_text(shown)
        if name:
            found = open_page(f"{site.url}/?text=lied+RETRY")
            expect(ready(found).locator("a.row .title")).to_have_text([shown])
            export = found.request.get(f"{site.url}/api/export?session={OTHER}&format=md").text()
            assert export.startswith(f"# {shown}")


def overlap(one: dict[str, float], other: dict[str, float]) -> float:
    """How far two boxes lie over one another, in the direction in which they do so least."""
    return min(
        min(one[at] + one[size], other[at] + other[size]) - max(one[at], other[at])
        for at, size in (("x", "width"), ("y", "height"))
    )


def test_a_mark_names_who_made_it(run_site: Any, new_story: Any, open_page: Any) -> None:
    site = run_site(
        browser_url="http://claude.example.org",
        prepare=lambda settings: add_user(users_path(settings), "ada", "long enough words"),
    )
    story = new_story(SESSION)
    story.prompt("Hello")
    site.store(story)
    assert send(site, {"session": SESSION, "starred": True})[0] == 401
    page = open_page(f"{site.url}/login?next=/?session={SESSION}")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("long enough words")
    page.keyboard.press("Enter")
    ready(page).get_by_role("button", name="Title, tags and a note on this session").click()
    page.locator("#note textarea").fill("Mine")
    page.get_by_role("button", name="Save").click()
    page.locator(".session-head .mark .by", has_text="ada").wait_for()
    page.locator("details.status > summary").click()
    page.get_by_text("Signed in as").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login*")
