"""Times the search index on generated transcripts: `python -m benchmarks.search [--mb N]`."""

import argparse
import statistics
import sys
import time
from collections.abc import Callable

from benchmarks.corpus import Corpus, Row, corpus, table
from cca.search import home as homes
from cca.search.reader import Reader, View
from cca.search.searcher import Searcher, find_page

COMMON, RARE_LETTERS = "the", 8
RUNS = 9


def rebuild(made: Corpus) -> list[Row]:
    """The whole index from MongoDB, as `cca rebuild search` makes it."""
    used = made.run("rebuild", "search")
    seconds = used.ru_utime + used.ru_stime
    peak = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1) / 1024
    home = homes.current(made.settings.search_dir)
    files = home.path.rglob("*") if home else []
    index_mb = sum(path.stat().st_size for path in files if path.is_file()) / 1e6
    return [
        Row(f"rebuild of {made.size_mb:,.0f} MB ({made.documents:,} documents), CPU",
            f"{seconds:.1f} s"),
        Row("— for 1 GB, extrapolated", f"{seconds * 1000 / made.size_mb:.0f} s", "≤ 40 s"),
        Row("— peak memory", f"{peak:.0f} MB", "≤ 400 MB"),
        Row("index ÷ transcripts", f"{index_mb / made.size_mb:.3f}", "≤ 0.2"),
    ]  # fmt: skip


def queries(made: Corpus) -> list[Row]:
    view = Reader(made.settings.search_dir).view()
    if view is None:
        sys.exit("there is no index")
    searcher = Searcher(made.settings)
    rare, hits = _rare(view)
    whole = [("prompts", "search of a word, texts of 50 hits read"), ("/te\\w+_\\w+ing/",
             "regular expression, all candidates or 1.5 s")]  # fmt: skip
    return [
        Row(f"rare word ({hits} hits) in the index", _ms(lambda: find_page(view, rare)), "≤ 2 ms"),
        Row(f"common word ({find_page(view, COMMON)[0]:,} hits): total, newest 50, facets",
            _ms(lambda: find_page(view, COMMON)), "≤ 25 ms"),
        Row("part of a word (`ipeline`), the same", _ms(lambda: find_page(view, "ipeline"))),
        *(Row(what, _ms(lambda text=text: searcher.search(text))) for text, what in whole),
    ]  # fmt: skip


def _rare(view: View) -> tuple[str, int]:
    words = view.searcher.terms_with_prefix("text", "m")
    long = [(count, word) for word, count in words if len(word) > RARE_LETTERS]
    hits, word = min(long)
    return f'"{word}"', hits


def _ms(ask: Callable[[], object]) -> str:
    ask()
    times = []
    for _ in range(RUNS):
        before = time.perf_counter()
        ask()
        times.append((time.perf_counter() - before) * 1000)
    return f"{statistics.median(times):.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=float, default=200, help="size of the transcripts")
    with corpus(parser.parse_args().mb) as made:
        print(table("the search index", [*rebuild(made), *queries(made)]))


if __name__ == "__main__":
    main()
