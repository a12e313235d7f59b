"""Untrusted text to safe HTML: prose and code here, diffs and cards in their own modules."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import starmap
from pathlib import PurePath

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup, escape
from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class_for_filename, get_lexer_by_name
from pygments.token import STANDARD_TYPES, _TokenType
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
    "table": {"tabindex"},
    "td": {"align"},
    "th": {"align"},
}
LINK = Markup('<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>')
GUTTER = Markup('<span class="k-ln">{}</span>')
# A web address in plain text; what closes a sentence or a bracket is not part of it.
_ADDRESS = re.compile(r"https?://\w[^\s<>\"'`\\^{}|\x00-\x1f]+", re.IGNORECASE)
_AFTER_ADDRESS = ".,:;!?*_~'\""
_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")
_TASKS = {
    False: '<span class="task">☐</span> ',
    True: '<span class="task done">☑</span> ',
}
# What follows the start of a list of one empty item.
_EMPTY_LIST = ("list_item_open", "list_item_close", "ordered_list_close")
_NUMBERED = re.compile(r"( *\d+)[\t→](.*)")
_UNCOLOURED = frozenset({"", "w", "p", "pm", "n", "nx", "nv", "o", "err", "x", "l", "g", "esc"})

# Text of one line, with the class of its colour.
Run = tuple[str, str]


def _parser(*, breaks: bool) -> MarkdownIt:
    parser = MarkdownIt(
        "commonmark",
        {
            "html": False,
            "breaks": breaks,
            "highlight": lambda code, name, _: str(code_html(code, name)),
        },
    )
    parser.core.ruler.push("addresses", _link_addresses)
    parser.core.ruler.push("tasks", _tick_tasks)
    parser.core.ruler.push("numbers", _keep_numbers)
    # An image would be fetched from wherever the text says; it stays a link.
    return parser.enable(["table", "strikethrough"]).disable("image")


def _link_addresses(state: StateCore) -> None:
    """Makes links of web addresses that stand in the text as they are."""
    for block in state.tokens:
        if block.type != "inline" or "://" not in block.content or not block.children:
            continue
        shown: list[Token] = []
        depth = 0
        for token in block.children:
            depth += token.nesting if token.type.startswith("link_") else 0
            is_text = token.type == "text" and not depth
            shown += _linked(token) if is_text else [token]
        block.children = shown


def _linked(token: Token) -> list[Token]:
    """A text as texts and links."""
    tokens: list[Token] = []
    for text, address in addresses(token.content):
        said = Token("text", "", 0, content=text)
        if not address:
            tokens.append(said)
            continue
        opening = Token("link_open", "a", 1, attrs={"href": normalizeLink(address)})
        tokens += [opening, said, Token("link_close", "a", -1)]
    return tokens


def addresses(text: str) -> Iterator[tuple[str, str]]:
    """Yields the pieces of a text, each with the web address that it is, or ""."""
    done = 0
    for found in _ADDRESS.finditer(text):
        address = _trimmed(found[0])
        if found.start() > done:
            yield text[done : found.start()], ""
        yield address, address
        done = found.start() + len(address)
    if done < len(text):
        yield text[done:], ""


def _trimmed(address: str) -> str:
    """The address without what the sentence around it adds."""
    while address and (
        address[-1] in _AFTER_ADDRESS
        or (address[-1] == ")" and address.count(")") > address.count("("))
        or (address[-1] == "]" and address.count("]") > address.count("["))
    ):
        address = address[:-1]
    return address


def _tick_tasks(state: StateCore) -> None:
    """Writes the box of a task, `- [x]`, as a sign."""
    tokens = state.tokens
    for at in range(2, len(tokens)):
        children = tokens[at].children
        if tokens[at].type != "inline" or not children or tokens[at - 2].type != "list_item_open":
            continue
        box = _TASK.match(children[0].content) if children[0].type == "text" else None
        if box:
            children[0].content = children[0].content[box.end() :]
            sign = Token("html_inline", "", 0, content=_TASKS[box[1] != " "])
            tokens[at].children = [sign, *children]


def _keep_numbers(state: StateCore) -> None:
    """Writes a number alone, `5432.`, as text: a list of one empty item shows it in the margin."""
    kept: list[Token] = []
    tokens = iter(enumerate(state.tokens))
    for at, token in tokens:
        if token.type != "ordered_list_open" or not _is_empty_list(state.tokens, at):
            kept.append(token)
            continue
        item = state.tokens[at + 1]
        number = Token("text", "", 0, content=f"{item.info}{item.markup}")
        kept += [
            Token("paragraph_open", "p", 1, block=True),
            Token("inline", "", 0, children=[number], block=True),
            Token("paragraph_close", "p", -1, block=True),
        ]
        for _ in _EMPTY_LIST:
            next(tokens)
    state.tokens = kept


def _is_empty_list(tokens: list[Token], at: int) -> bool:
    return tuple(token.type for token in tokens[at + 1 : at + 4]) == _EMPTY_LIST


_PROSE = _parser(breaks=False)
_PROMPT = _parser(breaks=True)


@lru_cache(maxsize=512)
def markdown(text: str, *, breaks: bool = False) -> Markup:
    """Markdown as sanitised HTML; `breaks` keeps the line ends of what a person typed.

    Escape sequences leave no trace: only terminal output has colours.
    """
    parser = _PROMPT if breaks else _PROSE
    html = parser.render(printable(plain(text))).replace("<pre>", '<pre tabindex="0">')
    # What scrolls sideways must be reached by the keyboard.
    return sanitised(html.replace("<table>", '<table tabindex="0">'))


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
    code = printable(plain(code))
    lexer = lexer_for(language, path) if len(code) <= MAX_HIGHLIGHT_CHARS else None
    if lexer is None:
        return escape(code)
    lines = ("".join(starmap(_run, line)) for line in coloured_lines(code, lexer))
    return Markup("\n".join(lines))  # noqa: S704  (each text was escaped, the classes are ours)


def coloured_lines(code: str, lexer: Lexer) -> Iterator[list[Run]]:
    """Yields each line as runs of one colour."""
    runs: list[Run] = []
    for kind, text in lexer.get_tokens(code):
        name = _class_of(kind)
        first, *rest = text.split("\n")
        if runs and runs[-1][0] == name:
            runs[-1] = (name, runs[-1][1] + first)
        else:
            runs.append((name, first))
        for line in rest:
            yield runs
            runs = [(name, line)]
    yield runs


@lru_cache(maxsize=256)
def _class_of(kind: _TokenType) -> str:
    """The class of a token; "" for names, signs and spaces, which have the text's own colour."""
    while kind not in STANDARD_TYPES and kind.parent is not None:
        kind = kind.parent
    name = STANDARD_TYPES.get(kind, "")
    return "" if name in _UNCOLOURED else f"k-{name}"


