"""What is typed finds what was said: against a real index and a real archive."""

from datetime import UTC, datetime

from cca.follow.lock import follower_lock
from cca.search.searcher import NO_INDEX, NOT_BUILT, Searcher


def _texts(results):
    return sorted(row.snippet for row in results.rows)


def test_without_an_index_the_result_is_empty_and_says_why(settings, mongo_uri):
    found = Searcher(settings, mongo_uri).search("anything")
    assert (found.total, found.rows, found.message) == (0, [], NO_INDEX)
    with follower_lock(settings.search_dir):
        assert Searcher(settings, mongo_uri).search("anything").message == NOT_BUILT


def test_every_kind_of_block_is_found_under_its_kind(scribe, find):
    scribe.prompt("please zebraprompt")
    scribe.answer(
        "here zebraanswer",
        {"type": "thinking", "thinking": "hm zebrathought"},
        {
            "type": "tool_use",
            "id": "t1",
            "name": "Bash",
            "input": {"a": {"b": ["zebracall", 4711]}},
        },
    )
    result = {"type": "tool_result", "tool_use_id": "t1"}
    scribe.prompt([{**result, "content": [{"type": "text", "text": "out zebraresult"}]}])
    scribe.prompt([{**result, "content": "plain zebraplain"}])
    scribe.write({"type": "ai-title", "aiTitle": "The zebratitle", "sessionId": "s1"})
    scribe.write(
        {"type": "system", "uuid": "x", "subtype": "informational", "content": "zebrasystem"}
    )
    scribe.write(
        {"type": "message", "uuid": "l", "message": {"role": "user", "content": "zebralegacy"}}
    )
    scribe.write({"type": "queue-operation", "operation": "enqueue", "content": "zebraprompt"})
    kinds = {row.snippet.split()[-1]: row.kind for row in find("zebra").rows}
    assert kinds.pop("4711") == "tool_input"
    assert kinds == {
        "zebraprompt": "prompt", "zebraanswer": "answer", "zebrathought": "thinking",
        "zebraresult": "tool_result", "zebraplain": "tool_result", "zebratitle": "title",
        "zebrasystem": "system", "zebralegacy": "prompt",
    }  # fmt: skip
    assert find("4711").total == 1
    assert find("zebra kind:tool_result").total == 2
    assert find("zebra", kind="thinking").total == 1


TYPED = [
    ("pipeline", 2),
    ("pipel", 2),
    ("peline", 2),
    ('"pipeline"', 1),
    ("pip*", 2),
    ("co*", 1),
    ("co", 0),
    ('"slow pipeline"', 1),
    ('"pipeline slow"', 0),
    ("slow pipeline", 1),
    ("pipeline -slow", 1),
    ("-pipeline", 9),
    ("get_user_name", 1),
    ("user_na", 1),
    ('"user"', 0),
    ("src/app/mod.py", 1),
    ("rc/app/mo", 1),
    ("gger.inf", 1),
    ("foo.bar()", 1),
    ("foo.bar", 1),
    ("Übersetzung", 1),
    ("ubersetz", 1),
    ("東京", 1),
    ("京", 2),
    ("東", 1),
    ("实行数据库", 1),
    ("数据库", 1),
    ("据实", 0),
    ("deadbeef0123", 1),
    ("beef01", 1),
    ("🚀", 1),
    ("a:b foo(", 0),
]


def test_what_is_typed_finds_exactly_what_holds_it(scribe, find):
    for text in (
        "a slow pipeline", "two pipelines", "call get_user_name now", "see src/app/mod.py:12",
        "logger.info said", "foo.bar() works, foo bar too? no: foo(bar", "Eine Übersetzung",
        "私は東京都です", "京 实行数据库", "hash deadbeef0123456789", "compile 🚀 done",
    ):  # fmt: skip
        scribe.prompt(text)
    assert [(typed, find(typed).total) for typed, _ in TYPED] == TYPED


def test_signs_are_checked_in_the_text(scribe, find):
    scribe.prompt("x a.b y")
    scribe.prompt("x a b y")
    found = find("a.b")
    assert (found.total, found.approximate, _texts(found)) == (1, False, ["x a.b y"])


def test_what_cannot_be_searched_gets_a_sentence(scribe, find):
    scribe.prompt("anything => here (( too")
    assert "Signs alone" in find("=> ((").message
    assert "holds no three characters" in find(r"/\w+/").message
    assert "is no regular expression" in find("/any(/").message
    assert "none of the kinds" in find("kind:nonsense").message
    assert find("/usr/any").message == ""


