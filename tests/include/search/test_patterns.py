"""Regular expressions: narrowed by their literals without losing a match, bounded in time."""

import re

import pytest

from cca.search.patterns import Pattern, understood
from cca.search.searcher import Look

TEXTS = [
    "def get_user_name(self): return 1", "GetUserName or setUserName", "colour and color",
    "http://a.example/x?y=1", "price: 1,234.50 EUR", "log ERROR 500 at 10:42:07", "tail_",
    "日本語の文章 2026", "東京都港区", "a b c", "foo\nbar baz", "naïve café über", "e.x name.xyz",
    "_head under_score", "abcdef" * 40, "0xdeadbeef01 hash", "call foo.bar(baz)", "emoji 🚀 go",
    "x=1;y=22;z=333",
]  # fmt: skip
PATTERNS = [
    r"get_\w+_name", r"[gs]etUserName", r"colou?r", r"https?://[^ ]+\?y=\d", r"\d,\d{3}\.\d\d",
    r"error \d{3}", r"日本.の", r"東京都(港|新宿)区", r"^foo$", r"(?m)^bar baz", r"caf. über",
    r"[a-z]\.xyz", r"(foo|call) ?\w+\.bar\(", r"(?:abc)+def", r"0x[0-9a-f]{8,}", r"name.xyz|tail",
    r"under\w*e",
    r"🚀 go", r"z=(\d)\1\1", r"\bhead\b|deadbeef", r"lo(?:u?r|r) and", r"(foo)+\nbar",
    r"ERROR 500", r"user(?=_name)", r"(?i:GETUSER)name", r"x?abcdef", r"at 1(?:0|1):4",
]  # fmt: skip


@pytest.mark.parametrize("kept", ["prompt", "answer"])
def test_a_pattern_finds_what_a_scan_of_all_texts_finds(scribe, find, kept):
    for text in TEXTS:
        getattr(scribe, kept)(text)
    missed = {}
    for pattern in PATTERNS:
        truth = sum(bool(re.search(pattern, text, re.IGNORECASE)) for text in TEXTS)
        found = find(f"/{pattern}(?:)/ kind:{kept}")
        if (found.total, found.message) != (truth, ""):
            missed[pattern] = (truth, found.total, found.message)
    assert missed == {}


def test_filters_words_and_pages_go_with_a_pattern(scribe, find):
    for number in range(30):
        scribe.prompt(f"step {number:02} of otter", uuid=f"u{number}")
    scribe.prompt("step 07 of otter", uuid="u7", session="fork")
    scribe.prompt("step 07 of badger")
    found = find(r"/step \d7/ otter", limit=2, offset=1, with_facets=True)
    assert (found.total, found.approximate, found.message) == (3, False, "")
    assert [row.snippet for row in found.rows] == ["step 17 of otter", "step 07 of otter"]
    assert found.rows[1].copies == 1
    assert found.facets["kind"] == {"prompt": 3}
    assert [found.rows[0].snippet[a:b] for a, b in found.rows[0].marks] == ["step 17"]
    assert find(r"/step \d7/ -otter").total == 1
    assert find(r"/step \d7/ session:fork").total == 1


def test_only_texts_with_the_literals_are_looked_at():
    def needs(text: str):
        found = understood(text)
        assert isinstance(found, Pattern)
        return found.needs

    assert needs(r"foobar\d+bazqux") == ("foobar", "bazqux")
    assert needs(r"(foo)bar?") == ("fooba",)
    assert needs(r"(one|other)") == (("any", (("all", ("one",)), ("all", ("other",)))),)
    assert needs(r"(one|.)more") == ("more",)
    assert needs(r"(?:maybe)?\w\w\w\w[abc]{3}") == ()


def test_a_pattern_that_would_never_end_is_given_up_and_said(scribe, find):
    scribe.prompt("xyz" + "a" * 60 + "!")
    scribe.prompt("xyzaa")
    found = find(r"/xyz(a|aa)+$/", look=Look(seconds=3))
    assert found.total == 1
    assert found.approximate
    assert found.message == "Looked at 1 of the 2 texts that may match."


def test_a_path_is_no_pattern(scribe, find):
    scribe.prompt("see /usr/local/bin/ there")
    found = find("/usr/local/")
    assert (found.total, found.approximate) == (1, False)
