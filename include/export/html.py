"""Conversations as one HTML file that needs nothing else: no script, no font, no address.

Everything said passes the sanitiser or is escaped, and the file's own policy lets it load nothing.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape

from cca.annotations import Annotation
from cca.conversation.parts import Part
from cca.conversation.stored import StoredEntry
from cca.conversation.turns import Turn
from cca.export.masking import MaskedPlaces
from cca.export.sessions import Session
from cca.export.wording import asked, at_of, placed, result_label
from cca.markup import code_html, markdown
from cca.markup.cards import card_html
from cca.markup.diffs import diff_html

_STYLES = Path(__file__).with_name("page.css")
_ROLES = {
    "person": "you", "task": "you", "claude": "claude", "tool": "claude", "teammate": "teammate",
}  # fmt: skip
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


def write(
    conversations: Iterable[tuple[Session, Iterator[StoredEntry]]], places: MaskedPlaces
) -> Iterator[str]:
    return document(_conversations(conversations, places))


def _conversations(
    conversations: Iterable[tuple[Session, Iterator[StoredEntry]]], places: MaskedPlaces
) -> Iterator[str]:
    for session, entries in conversations:
        yield _head(session)
        for each in placed(entries):
            if each.opens_agent:
                agent = each.turn.entry.agent
                heading = Markup('<h2 class="agent" id="agent-{}">Subagent {}</h2>\n')
                yield heading.format(agent, session.agent(agent))
            yield _turn(session, each.turn, is_same_speaker=each.is_same_voice)
        yield "</main>\n"
    if places.count:
        yield Markup("<footer><p>{}</p></footer>\n").format(places.sentence)


@cache
def _styles() -> str:
    return _STYLES.read_text()


def _head(session: Session) -> str:
    return Markup("<main>\n<header><h1>{}</h1><p>{} · {} · {}</p>{}</header>\n").format(
        session.title, session.cwd or session.project_id, session.period, session.id,
        _annotation(session.annotation),
    )  # fmt: skip


def _annotation(annotation: Annotation | None) -> Markup:
    """What somebody wrote on a session or a message."""
    if annotation is None:
        return Markup("")
    star = Markup('<b title="Starred">★</b>') if annotation.is_starred else ""
    tags = Markup("").join(Markup("<i>{}</i>").format(tag) for tag in annotation.tags)
    by = Markup("<small>{}</small>").format(annotation.by) if annotation.by else ""
    return Markup('<aside aria-label="Note">{}{}<span>{}</span>{}</aside>').format(
        star, tags, annotation.note, by
    )


def _turn(session: Session, turn: Turn, *, is_same_speaker: bool) -> str:
    facts = Markup(" ").join(
        Markup("<span>{}</span>").format(fact)
        for fact in (at_of(turn)[:19].replace("T", " "), turn.model)
        if fact
    )
    name = Markup("<h3><b>{}</b> {}</h3>").format(turn.voice, facts) if not is_same_speaker else ""
    parts = Markup("\n").join(_part(part) + _started(session, part) for part in turn.lines)
    return Markup('<article class="{}">{}{}{}</article>\n').format(
        _ROLES.get(turn.speaker, "note"), name, parts, _annotation(turn.entry.annotation)
    )


def _started(session: Session, part: Part) -> Markup:
    """Leads to the subagents that a call started, whose conversations stand below."""
    agents = session.started_by(part.call) if part.kind == "call" else []
    link = Markup('<p>Started subagent <a href="#agent-{0}">{0}</a>, below.</p>')
    return Markup("").join(link.format(agent) for agent in agents)


def _part(part: Part) -> Markup:
    worded = _WORDED.get(part.kind)
    return worded(part) if worded else Markup("<div>{}</div>").format(_prose(part.plain))


def _call(part: Part) -> Markup:
    call = asked(part)
    body = card_html(call.card) if call.card else Markup("")
    if call.text and not call.card:
        diff = diff_html(call.hunks, call.argument)
        code = diff or code_html(call.text, call.language)
        body = Markup("<pre><code>{}</code></pre>").format(code)
    argument = Markup(" <code>{}</code>").format(call.argument) if call.argument else ""
    return Markup("<p><b>{}</b>{}</p>{}").format(call.name, argument, body)


def _result(part: Part) -> Markup:
    if not part.plain.strip():
        return Markup("<p>{}: empty</p>").format(result_label(part))
    text = Markup("<pre>{}</pre>").format(part.plain)
    return _folded(result_label(part), text, is_failed=part.is_failed)


def _image(part: Part) -> Markup:
    picture = '<img alt="Image in the conversation" src="data:{};base64,{}">'
    return Markup(picture).format(part.media, part.data)  # noqa: S704  (a constant)


def _file(part: Part) -> Markup:
    if not part.plain.strip():
        return Markup("<p>{}</p>").format(part.label)
    text = Markup("<pre>{}</pre>").format(part.plain)
    return _folded(part.label, text, is_failed=part.is_failed)


def _link(part: Part) -> Markup:
    if part.url:
        link = '<p><a href="{}" rel="noopener noreferrer nofollow">{}</a></p>'
        return Markup(link).format(part.url, part.label)  # noqa: S704  (a constant)
    return Markup("<p>{} <code>{}</code></p>").format(part.label, part.text)


def _command(part: Part) -> Markup:
    return Markup("<p><code>{}</code> {}</p>").format(part.label, part.plain)


def _note(part: Part) -> Markup:
    return Markup("<pre>{}</pre>").format(part.plain)


def _thinking(part: Part) -> Markup:
    return _folded("Thinking", Markup("<div>{}</div>").format(_prose(part.plain)))


_WORDED = {
    "call": _call, "result": _result, "image": _image, "file": _file, "fold": _file,
    "link": _link, "command": _command, "note": _note, "thinking": _thinking,
}  # fmt: skip


def _prose(text: str) -> Markup:
    if len(text) > _MAX_PROSE_CHARACTERS:
        return Markup("<pre>{}</pre>").format(escape(text))
    return markdown(text)


def _folded(label: str, inner: Markup, *, is_failed: bool = False) -> Markup:
    return Markup("<details{}><summary>{}</summary>{}</details>").format(
        Markup(' class="failed"') if is_failed else "", label, inner
    )