def test_copies_fold_into_one_hit_and_are_counted(scribe, find):
    scribe.prompt("unicorn once", uuid="same")
    scribe.prompt("unicorn once", uuid="same", session="fork", project="-p2")
    scribe.prompt("unicorn twice", uuid="other", session="fork", project="-p2")
    scribe.prompt("unicorn edited", uuid="same", session="third")
    found = find("unicorn")
    assert found.total == 3
    assert {row.snippet: row.copies for row in found.rows} == {
        "unicorn once": 1, "unicorn twice": 0, "unicorn edited": 0,
    }  # fmt: skip
    for title in ("unicorn title",) * 3:
        # Claude Code writes a title again and again; no other session holds it.
        scribe.write({"type": "ai-title", "aiTitle": title})
    assert [(row.kind, row.copies) for row in find("unicorn title").rows] == [("title", 0)]
    inside = find("unicorn once", session="fork")
    assert inside.total == 1
    inside = find("unicorn kind:prompt", session="fork")
    assert inside.total == 2
    assert {row.session_id for row in inside.rows} == {"fork"}
    assert find("unicorn project:-p2").total == 2
    assert find("unicorn project:/p2").total == 2
    assert find("session:fork").total == 2


def test_entries_of_a_type_that_nobody_listed_are_found_by_any_of_their_fields(scribe, find):
    scribe.write({"type": "memory-note", "uuid": "n1", "note": {"body": ["zanzibar", 42]}})
    scribe.write({"type": "system", "subtype": "quota_note", "uuid": "n2", "reason": "marmalade"})
    scribe.write({"type": "file-history-delta", "trackingPath": "/srv/tamarind"})
    for word, total in (("zanzibar", 1), ("marmalade", 1), ("tamarind", 0), ("quota_note", 0)):
        found = find(word)
        assert (word, found.total) == (word, total)
        assert all(word in row.snippet and row.kind == "system" for row in found.rows)


def test_titles_written_again_fold_within_their_session(scribe, find):
    for session in ("s1", "s1", "s2"):
        scribe.write({"type": "custom-title", "customTitle": "gazebo"}, session=session)
    assert find("gazebo").total == 2


def test_periods_order_and_pages(scribe, find):
    for day in (1, 2, 3):
        scribe.prompt(f"day {day}", at=datetime(1969, 5, day, 12, tzinfo=UTC))
    assert _texts(find("day", since="1969-05-02")) == ["day 2", "day 3"]
    assert _texts(find("day", until="1969-05-02")) == ["day 1", "day 2"]
    assert find("", since="1969-05-02", until="1969-05-02").total == 1
    page = find("day", limit=1, offset=1)
    assert (page.total, _texts(page)) == (3, ["day 2"])
    assert [row.snippet for row in find("day").rows] == ["day 3", "day 2", "day 1"]


def test_hits_of_one_moment_have_one_order_whatever_the_index(scribe, find):
    """Pages of an index that grew by commits are those of one that was built at once."""
    moments = [datetime(2026, 5, day, 12, tzinfo=UTC) for day in (1, 2, 3)]
    for number in range(12):
        scribe.prompt(f"gannet {number}", at=moments[number % 3])
        find("gannet")
    for size in (1, 3, 5, 12):
        pages = [find("gannet", limit=size, offset=start).rows for start in range(0, 12, size)]
        rows = [row for page in pages for row in page]
        assert [row.at for row in rows] == sorted((row.at for row in rows), reverse=True)
        placed = sorted(rows, key=lambda row: (-row.at.timestamp(), row.document_id))
        assert rows == placed, size


def test_facets_count_originals(scribe, find):
    scribe.prompt("otter", uuid="a")
    scribe.prompt("otter", uuid="a", session="fork", project="-p2")
    scribe.answer("otter")
    found = find("otter", with_facets=True)
    assert found.facets["project"] == {"-p1": 2}
    assert found.facets["kind"] == {"prompt": 1, "answer": 1}


def test_a_snippet_is_plain_text_with_the_places_to_mark(scribe, find):
    scribe.prompt("long " * 100 + "\n<b>Éclair</b> & eclair_pan\n" + "end " * 100)
    row = find("eclair").rows[0]
    assert "<b>Éclair</b> & eclair_pan" in row.snippet
    assert [row.snippet[a:b].lower() for a, b in row.marks] == ["éclair", "eclair"]


def test_a_snippet_masks_secrets_also_where_it_would_cut_them(scribe, find):
    secret = "ghp_" + "a1B2" * 9
    scribe.prompt(f"needle {'words ' * 35}{secret} end")
    (row,) = find("needle").rows
    assert "a1B2" not in row.snippet
    assert row.snippet.startswith("needle words")


def test_entries_that_bson_cannot_hold_are_found_through_their_line(scribe, find):
    line = '{"type":"user","uuid":"r","message":{"role":"user","content":"raw \\ud83d needle"}}'
    scribe.write({"type": "user", "uuid": "r", "rawLine": line})
    row = find("needle").rows[0]
    assert (row.kind, row.entry_id) == ("prompt", "r")
