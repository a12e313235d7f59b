"""How text becomes words, the same for what is indexed and for what is typed."""

import codecs
import re
import unicodedata
from functools import lru_cache

import tantivy

from cca.transcript.values import mended

# Stands for an underscore, so an identifier stays one word: no other capital letter is left.
UNDERSCORE = "X"
LONGEST_WORD_BYTES = 255
# The characters beyond ASCII that words may hold, of all texts that this process normalised.
LEADS = {UNDERSCORE}

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
_FINAL_SIGMA, _SIGMA = "\u03c2", "\u03c3"
_FOLDER = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    # Its Unicode is newer than Python's.
    .filter(tantivy.Filter.lowercase())
    .filter(tantivy.Filter.ascii_fold())
    .build()
)


def normalise(text: str) -> str:
    """Text as the tokenizer must see it: in lower case, without accents."""
    if text.isascii():
        return text.lower().replace("_", UNDERSCORE)
    # The codec finds the runs beyond ASCII, and bytes are lowered letter by letter.
    lowered = text.encode("ascii", _RUNS).lower()
    return lowered.replace(b"_", UNDERSCORE.encode()).decode()


def analyser() -> tantivy.TextAnalyzer:
    """The tokenizer `cca`; every process that opens the index must register it.

    All else is done by `normalise`, where it costs less: tantivy would do it word by word.
    """
    steps = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return steps.filter(tantivy.Filter.remove_long(LONGEST_WORD_BYTES)).build()


def is_unspaced(token: str) -> bool:
    return len(token) == 1 and _UNSPACED.match(token) is not None


def _spell(run: str) -> bytes:
    # An accent written after an ASCII letter: that letter alone is what is left.
    start = next((i for i, c in enumerate(run) if not unicodedata.combining(c)), len(run))
    run = _INVISIBLE.sub("", unicodedata.normalize("NFKC", mended(run[start:])))
    run = _PICTURE.sub(lambda sign: f" ux{ord(sign.group()):x} ", run)
    spelled = "".join(map(plain_letter, _UNSPACED.sub(r" \g<0> ", run)))
    LEADS.update(sign for sign in spelled if not sign.isascii())
    return spelled.encode()


_cached = lru_cache(maxsize=65536)(_spell)


@lru_cache(maxsize=65536)
def plain_letter(sign: str) -> str:
    """A character in lower case without its accent; a final sigma is a sigma."""
    low = sign.lower().replace(_FINAL_SIGMA, _SIGMA)
    # Small capitals become capital letters; what is no letter and no digit gives nothing.
    return "".join(_FOLDER.analyze(low)).lower() or low


def _spelled(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    run = error.object[error.start : error.end]
    return (_cached if len(run) < _CACHED_RUN else _spell)(run), error.end


_RUNS = "cca.search.runs"
codecs.register_error(_RUNS, _spelled)
