"""Each document goes in once, and the files of words beside the index hold all of its words."""

from datetime import UTC, datetime, timedelta

import pytest
from tantivy import Query

from cca.search import home as homes
from cca.search.index import Writer, milliseconds
from cca.search.schema import count_of, open_index

TEXTS = [
    "plain words, snake_case, _private and deadbeefcafe0123",
    "Übersetzung ẞ Ελλάδα Жизнь İstanbul ÑANDÚ",
    "東京で会いましょう 서울 ภาษาไทย ｱｲｳ ２０２６",  # noqa: RUF001
    "a 5 f_ aж 9я1 c一 5µ fé_x d_ e_9 b٣ 0x",
    "ǅungla ﬁnal ⅷ 𝔸bc é́tude ªb नमस्ते العربية",  # noqa: RUF001
]


def _document(number: int, text: str) -> dict[str, object]:
    message = {"role": "user", "content": text}
    return {"_id": f"{number:032x}", "type": "user", "uuid": f"u{number}", "message": message,
            "sessionKey": "s", "projectId": "p", "host": "h"}  # fmt: skip


@pytest.mark.parametrize("is_live", [True, False])
def test_the_vocabulary_holds_every_word_also_of_a_writer_that_came_later(settings, is_live):
    home = homes.create(settings.search_dir, "source")
    for number, text in enumerate(TEXTS):
        with Writer(home) as writer:
            assert writer.add([_document(number, text)], live=is_live) == 1
            writer.commit(None)
    with Writer(home) as writer:
        writer.settle()
    index = open_index(home.tantivy)
    index.reload()
    words = {word for word, _ in index.searcher().terms_with_prefix("text", "")}
    assert len(words) > 40
    files = [(home.path / name).read_text() for name in ("vocab.bin", "vocab.hex")]
    assert set("".join(files).split()) == words
    assert "deadbeefcafe0123" in files[1]


def test_a_time_is_its_millisecond_with_a_zone_and_without():
    for first in (datetime(2026, 7, 25, 17, 20, tzinfo=UTC), datetime(1969, 12, 31, tzinfo=UTC)):
        own = round(first.timestamp()) * 1000
        times = [first + timedelta(milliseconds=number) for number in range(1000)]
        assert [milliseconds(at) - own for at in times] == list(range(1000))
        assert [milliseconds(at.replace(tzinfo=None)) - own for at in times] == list(range(1000))
    assert milliseconds(None) == milliseconds("2026") == 0


@pytest.mark.parametrize("most_known", [0, 100])
def test_a_document_goes_in_once_and_a_copy_takes_no_text(settings, monkeypatch, most_known):
    """Whether the writer knows what is in, asks the index, or came later."""
    monkeypatch.setattr("cca.search.index._MOST_KNOWN", most_known)
    home = homes.create(settings.search_dir, "source")
    documents = [_document(number, text) for number, text in enumerate(TEXTS)]
    copies = [each | {"_id": f"{number + 100:032x}"} for number, each in enumerate(documents)]
    with Writer(home) as writer:
        for batch in (documents, documents, copies, copies):
            writer.add(batch)
            writer.commit(None)
        assert writer.holds(documents[0]["_id"])
    with Writer(home) as writer:
        assert writer.add([*documents, *copies]) == 0
        assert not writer.holds("another")
    searcher = open_index(home.tantivy).searcher()
    counts = [count_of(searcher, Query.exists_query(name)) for name in ("ts", "key", "of")]
    assert counts == [2 * len(TEXTS), len(TEXTS), len(TEXTS)]
