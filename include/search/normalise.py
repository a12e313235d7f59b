"""How text becomes words, the same for what is indexed and for what is typed."""

import re
import unicodedata
from functools import lru_cache

import tantivy

# A modifier letter: tantivy keeps it inside a word, so an identifier stays one word.
UNDERSCORE = "\u02cd"
LONGEST_WORD_BYTES = 255

# As a group, so that splitting by it keeps the runs: they stand at the odd places.
_NON_ASCII = re.compile(r"([^\x00-\x7f]+)")
# Runs shorter than this repeat all over a corpus, longer ones hardly ever.
_CACHED_RUN = 32
_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff\ufe00-\ufe0f]")
# Scripts written without spaces: each character is a token of its own.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u302f\u3040-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9d"
    "\U0001b000-\U0001b16f\U00020000-\U000323af]"
)
_PICTURE = re.compile(
    "[\u2190-\u21ff\u2300-\u23ff\u2500-\u27bf\u2900-\u297f\u2b00-\u2bff\U0001f000-\U0001faff]"
)


def normalise(text: str) -> str:
    """Text as the tokenizer must see it; plain ASCII changes only in its underscores."""
    if not text.isascii():
        # A third of the time of a substitution that calls a function.
        parts = _NON_ASCII.split(text)
        parts[1::2] = [
            _cached(run) if len(run) < _CACHED_RUN else _spell(run) for run in parts[1::2]
        ]
        text = "".join(parts)
    return text.replace("_", UNDERSCORE)


def leads_of(text: str) -> set[str]:
    """The characters beyond ASCII that a word of the text may begin with."""
    # One by one, as the tokenizer lowers them: within a word Python knows a final sigma.
    return {low for sign in set("".join(_NON_ASCII.findall(text))) for low in sign.lower()}


def analyser() -> tantivy.TextAnalyzer:
    """The tokenizer `cca`; every process that opens the index must register it."""
    steps = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    steps = steps.filter(tantivy.Filter.remove_long(LONGEST_WORD_BYTES))
    return steps.filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.ascii_fold()).build()


def is_unspaced(token: str) -> bool:
    return len(token) == 1 and _UNSPACED.match(token) is not None


def is_letter(character: str) -> bool:
    """Whether the tokenizer keeps the character inside a word."""
    return character.isalnum() or character == UNDERSCORE


def _spell(run: str) -> str:
    # An accent written after an ASCII letter: that letter alone is what ascii_fold would leave.
    start = next((i for i, c in enumerate(run) if not unicodedata.combining(c)), len(run))
    run = _INVISIBLE.sub("", unicodedata.normalize("NFKC", run[start:]))
    run = _PICTURE.sub(lambda sign: f" ux{ord(sign.group()):x} ", run)
    return _UNSPACED.sub(r" \g<0> ", run)


_cached = lru_cache(maxsize=65536)(_spell)
