"""From terms to tantivy queries: parts of words come from the vocabulary, edges of literals too."""

from collections.abc import Iterator
from dataclasses import dataclass

import tantivy
from tantivy import Occur, Query

from cca.search.normalise import is_unspaced
from cca.search.patterns import Need, Pattern
from cca.search.typed import Term
from cca.search.vocabulary import Vocabulary

# Shorter than this a bare word means itself, else nearly every word would hold it.
_PART_LETTERS = 3
_EDGE_LETTERS = 2
# Up to this many words bm25 holds; a set of more has one score for all.
_SCORED_WORDS = 64
_SET_WORDS = 10_000
# tantivy refuses patterns of over 1,000 states and phrases that expand to over 16,384 words.
_PATTERN_BYTES = 800
_EDGE_WORDS = 8_000


@dataclass(frozen=True)
class QueryMaker:
    schema: tantivy.Schema
    vocabulary: Vocabulary

    def query_of(self, term: Term) -> Query:
        tokens = term.tokens
        if len(tokens) > 1:
            return self._phrase(term)
        if term.is_prefix:
            return self._words(tokens[0], starts=True, ends=False)
        least = _EDGE_LETTERS if term.has_signs else _PART_LETTERS
        starts, ends = not term.is_open_at_start, not term.is_open_at_end
        if len(tokens[0]) < least or is_unspaced(tokens[0]) or (starts and ends):
            return self.word(tokens[0])
        return self._words(tokens[0], starts=starts, ends=ends)

    def needed(self, pattern: Pattern) -> list[Query]:
        """What a text must hold so that the regular expression can match in it."""
        return [self._all(need) for need in pattern.needs]

    def _all(self, need: Need) -> Query:
        if isinstance(need, str):
            parts = [(Occur.Must, query) for query in self._pieces(need)]
            return Query.boolean_query(parts) if parts else Query.exists_query("key")
        kind, inner = need
        occur = Occur.Should if kind == "any" else Occur.Must
        return Query.boolean_query([(occur, self._all(one)) for one in inner])

    def _pieces(self, text: str) -> Iterator[Query]:
        """Each token by itself: one at the text's edge may be part of a longer word."""
        term = Term(text)
        last = len(term.tokens) - 1
        for place, token in enumerate(term.tokens):
            starts = place > 0 or not term.is_open_at_start
            ends = place < last or not term.is_open_at_end
            if (starts and ends) or is_unspaced(token):
                yield self.word(token)
            elif len(token) >= _PART_LETTERS:
                yield self._words(token, starts=starts, ends=ends)

    def word(self, token: str) -> Query:
        return Query.term_query(self.schema, "text", token)

    def _words(self, part: str, *, starts: bool, ends: bool) -> Query:
        """Words that hold the part, the word itself ranked first."""
        itself = Query.boost_query(self.word(part), 2.0)
        found = self.vocabulary.find(part, starts=starts, ends=ends, limit=_SET_WORDS)
        if found is None:
            pattern = ("" if starts else ".*") + part + ("" if ends else ".*")
            others = [Query.regex_query(self.schema, "text", pattern)]
        elif len(found) <= _SCORED_WORDS:
            others = [self.word(word) for word in found if word != part]
        else:
            others = [Query.term_set_query(self.schema, "text", found)]
        return Query.boolean_query([(Occur.Should, query) for query in (itself, *others)])

    def _phrase(self, term: Term) -> Query:
        tokens = term.tokens
        first = self._edge(tokens[0], starts=False) if term.is_open_at_start else tokens[0]
        last = self._edge(tokens[-1], starts=True) if term.is_open_at_end else tokens[-1]
        if (first, last) == (tokens[0], tokens[-1]):
            return Query.phrase_query(self.schema, "text", list(tokens))
        return Query.regex_phrase_query(self.schema, "text", [first, *tokens[1:-1], last])

    def _edge(self, token: str, *, starts: bool) -> str:
        """Pattern of the words that begin or end with the token, or itself where they are many."""
        if len(token) < _EDGE_LETTERS or is_unspaced(token):
            return token
        found = self.vocabulary.find(token, starts=starts, ends=not starts, limit=_EDGE_WORDS)
        if found is None:
            return token
        pattern = "|".join(dict.fromkeys([token, *found]))
        if len(pattern.encode()) <= _PATTERN_BYTES:
            return pattern
        return f"{token}.*" if starts else f".*{token}"
