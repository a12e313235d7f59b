"""A digest as Markdown, as plain text for a mail, and as JSON."""

import json
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from cca.digest.model import Asked, Digest, Work
from cca.masking import mask_secrets, mask_value

_MOST_PROMPTS = 3
_PROMPT_CHARACTERS = 140
_MOST_SESSIONS = 12
_MOST_FAILURES = 5
_HOUR = 60
NOTHING = "No work."


def markdown(digest: Digest) -> str:
    """A heading for each project; secrets are masked."""
    head = f"# Work log: {digest.name}\n\n{summary(digest)}\n"
    return mask_secrets(
        "\n".join([head, *(_project(each) for each in digest.works)]).rstrip() + "\n"
    )


def summary(digest: Digest) -> str:
    """One sentence."""
    if not digest.works:
        return NOTHING
    return (
        f"{_count(digest.prompts, 'prompt')} in {_count(len(digest.works), 'project')}, "
        f"{hours(digest.active_minutes)} active, {usd(digest.cost_usd)}."
    )


def as_json(digest: Digest) -> str:
    """One object; minutes and USD as numbers, times in ISO 8601, secrets masked."""
    content = asdict(digest) | {
        "cost_usd": digest.cost_usd, "active_minutes": digest.active_minutes,
        "prompts": digest.prompts,
    }  # fmt: skip
    return json.dumps(mask_value(_plain(content)), ensure_ascii=False, indent=2)


def facts(work: Work) -> str:
    """Prompts, hours, cost and failures of a project, in one line."""
    cost = usd(work.cost_usd) + (" and more that has no price" if work.unpriced else "")
    parts = [_count(work.prompts, "prompt"), f"{hours(work.active_minutes)} active", cost]
    if work.failed:
        parts.append(f"{_count(work.failed, 'failure')}")
    return ", ".join(parts)


def hours(minutes: float) -> str:
    """2 h 05 min, 12 min."""
    whole = round(minutes)
    return f"{whole // _HOUR} h {whole % _HOUR:02} min" if whole >= _HOUR else f"{whole} min"


def usd(amount: Decimal) -> str:
    return f"${amount:,.2f}"


def short_prompt(prompt: str) -> str:
    """The prompt in one line."""
    line = " ".join(prompt.split())
    cut = len(line) > _PROMPT_CHARACTERS
    return line[: _PROMPT_CHARACTERS - 1] + "…" if cut else line


def shown_path(work: Work, path: str) -> str:
    """A file's path below the project's directory, where it lies in it."""
    here = PurePosixPath(path)
    root = PurePosixPath(work.project_key)
    return str(here.relative_to(root) if here.is_relative_to(root) else here)


def failures(work: Work) -> str:
    """The kinds of failures with how often each came; empty without any."""
    return ", ".join(f"{each.kind} ({each.count:,})" for each in work.failures[:_MOST_FAILURES])


def _project(work: Work) -> str:
    lines = [f"## {work.project}", "", facts(work), ""]
    if work.asked:
        lines += ["**Asked**", "", *_sessions(work.asked), ""]
    if work.files:
        lines += [f"**Files changed** ({_lines_of(work)})", "", *_files(work), ""]
    if work.commits:
        rows = [f"- `{each.hash}` {each.subject}" for each in work.commits]
        lines += ["**Commits**", "", *rows, ""]
    if work.pull_requests:
        lines += ["**Pull requests**", "", *(f"- {each}" for each in work.pull_requests), ""]
    if work.failures:
        lines += [f"**Failures**: {failures(work)}", ""]
    return "\n".join(lines)


def _sessions(asked: tuple[Asked, ...]) -> list[str]:
    lines = []
    for each in asked[:_MOST_SESSIONS]:
        prompts = [short_prompt(prompt) for prompt in each.prompts]
        title = short_prompt(each.title) or prompts[0]
        lines.append(f"- {title}")
        others = [prompt for prompt in prompts if prompt != title]
        lines += [f"  - {prompt}" for prompt in others[:_MOST_PROMPTS]]
        if len(others) > _MOST_PROMPTS:
            lines.append(f"  - and {_count(len(others) - _MOST_PROMPTS, 'more prompt')}")
    if len(asked) > _MOST_SESSIONS:
        lines.append(f"- and {_count(len(asked) - _MOST_SESSIONS, 'more session')}")
    return lines


def _files(work: Work) -> list[str]:
    lines = [
        f"- `{shown_path(work, each.path)}` +{each.lines_added} -{each.lines_removed}"
        for each in work.files
    ]
    left = work.files_changed - len(work.files)
    return [*lines, f"- and {_count(left, 'more file')}"] if left > 0 else lines


def _lines_of(work: Work) -> str:
    return f"{_count(work.files_changed, 'file')}, +{work.lines_added} -{work.lines_removed}"


def _count(number: int, one: str) -> str:
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"


def _plain(value: Any) -> Any:
    """Values that JSON has."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value
