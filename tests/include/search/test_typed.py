"""The search grammar, in Python and in the browser's highlighter."""

import re

import pytest

from cca.search.typed import understand
from cca.settings import PROJECT_DIR

# What is typed, what must be there, what must not.
TYPED = [
    ("slow -pipeline", ["slow"], ["pipeline"]),
    ("-pipeline slow", ["slow"], ["pipeline"]),
    ('slow -"two words"', ["slow"], ["two words"]),
    ("--dry-run", ["--dry-run"], []),
    ("git push --force-with-lease -main", ["git", "push", "--force-with-lease"], ["main"]),
    ("cost -- total", ["cost", "total"], []),
    ("pre-commit", ["pre-commit"], []),
    ("->next", ["->next"], []),
    ("def f() ->str", ["def", "f()", "->str"], []),
    ("a - b", ["a", "b"], []),
    ("---three", ["---three"], []),
    ('"--dry-run"', ["--dry-run"], []),
    ("-kind:system slow", ["slow"], []),
]


@pytest.mark.parametrize(("text", "wanted", "unwanted"), TYPED)
def test_one_minus_before_a_word_leaves_it_out_and_two_do_not(text, wanted, unwanted):
    typed = understand(text)
    assert [term.text for term in typed.terms if not term.is_negated] == wanted
    assert [term.text for term in typed.terms if term.is_negated] == unwanted


def test_a_minus_before_a_filter_leaves_its_value_out():
    assert understand("-kind:system slow").filters == [("kind", "system", True)]


@pytest.mark.parametrize(("text", "wanted", "unwanted"), TYPED)
def test_the_browser_highlights_what_the_server_looks_for(text, wanted, unwanted):
    source = (PROJECT_DIR / "dashboards" / "browser" / "js" / "page.js").read_text()
    (pattern,) = re.findall(r"const PIECES =\s*/(.+)/g;", source)
    found = [piece for piece in re.finditer(pattern, text) if not piece[1]]
    words = [piece[2] or piece[3] for piece in found if piece[2] or piece[3]]
    assert [word for word in words if any(map(str.isalnum, word))] == wanted
    assert not set(words) & set(unwanted)


def test_a_flag_finds_the_texts_that_hold_it(scribe, find):
    scribe.prompt("use the --dry-run flag")
    scribe.prompt("a dry run without it")
    scribe.prompt("nothing of the kind")
    assert find("--dry-run").total == 1
    assert find("--dry-ru").total == 1
    assert find("kind -dry").total == 1


def test_a_filter_without_a_value_is_text_and_told_of_where_no_text_holds_it(scribe, find):
    scribe.prompt("the host: it is down")
    assert find("host:").total == 1
    assert not find("host:").message
    assert "such as 12 or owner/name#12" in find("pr:").message
    assert not find("nothing:").message
