"""Whatever stands in a text is found: literals cut at random, against a scan of all texts."""

# ruff: noqa: RUF001, SIM905  (ambiguous characters are what is tested; words read well so)

import random
import re
import unicodedata

import pytest

from cca.search.blocks import KINDS
from cca.search.searcher import Searcher

WORDS = (
    "pipeline lake Übersetzung naïve get_user_name snake_case src/app/mod.py logger.info retries "
    "0xdeadbeef01 a1b2c3d4e5f6a7b8 2026-11-21T10:00:00Z it's don't x=1 foo.bar() --flag C++ λ "
    "数据库 実行してください 東京都 한국어 ภาษาไทย 🚀 done → next café résumé Straße ａｂｃ ① ﬁne"
).split()
SIGNS = re.compile(r"[\W_]+", re.UNICODE)


@pytest.fixture
def told(scribe, caught_up):
    """Texts of every kind; kind to document id to text."""
    numbers = random.Random(11)
    texts = {kind: {} for kind in KINDS}
    for number in range(40):
        for kind in KINDS:
            words = numbers.choices(WORDS, k=numbers.randint(4, 14))
            text = f"{kind}{number} " + numbers.choice([" ", "\n", ", "]).join(words)
            texts[kind][_write(scribe, kind, text, number)] = text
    caught_up()
    return texts


@pytest.fixture
def search(settings, mongo_uri):
    return Searcher(settings, mongo_uri).search


def _write(scribe, kind, text, number):
    """The id of the document that says so."""
    call = {"type": "tool_use", "id": f"t{number}", "name": "Bash", "input": {"command": text}}
    title = {"type": "custom-title", "customTitle": text}
    note = {"type": "system", "subtype": "informational", "content": text, "uuid": f"sys{number}"}
    ways = {
        "prompt": lambda: scribe.prompt(text),
        "answer": lambda: scribe.answer(text),
        "thinking": lambda: scribe.answer({"type": "thinking", "thinking": text}),
        "tool_input": lambda: scribe.answer(call),
        "tool_result": lambda: scribe.prompt(
            [{"type": "tool_result", "tool_use_id": f"t{number}", "content": text}]
        ),
        "title": lambda: scribe.write(title),
        "system": lambda: scribe.write(note),
    }
    return ways[kind]()["_id"]


def folded(text):
    """As a reader would compare: case, accents and width do not matter, signs only part words."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text)).lower()
    return "".join(c for c in plain if not unicodedata.combining(c)).replace("ß", "ss")


def test_every_word_of_every_kind_is_found_under_its_kind(told, search):
    missed = []
    for kind, texts in told.items():
        for word in WORDS:
            held = {key for key, text in texts.items() if word in re.split(r"[ \n]|, ", text)}
            found = search(f'"{word}" kind:{kind}', limit=1000)
            lost = held - {row.document_id for row in found.rows}
            if lost or found.total != len(found.rows):
                missed.append((kind, word, len(lost), found.total))
    assert missed == []


def test_literals_cut_at_random_are_found_in_every_text_that_holds_them(told, search):
    numbers = random.Random(5)
    texts = {key: text for some in told.values() for key, text in some.items()}
    tried, missed = 0, []
    while tried < 200:
        source = numbers.choice(list(texts.values()))
        start = numbers.randrange(len(source))
        literal = source[start : start + numbers.randint(3, 24)].strip()
        if not _is_searched_for(literal):
            continue
        tried += 1
        held = {key for key, text in texts.items() if _holds(text, literal)}
        found = {row.document_id for row in search(literal, limit=1000).rows}
        if found != held:
            missed.append((literal, len(held - found), len(found - held)))
    assert missed == []


def _is_searched_for(literal):
    """Edges of one letter are whole words, and signs alone are none: both are documented."""
    words = literal.split()
    tokens = [token for word in words for token in SIGNS.split(word) if token]
    edges = [word for word in words for token in (SIGNS.split(word)[0], SIGNS.split(word)[-1])
             if 0 < len(token) < 3]  # fmt: skip
    return (
        bool(tokens)
        and not edges
        and not any(sign in literal for sign in '"*')
        and not any(word.startswith("-") or not SIGNS.sub("", word) for word in words)
    )


def _holds(text, literal):
    """Words typed side by side may stand anywhere; what stands inside a word may be part of it."""
    plain = folded(text)
    return all(folded(word) in plain for word in literal.split())
