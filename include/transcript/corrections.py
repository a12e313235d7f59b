"""Prompts that correct Claude, told by their words: a heuristic, as good as docs/behaviour.md says.

A prompt corrects if it begins with a no, says that what was done is wrong, missing or not asked
for, says that something still fails, or asks to undo. English only.
"""

import re

# A correction stands at the beginning; what follows is a pasted log or the next task.
_READ_CHARACTERS = 240
_NOT = r"(?:n['’]?t| not)"
_RULES = tuple(
    re.compile(pattern)
    for pattern in (
        # No, …
        r"^(?:no+|nope|nah)(?:[,.!:;…-]|\s+(?:that|this|it|i|you|we|not|don|do|use|wait|stop|go|leave|keep|just|please)\b|$)",
        r"^(?:hm+,? |ok,? but |but |wait,? |sorry,? |actually,? )?(?:wrong\b|incorrect\b|not (?:quite|right|correct|what|like that|that)\b)",
        r"^(?:please )?(?:stop|wait)(?:[,.!…-]|\s+(?:you|that|this|don|doing|what|why|i|it)\b|$)",
        # What was done is wrong, missing or not asked for.
        rf"\b(?:that|this|it|which)(?:['’]s| is| was|['’]re| are| were)? ?(?:all |still |just |completely |totally )?(?:(?:is|was){_NOT}|not|isn['’]?t|wasn['’]?t) (?:right|correct|what i|how i|working|true|good|supposed|fixed|enough|the (?:issue|problem|point))",
        r"\b(?:that|this|it)(?:['’]s| is| was) (?:all |still |just |completely |totally )*(?:wrong|incorrect|broken|worse)\b",
        rf"\byou(?:['’]ve| have)? (?:also |just |still |completely )*(?:forgot|missed|broke|ignored|misunderst|misread|overwrote|skipped|messed|hallucinat|made a mistake|made it worse|screwed|did{_NOT}|have{_NOT}|were{_NOT}|should(?:n['’]?t| not)? have|were supposed)",
        r"\bwhy (?:did|have|are|would|didn['’]?t|haven['’]?t|aren['’]?t) you\b",
        r"\bi (?:already |just |clearly )*(?:said|told you|asked (?:you|for)|meant)\b",
        rf"\bi (?:never|did{_NOT}) (?:ask|want|say|tell|mean|need)",
        # It still fails.
        rf"\bstill (?:the same|not|fail|broken|getting|get|see|seeing|have|having|no|wrong|crash|does{_NOT}|is{_NOT}|ca{_NOT}|do{_NOT}|an? |shows?|hangs?|missing|there)",
        rf"\b(?:it|that|this|which) (?:still |just )?(?:does{_NOT}|did{_NOT}) (?:work|help|fix|change|look|do|seem|show|match)",
        r"^(?:i(?:['’]m| am)? (?:now )?(?:still )?(?:get|getting|see|seeing) )?(?:the )?(?:same|another) (?:error|problem|issue)\b",
        # Undo it.
        r"^(?:please |can you |could you )?(?:undo|revert|roll ?back|put (?:it|that|this) back)\b",
        r"\bgo back to (?:how|what|the (?:previous|old|last|original))\b",
    )
)  # fmt: skip


def is_correction(prompt: str) -> bool:
    """Tells whether the words of a prompt correct what Claude did before it."""
    text = prompt[:_READ_CHARACTERS].lower().lstrip()
    return not text.startswith("/") and any(rule.search(text) for rule in _RULES)
