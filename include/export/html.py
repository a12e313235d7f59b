"""Conversations as one HTML file that needs nothing else: no script, no font, no address.

Everything said passes the sanitiser or is escaped, and the file's own policy lets it load nothing.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape

from cca.annotations import Mark
from cca.export.sessions import Entry, Session
from cca.export.turns import Part, Turn, placed
from cca.markup import code_html, markdown, patch_html

_STYLES = Path(__file__).with_name("page.css")
# Longer prose is shown as plain text: parsing it as Markdown would take seconds.
_MAX_PROSE_CHARACTERS = 200_000

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Conversations</title>
<style>
{}</style>
</head>
<body>
"""


def document(body: Iterator[str]) -> Iterator[str]:
    """A whole page around what is in it."""
    yield _HEAD.format(_styles())
    yield from body
    yield "</body>\n</html>\n"


def write(conversations: Iterable[tuple[Session, Iterator[Entry]]]) -> Iterator[str]:
    return document(_conversations(conversations))


def _conversations(conversations: Iterable[tuple[Session, Iterator[Entry]]]) -> Iterator[str]:
    for session, entries in conversations:
        yield _head(session)
        for each in placed(entries):
            if each.opens_agent:
                heading = Markup('<h2 class="agent">Subagent <code>{}</code></h2>\n')
                yield heading.format(each.turn.agent)
            yield _turn(each.turn, is_same_speaker=each.is_same_voice)
        yield "</main>\n"


@cache
def _styles() -> str:
    return _STYLES.read_text()


def _head(session: Session) -> str:
    return Markup("<main>\n<header><h1>{}</h1><p>{} · {} · {}</p>{}</header>\n").format(
        session.title, session.cwd or session.project_id, session.period, session.id,
        _mark(session.mark),
    )  # fmt: skip


def _mark(mark: Mark | None) -> Markup:
    """What somebody wrote on a session or a message."""
    if mark is None:
        return Markup("")
    star = Markup('<b title="Starred">★</b>') if mark.is_starred else ""
    tags = Markup("").join(Markup("<i>{}</i>").format(tag) for tag in mark.tags)
    by = Markup("<small>{}</small>").format(mark.by) if mark.by else ""
    return Markup('<aside aria-label="Note">{}{}<span>{}</span>{}</aside>').format(
        star, tags, mark.note, by
    )


def _turn(turn: Turn, *, is_same_speaker: bool) -> str:
    facts = Markup(" ").join(
        Markup("<span>{}</span>").format(fact)
        for fact in (turn.at[:19].replace("T", " "), turn.model)
        if fact
    )
    name = Markup("<h3><b>{}</b> {}</h3>").format(turn.voice, facts) if not is_same_speaker else ""
    parts = Markup("\n").join(_part(part) for part in turn.parts)
    return Markup('<article class="{}">{}{}{}</article>\n').format(
        turn.voice.lower(), name, parts, _mark(turn.mark)
    )


def _part(part: Part) -> Markup:
    if part.kind == "call":
        return _call(part)
    if part.kind == "note":
        return Markup("<pre>{}</pre>").format(part.text)
    if part.kind == "image":
        picture = '<img alt="Image in the conversation" src="data:{};base64,{}">'
        return Markup(picture).format(part.name, part.text)  # noqa: S704  (a constant)
    if part.kind == "result":
        label = "Failed" if part.is_failed else "Result"
        text = Markup("<pre>{}</pre>").format(part.text)
        return _folded(label, text, is_failed=part.is_failed) if part.text.strip() else Markup("")
    prose = Markup("<div>{}</div>").format(_prose(part.text))
    return _folded("Thinking", prose) if part.kind == "thinking" else prose


def _call(part: Part) -> Markup:
    is_diff = part.language == "diff"
    code = patch_html(part.text.split("\n")) if is_diff else code_html(part.text, part.language)
    name, _, rest = part.name.partition(" ")
    body = Markup("<pre><code>{}</code></pre>").format(code) if part.text else Markup("")
    argument = Markup(" <code>{}</code>").format(rest) if rest else ""
    return Markup("<p><b>{}</b>{}</p>{}").format(name, argument, body)


def _prose(text: str) -> Markup:
    if len(text) > _MAX_PROSE_CHARACTERS:
        return Markup("<pre>{}</pre>").format(escape(text))
    return markdown(text)


def _folded(label: str, inner: Markup, *, is_failed: bool = False) -> Markup:
    return Markup("<details{}><summary>{}</summary>{}</details>").format(
        Markup(' class="failed"') if is_failed else "", label, inner
    )
