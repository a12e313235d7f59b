"""Cards as HTML: questions with the chosen answer, lists of tasks, plans, and links of a search."""

from collections.abc import Iterable

from markupsafe import Markup

from cca.conversation.cards import Card, Question
from cca.markup import LINK, markdown

_SIGNS = {"completed": "☑", "in_progress": "◪", "pending": "☐"}
_WORDS = {"completed": "done", "in_progress": "in progress", "pending": "open"}
_SIGN = Markup('<span aria-hidden="true">{}</span><span class="sr">{}: </span>')


def card_html(card: Card) -> Markup:
    """Returns a card as HTML."""
    if card.questions:
        return Markup("").join(map(_question, card.questions))
    if card.tasks:
        rows = (
            Markup('<li class="{}">{} {}</li>').format(
                task.state, _SIGN.format(_SIGNS[task.state], _WORDS[task.state]), task.text
            )
            for task in card.tasks
        )
        return Markup('<ul class="tasks">{}</ul>').format(Markup("").join(rows))
    return markdown(card.text)


def links_html(links: Iterable[tuple[str, str]]) -> Markup:
    """Returns links as a list; each is a title and an address."""
    rows = (Markup("<li>{}</li>").format(LINK.format(url, title)) for title, url in links)
    return Markup('<ul class="links">{}</ul>').format(Markup("").join(rows))


def _question(question: Question) -> Markup:
    header = Markup("<small>{}</small>").format(question.header) if question.header else ""
    rows = [
        Markup('<li class="{}">{}<b>{}</b>{}</li>').format(
            "chosen" if option.is_chosen else "",
            _SIGN.format("✓", "Chosen") if option.is_chosen else "",
            option.label,
            Markup(" <span>{}</span>").format(option.about) if option.about else "",
        )
        for option in question.options
    ]
    if question.answer:
        row = Markup('<li class="chosen">{}<b>{}</b></li>')
        rows.append(row.format(_SIGN.format("✓", "Answer"), question.answer))
    card = Markup('<div class="question">{}<p>{}</p><ul>{}</ul></div>')
    return card.format(header, question.text, Markup("").join(rows))
