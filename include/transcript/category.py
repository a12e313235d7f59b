"""What a prompt asks for, guessed from its words: for charts, never a truth about the work."""

import re

# A pasted log says nothing more of what is asked.
_READ_CHARACTERS = 2000
# The first rule that matches wins, so the specific come before the general.
_RULES = tuple(
    (category, re.compile(pattern))
    for category, pattern in (
        ("command", r"^/[a-z]"),
        (
            "debugging",
            r"\b(?:fix|bug|error|fails?|failing|failed|crash\w*|debug|broken|wrong|exception|traceback)\b",
        ),
        ("testing", r"\b(?:tests?|testing|coverage|pytest|jest|e2e)\b"),
        (
            "refactoring",
            r"\b(?:refactor\w*|rename|clean ?up|simplify|restructure|extract|move)\b",
        ),
        ("documentation", r"\b(?:docs?|document\w*|readme|changelog|comments?|release notes)\b"),
        ("review", r"\b(?:review|audit|check|look over|feedback)\b"),
        (
            "operations",
            r"\b(?:deploy\w*|release|docker|ci|pipeline|commit|merge|rebase|push|install|upgrade|terraform|logs?)\b",
        ),
        ("feature", r"\b(?:add|implement|create|build|write|make|support|introduce|extend)\b"),
        (
            "question",
            r"(?:\?|^(?:what|why|how|where|when|which|who|can|could|does|is|are|explain|show|find|tell)\b)",
        ),
    )
)
CATEGORIES = (*(category for category, _ in _RULES), "other")


def task_category(prompt: str) -> str:
    """Returns one of `CATEGORIES` for what a person typed."""
    text = prompt[:_READ_CHARACTERS].lower()
    return next((category for category, rule in _RULES if rule.search(text)), "other")
