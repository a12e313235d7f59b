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
_STRESS = f"(?:{_any('all', 'also', 'still', 'just', 'completely', 'totally', 'already')} )*"
_IT = _any("that", "this", "it")
_IS = f"{_IT}(?:'?s| is| was| looks| seems) {_STRESS}"
_BEFORE = f"(?:{_any('hm+,?', 'ok,?', 'but', 'wait,?', 'sorry,?', 'actually,?')} )?"
_RULES = tuple(
    re.compile(pattern)
    for pattern in (
        # No, …
        (
            rf"^{_BEFORE}(?:no+|nope|nah)(?:[.!,:;…](?! let'?s)|$| "
            rf"{_any('that', 'this', 'it', 'i', 'you', 'not', 'do', 'don', 'stop', 'wait')}\b)"
        ),
        rf"^{_BEFORE}(?:wrong|incorrect)\b",
        rf"^{_BEFORE}not (?:quite|right|correct|what|like|that|working|the|here)\b",
        r"^(?:please )?stop(?:[,.!…]|$| (?:that|this|it|you|doing|\w+ing)\b)",
        # What was done is wrong, missing or not asked for.
        rf"^{_BEFORE}{_IS}(?:wrong|incorrect|broken|worse|not|a lazy|bad|poor)\b",
        rf"\b{_IT} (?:is|was|does|did|has){_NOT} (?:right|correct|what|how|working|answer|enough)",
        (
            rf"\byou(?:'?ve| have)? {_STRESS}"
            rf"{_any('forgot', 'missed', 'broke', 'ignored', 'misunderst', 'misread', 'overwrote')}"
        ),
        (
            rf"\byou(?:'?ve| have|'re| are)? {_STRESS}"
            rf"{_any('messed', 'hallucinat', 'made it worse', 'confusing', 'confused', 'wrong')}"
        ),
        rf"\byou {_STRESS}(?:(?:did|have|were){_NOT}|were supposed|should(?:{_NOT})? have)\b",
        r"\bwhy (?:did|have|are|would|didn'?t|haven'?t|aren'?t|don'?t) you\b",
        rf"\bi {_STRESS}(?:told you|asked (?:you )?for|meant)\b|^i {_STRESS}said\b",
        rf"\bi (?:never|did{_NOT}) (?:ask|want|say|tell|mean|need)",
        # It still fails.
        (
            rf"^(?:{_IT}(?:'?s)? |i |i'?m |but )*(?:is |am )?"
            r"still (?!not sure|thinking|want|need|have to|would|on\b|to\b)"
        ),
        rf"\bstill (?:fail|broken|crash|(?:does|is|ca|do){_NOT}|getting|running into|not work)",
        (
            rf"\b(?:{_IT}|which) (?:still |just )?(?:does|did){_NOT} "
            r"(?:work|help|fix|change|look|do|seem|show|match|make|run|load|open|start|compile)"
        ),
        (
            rf"^(?:i(?:'m| am)? (?:now |still )?{_any('get', 'getting', 'see', 'seeing')} )?"
            r"(?:the )?(?:same|another) (?:error|problem|issue)\b"
        ),
        # Undo it.
        r"^(?:please |can you |could you )?(?:undo|revert|roll ?back|put (?:it|that|this) back)\b",
        r"\bgo back to (?:how|what|the (?:previous|old|last|original))\b",
    )
)


def is_correction(prompt: str) -> bool:
    """Tells whether the words of a prompt correct what Claude did before it."""
    text = (
        prompt[:_READ_CHARACTERS].lower().lstrip().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    )
    return not text.startswith("/") and any(rule.search(text) for rule in _RULES)
