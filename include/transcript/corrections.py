"""Prompts that correct Claude, told by their words: a heuristic, as good as docs/behaviour.md says.

A prompt corrects if it begins with a no, says that what was done is wrong, missing or not asked
for, says that something still fails, or asks to undo. English only.
"""

import re

# A correction stands at the beginning; what follows is a pasted log or the next task.
_READ_CHARACTERS = 240


def _any(*words: str) -> str:
    return f"(?:{'|'.join(words)})"


_NOT = r"(?:n'?t| not)"
_STRESS = _any("all", "also", "still", "just", "completely", "totally", "already", "clearly") + " "
_IT = _any("that", "this", "it")
_BEFORE = _any("hm+,?", "ok,?", "but", "wait,?", "sorry,?", "actually,?") + " "
_RULES = tuple(
    re.compile(pattern)
    for pattern in (
        # No, …
        rf"^{_any('no+', 'nope', 'nah')}(?:[,.!:;…-]|$|\s+"
        + _any(
            "that", "this", "it", "i", "you", "we", "not", "don", "do", "use", "wait", "stop",
            "go", "leave", "keep", "just", "please",
        )
        + r"\b)",
        rf"^{_BEFORE}?(?:wrong|incorrect|not "
        + _any("quite", "right", "correct", "what", "like that", "that")
        + r")\b",
        r"^(?:please )?(?:stop|wait)(?:[,.!…-]|$|\s+"
        + _any("you", "that", "this", "don", "doing", "what", "why", "i", "it")
        + r"\b)",
        # What was done is wrong, missing or not asked for.
        rf"\b{_any('that', 'this', 'it', 'which')}(?:'s| is| was|'re| are| were)? ?{_STRESS}?"
        + rf"(?:(?:is|was){_NOT}|not|isn'?t|wasn'?t) "
        + _any(
            "right", "correct", "what i", "how i", "working", "true", "good", "supposed", "fixed",
            "enough", "the issue", "the problem", "the point",
        ),
        rf"\b{_IT}(?:'s| is| was) {_STRESS}*(?:wrong|incorrect|broken|worse)\b",
        rf"\byou(?:'ve| have)? {_STRESS}*"
        + _any(
            "forgot", "missed", "broke", "ignored", "misunderst", "misread", "overwrote", "skipped",
            "messed", "hallucinat", "made a mistake", "made it worse", "screwed",
            "were supposed", rf"(?:did|have|were){_NOT}", r"should(?:n'?t| not)? have",
        ),
        r"\bwhy (?:did|have|are|would|didn'?t|haven'?t|aren'?t) you\b",
        rf"\bi {_STRESS}*(?:said|told you|asked (?:you|for)|meant)\b",
        rf"\bi (?:never|did{_NOT}) (?:ask|want|say|tell|mean|need)",
        # It still fails.
        r"\bstill "
        + _any(
            "the same", "not", "fail", "broken", "get", "see", "hav", "no", "wrong", "crash",
            rf"(?:does|is|ca|do){_NOT}", "an? ", "shows?", "hangs?", "missing", "there",
        ),
        rf"\b(?:{_IT}|which) (?:still |just )?(?:does|did){_NOT} "
        + _any("work", "help", "fix", "change", "look", "do", "seem", "show", "match"),
        r"^(?:i(?:'m| am)? (?:now |still )?(?:get|getting|see|seeing) )?(?:the )?(?:same|another) "
        + r"(?:error|problem|issue)\b",
        # Undo it.
        r"^(?:please |can you |could you )?(?:undo|revert|roll ?back|put (?:it|that|this) back)\b",
        r"\bgo back to (?:how|what|the (?:previous|old|last|original))\b",
    )
)  # fmt: skip


def is_correction(prompt: str) -> bool:
    """Tells whether the words of a prompt correct what Claude did before it."""
    text = (
        prompt[:_READ_CHARACTERS].lower().lstrip().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    )
    return not text.startswith("/") and any(rule.search(text) for rule in _RULES)
