"""Markdown, code and diffs become HTML that holds no more than it should."""

from html.parser import HTMLParser

import pytest

from cca.conversation.cards import card_of
from cca.markup import code_html, markdown, numbered_code_html, output_html, sanitised
from cca.markup.cards import card_html, links_html
from cca.markup.diffs import diff_html
from cca.transcript.patches import Hunk, hunks_of_input


def elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    """The elements a browser would make of it."""
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append((tag, dict(attributes)))
    parser.feed(html)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))", "[a](data:text/html,x)",
        "[a](vbscript:x)", "<a href='javascript:x'>y</a>", "<img src=x onerror=alert(1)>",
        "![i](https://evil.example/i.png)", '<https://x.example/" onclick="x>',
        "[a](\x01javascript:x)", "[a](&#106;avascript:x)", '```"><script>x</script>\n```',
        "```<img src=x onerror=x>\n<script>x</script>\n```", "[a](//evil.example 'x\" onload=\"y')",
    ],
)  # fmt: skip
def test_markdown_makes_no_danger(text: str) -> None:
    for tag, attributes in elements(markdown(text)):
        assert tag not in {"script", "img", "iframe", "svg"}
        assert not [name for name in attributes if name.startswith("on")]
        assert str(attributes.get("href", "https:")).startswith(("https:", "http:", "mailto:"))


def test_markdown_keeps_what_people_write() -> None:
    html = markdown(
        "# H\n\n**b** `c` [l](https://example.org) ~~s~~\n\n| a |\n|---|\n| 1 |\n\n1. x"
    )
    for part in (
        "<h1>",
        "<strong>",
        "<code>",
        "<table",
        "<ol>",
        "<s>",
        'rel="noopener noreferrer',
    ):
        assert part in html


def test_a_prompts_line_ends_are_kept() -> None:
    assert "<br" in markdown("one\ntwo", breaks=True)
    assert "<br" not in markdown("one\ntwo")


def test_code_in_markdown_is_highlighted() -> None:
    html = markdown("```python\ndef f(): pass\n```")
    assert '<pre tabindex="0"><code><span class="k-k">def</span>' in html.replace(
        ' class="language-python"', ""
    )


def test_unknown_languages_and_odd_characters_are_plain_text() -> None:
    assert code_html("<b>\ud800\x00", "no-such-language") == "&lt;b&gt;?\ufffd"
    assert markdown("\ud83d lone") == "<p>? lone</p>\n"


def test_a_diff_marks_its_lines() -> None:
    html = diff_html(hunks_of_input({"old_string": "a\nb\n", "new_string": "a\n<c>\n"}))
    assert '<span class="k-gd">-b</span>' in html
    assert '<span class="k-gi">+&lt;c&gt;</span>' in html


def test_line_numbers_of_a_file_stand_aside() -> None:
    html = numbered_code_html("     9→def f():\n    10→    pass", "x.py")
    assert '<span class="k-ln">9</span><span class="k-k">def</span>' in html
    assert "→" not in html
    assert numbered_code_html("no numbers", "x.txt") == "no numbers"


def test_the_sanitiser_lets_no_style_through() -> None:
    assert sanitised('<p style="position:fixed" class="x">t</p><form action=/x>') == "<p>t</p>"


def test_terminal_output_is_coloured_by_classes_and_nothing_else() -> None:
    html = output_html('\x1b[31m<img src=x onerror=alert(1)>\x1b[0m "&"\x1b[1;44mx')
    assert html == (
        '<span class="t-c1">&lt;img src=x onerror=alert(1)&gt;</span> &#34;&amp;&#34;'
        '<span class="t-g4 t-b">x</span>'
    )
    assert output_html("<b>") == "&lt;b&gt;"


def test_a_diff_has_the_numbers_of_the_file_the_language_and_the_changed_words() -> None:
    old, new = "-for (const line of order.lines)", '+for (const line of sortBy(order.lines, "sku"))'
    lines = (" x = 1", old, "+// <b>", new, "\\ No newline at end of file")
    html = str(diff_html([Hunk(7, 9, lines)], "a.ts"))
    rows = html.split("\n")
    assert rows[0] == (
        '<span class="k-g0"><span class="k-ln">9</span> x = <span class="k-mf">1</span></span>'
    )
    assert rows[1].startswith('<span class="k-gd"><span class="k-ln">8</span>-<span class="k-k">')
    assert '<span class="k-ln">10</span>+<span class="k-c1">// &lt;b&gt;</span>' in rows[2]
    assert '<span class="changed">sortBy(</span>order.lines' in rows[3]
    assert "changed" not in rows[2], "the line most like the old one is its change"
    assert "k-ln" not in rows[4]


def test_a_diff_of_anything_is_text() -> None:
    hunk = Hunk(0, 0, ("", "-\ud800\x00<i>", "+", "odd"))
    shown = [tag for tag, _ in elements(diff_html([hunk], "x.py"))]
    assert set(shown) == {"span"}
    assert diff_html([]) == ""


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://a.example/b?c=1&d=2.", "https://a.example/b?c=1&d=2"),
        ("(https://a.example/x_(y))", "https://a.example/x_(y)"),
        ("[https://a.example/z], then", "https://a.example/z"),
    ],
)
def test_a_bare_address_is_a_link(text: str, address: str) -> None:
    for html in (markdown(text), output_html(text), output_html(f"\x1b[1m{text}\x1b[0m")):
        links = [attributes for tag, attributes in elements(html) if tag == "a"]
        assert [link["href"] for link in links] == [address]
        assert links[0]["rel"] == "noopener noreferrer nofollow"


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "file:///etc/passwd", "README.md", "a.example", "data:text/html,x",
     "`https://a.example`", "ftp://a.example"],
)  # fmt: skip
def test_nothing_else_becomes_a_link(text: str) -> None:
    assert "<a" not in markdown(text)
    assert text.startswith("`") or "<a" not in output_html(text)


def test_an_address_ends_where_markup_begins() -> None:
    for html in (output_html('https://a.example/"onclick="x'), markdown("https://a.example/<b>")):
        (link,) = [attributes for tag, attributes in elements(html) if tag == "a"]
        assert link["href"] == "https://a.example/"
        assert "onclick" not in link


def test_a_number_alone_is_text() -> None:
    assert markdown("5432.") == "<p>5432.</p>\n"
    assert markdown("7)") == "<p>7)</p>\n"
    assert str(markdown("1.\n2.")).count("<li>") == 2
    assert "<li>x</li>" in markdown("5432. x")


def test_tasks_have_their_boxes() -> None:
    html = markdown("- [x] done\n- [ ] open\n- [link](https://a.example)\n\n[x] no item")
    assert '<li><span class="task done">☑</span> done</li>' in html
    assert '<li><span class="task">☐</span> open</li>' in html
    assert html.count("task") == 2


def test_cards_are_text() -> None:
    evil = "<img src=x onerror=alert(1)>"
    asked = {"questions": [{"question": evil, "header": evil, "options": [{"label": evil}]}]}
    for card in (
        card_of("AskUserQuestion", asked, {"answers": {evil: evil}}),
        card_of("TodoWrite", {"todos": [{"content": evil, "status": evil}]}),
        card_of("ExitPlanMode", {"plan": evil}),
    ):
        assert card is not None
        assert not [tag for tag, _ in elements(card_html(card)) if tag == "img"]
    assert "<img" not in links_html([(evil, "https://a.example")])
