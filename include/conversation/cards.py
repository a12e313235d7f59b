"""Calls that have a form of their own: questions to a person, lists of tasks, plans; pure."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cca.transcript.values import mapping, string

_STATES = frozenset({"pending", "in_progress", "completed"})
_ANSWER = re.compile(r'"((?:[^"\\]|\\.){1,2000})"="((?:[^"\\]|\\.){0,2000})"')
_LINKS = re.compile(r"^Links: (\[.*\])[ \t]*$", re.MULTILINE)
_ANSWER_CHARACTERS = 20_000


@dataclass(frozen=True)
class Option:
    """One answer that a question offers."""

    label: str
    about: str = ""
    is_chosen: bool = False


@dataclass(frozen=True)
class Question:
    """A question to a person; `answer` is what they said that is none of the options."""

    text: str
    header: str = ""
    options: tuple[Option, ...] = ()
    answer: str = ""


@dataclass(frozen=True)
class Task:
    """A line of a list of tasks; state: pending, in_progress or completed."""

    text: str
    state: str = "pending"


@dataclass(frozen=True)
class Card:
    """What a call shows in place of its input: questions, tasks, or a text in Markdown."""

    label: str
    questions: tuple[Question, ...] = ()
    tasks: tuple[Task, ...] = ()
    text: str = ""

    @property
    def headline(self) -> str:
        """What stands beside the tool's name."""
        if self.questions:
            return self.questions[0].text
        running = (task.text for task in self.tasks if task.state == "in_progress")
        return next(running, "")

    @property
    def is_answered(self) -> bool:
        """Tells whether every question has its answer, so that the result repeats it."""
        return bool(self.questions) and all(
            each.answer or any(option.is_chosen for option in each.options)
            for each in self.questions
        )


def card_of(name: str, given: Any, facts: Any = None, answer: str = "") -> Card | None:
    """Returns the card of a call; None where its tool has none.

    `facts` is the `toolUseResult` beside the call's result, `answer` the result's text.
    """
    values = mapping(given)
    if name == "AskUserQuestion":
        questions = tuple(_questions(values.get("questions"), _answers(facts, answer)))
        return Card("Question", questions=questions) if questions else None
    if name == "TodoWrite":
        tasks = tuple(_tasks(values.get("todos")))
        return Card("Tasks", tasks=tasks) if tasks else None
    plan = string(values.get("plan"))
    return Card("Plan", text=plan) if name == "ExitPlanMode" and plan else None


def web_links(text: str) -> tuple[list[tuple[str, str]], str]:
    """Returns what a web search found, as (title, address), and the rest of its text."""
    found: list[tuple[str, str]] = []
    for line in _LINKS.findall(text):
        try:
            links = json.loads(line)
        except ValueError:
            return [], text
        for each in map(mapping, links):
            url = string(each.get("url")) or ""
            if url.startswith(("https://", "http://")):
                found.append((string(each.get("title")) or url, url))
    return (found, _LINKS.sub("", text).strip()) if found else ([], text)


def _answers(facts: Any, answer: str) -> dict[str, str]:
    """Question to answer: from the facts, else from the words of the result."""
    told = mapping(mapping(facts).get("answers"))
    if told:
        return {str(question): _joined(said) for question, said in told.items()}
    return dict(_ANSWER.findall(answer[:_ANSWER_CHARACTERS]))


def _joined(said: Any) -> str:
    return ", ".join(map(str, said)) if isinstance(said, list) else str(said)


def _questions(given: Any, answers: dict[str, str]) -> Iterator[Question]:
    for each in map(mapping, given if isinstance(given, list) else ()):
        text = string(each.get("question")) or ""
        if not text:
            continue
        answer = answers.get(text, "").strip()
        parts = [part.strip() for part in answer.split(",")]
        chosen = frozenset(parts if each.get("multiSelect") is True else [answer])
        offered = each.get("options")
        options = tuple(_options(offered if isinstance(offered, list) else [], chosen))
        labels = {option.label.strip() for option in options}
        own = answer if chosen - labels - {""} else ""
        yield Question(text, string(each.get("header")) or "", options, own)


def _options(given: list[Any], chosen: frozenset[str]) -> Iterator[Option]:
    for each in given:
        label = string(mapping(each).get("label")) or (each if isinstance(each, str) else "")
        if label:
            about = string(mapping(each).get("description")) or ""
            yield Option(label, about, label.strip() in chosen)


def _tasks(given: Any) -> Iterator[Task]:
    for each in map(mapping, given if isinstance(given, list) else ()):
        text = string(each.get("content")) or string(each.get("activeForm")) or ""
        state = string(each.get("status")) or ""
        if text:
            yield Task(text, state if state in _STATES else "pending")
