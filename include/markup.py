"""Untrusted text to safe HTML: markdown, code and diffs; the only makers of raw HTML here."""

import difflib
import re
from functools import lru_cache
from pathlib import PurePath

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class_for_filename, get_lexer_by_name
from pygments.util import ClassNotFound

from cca.transcript.colours import Style, styled
from cca.transcript.terminal import has_controls, plain

# Longer code is shown plain: highlighting costs about 1 s per MB.
MAX_HIGHLIGHT_CHARS = 60_000

_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li",
    "ol", "p", "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "code": {"class"},
    "span": {"class"},
    "ol": {"start"},
    "pre": {"tabindex"},
    "td": {"align"},
    "th": {"align"},
}
_GUTTER = Markup('<span class="k-ln">{}</span>')
_NUMBERED = re.compile(r"( *\d+)[\t→](.*)")
_FORMATTER = HtmlFormatter(nowrap=True, classprefix="k-")


def _parser(*, breaks: bool) -> MarkdownIt:
    parser = MarkdownIt(
        "commonmark",
        {
            "html": False,
            "breaks": breaks,
            "highlight": lambda code, name, _: str(code_html(code, name)),
        },
    )
    # An image would be fetched from wherever the text says; it stays a link.
    return parser.enable(["table", "strikethrough"]).disable("image")


_PROSE = _parser(breaks=False)
_PROMPT = _parser(breaks=True)


@lru_cache(maxsize=512)
def markdown(text: str, *, breaks: bool = False) -> Markup:
    """Markdown as sanitised HTML; `breaks` keeps the line ends of what a person typed.

    Escape sequences leave no trace: only terminal output has colours.
    """
    parser = _PROMPT if breaks else _PROSE
    html = parser.render(_printable(plain(text))).replace("<pre>", '<pre tabindex="0">')
    return sanitised(html)


def sanitised(html: str) -> Markup:
    """Only the tags of prose, and links that lead to a web page or a mail address."""
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return Markup(clean)  # noqa: S704  (sanitised on the line above)


def code_html(code: str, language: str = "", path: str = "") -> Markup:
    """Code as spans with Pygments' classes; plain where the language is unknown."""
    code = _printable(plain(code))
    lexer = _lexer(language, path) if len(code) <= MAX_HIGHLIGHT_CHARS else None
    if lexer is None:
        return escape(code)
    return sanitised(highlight(code, lexer, _FORMATTER).removesuffix("\n"))


def output_html(text: str) -> Markup:
    """Terminal output as spans with classes of ours; text without colours is escaped as it is."""
    if not has_controls(text):
        return escape(_printable(text))
    spans = []
    for style, run in styled(text):
        names = _style_classes(style)
        span = Markup('<span class="{}">{}</span>') if names else Markup("{1}")
        spans.append(span.format(names, _printable(run)))
    return Markup("").join(spans)


def _style_classes(style: Style) -> str:
    """The classes of a style: t-c1 for red letters, t-g4 for a blue ground, t-b for bold."""
    colour, ground = style.colour, style.ground
    if style.is_inverse:
        # A terminal's own colours have no number: 15 and 0 look like them, swapped.
        colour, ground = (0 if ground is None else ground), (15 if colour is None else colour)
    names = [f"t-c{colour}"] if colour is not None else []
    names += [f"t-g{ground}"] if ground is not None else []
    flags = (
        ("t-b", style.is_bold), ("t-d", style.is_dim), ("t-i", style.is_italic),
        ("t-u", style.is_underlined), ("t-s", style.is_struck),
    )  # fmt: skip
    return " ".join([*names, *(name for name, is_on in flags if is_on)])


def numbered_code_html(text: str, path: str) -> Markup:
    """A file as the Read tool gives it: its line numbers aside, the code highlighted."""
    lines = plain(text).split("\n")
    parts = [_NUMBERED.match(line) for line in lines]
    if not parts or not all(parts[:-1]) or not parts[0]:
        return code_html(text, path=path) if path else output_html(text)
    # The last line may be cut, or be a remark of the tool.
    code = [found[2] if found else line for found, line in zip(parts, lines, strict=True)]
    shown = str(code_html("\n".join(code), path=path)).split("\n")
    rows = [
        _GUTTER.format(found[1].strip() if found else "") + Markup(html)  # noqa: S704  (code_html's)
        for found, html in zip(parts, shown, strict=False)
    ]
    return Markup("\n").join(rows)


def diff_html(old: str, new: str, *, context: int = 3) -> Markup:
    """A unified diff, without the two file lines."""
    lines = difflib.unified_diff(
        _printable(old).splitlines(), _printable(new).splitlines(), lineterm="", n=context
    )
    return patch_html([line for line in lines if not line.startswith(("---", "+++"))])


def patch_html(lines: list[str]) -> Markup:
    """Lines of a unified diff, each in the class of its sign."""
    classes = {"+": "k-gi", "-": "k-gd", "@": "k-gu"}
    spans = (
        Markup('<span class="{}">{}</span>').format(classes.get(line[:1], "k-g0"), _printable(line))
        for line in lines
    )
    return Markup("\n").join(spans)


def _lexer(language: str, path: str) -> Lexer | None:
    try:
        if language:
            return get_lexer_by_name(language.split(maxsplit=1)[0], stripnl=False, ensurenl=False)
        kind = find_lexer_class_for_filename(PurePath(path).name) if path else None
    except (ClassNotFound, IndexError):
        return None
    return kind(stripnl=False, ensurenl=False) if kind else None


def _printable(text: str) -> str:
    """Lone surrogates cannot be encoded; control characters have no look."""
    return text.encode("utf-8", errors="replace").decode("utf-8").replace("\x00", "\ufffd")
