"""Markdown, code and diffs become HTML that holds no more than it should."""

from html.parser import HTMLParser

import pytest

from cca.markup import code_html, diff_html, markdown, numbered_code_html, output_html, sanitised


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
        "<table>",
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
    html = diff_html("a\nb\n", "a\n<c>\n")
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