def _run(name: str, text: str) -> str:
    return f'<span class="{name}">{escape(text)}</span>' if name else escape(text)


def output_html(text: str) -> Markup:
    """Terminal output as spans with classes of ours; text without colours is escaped as it is."""
    if not has_controls(text):
        return linked(printable(text))
    spans = []
    for style, run in styled(text):
        names = _style_classes(style)
        span = Markup('<span class="{}">{}</span>') if names else Markup("{1}")
        spans.append(span.format(names, linked(printable(run))))
    return Markup("").join(spans)


def linked(text: str) -> Markup:
    """Plain text as HTML in which web addresses are links."""
    if "://" not in text:
        return escape(text)
    return Markup("").join(
        LINK.format(address, said) if address else escape(said) for said, address in addresses(text)
    )


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
        GUTTER.format(found[1].strip() if found else "") + Markup(html)  # noqa: S704  (code_html's)
        for found, html in zip(parts, shown, strict=False)
    ]
    return Markup("\n").join(rows)


def lexer_for(language: str, path: str) -> Lexer | None:
    """Returns what reads a language, or the file of this name; None where nobody knows it."""
    try:
        if language:
            return get_lexer_by_name(language.split(maxsplit=1)[0], stripnl=False, ensurenl=False)
        kind = find_lexer_class_for_filename(PurePath(path).name) if path else None
    except (ClassNotFound, IndexError):
        return None
    return kind(stripnl=False, ensurenl=False) if kind else None


def printable(text: str) -> str:
    """Lone surrogates cannot be encoded; control characters have no look."""
    return text.encode("utf-8", errors="replace").decode("utf-8").replace("\x00", "\ufffd")
