"""Waits for the stores of an erasure to answer, and closes the requests that all have answered."""

import time
from collections.abc import Callable, Sequence

from pymongo.database import Database

from cca.mongo import erasures
from cca.mongo.archive import Document
from cca.mongo.erasures import ErasureRequest, Store

_POLL_SECONDS = 0.2

OnStep = Callable[[str], None]


def wait_for_followers(
    database: Database[Document],
    asked: Sequence[ErasureRequest],
    on_step: OnStep,
    seconds: float,
) -> None:
    """Give running followers, here or elsewhere, time to rebuild their indexes."""
    until = time.monotonic() + seconds
    named = False
    while time.monotonic() < until:
        running = erasures.running(database, _unanswered(database, asked))
        if not running:
            return
        if not named:
            on_step(f"waiting for `cca follow` on {', '.join(one.host for one in running)}")
            named = True
        time.sleep(_POLL_SECONDS)


def finish(database: Database[Document], asked: Sequence[ErasureRequest]) -> tuple[str, ...]:
    """Close the requests where all have answered; else a sentence for each that has not."""
    erasures.close_finished(database)
    return tuple(_waiting(store) for store in _unanswered(database, asked))


def _unanswered(database: Database[Document], asked: Sequence[ErasureRequest]) -> list[Store]:
    """The stores that have not obeyed all of the requests yet."""
    waiting = (store for one in asked for store in erasures.waiting_for(database, one))
    return list(dict.fromkeys(waiting))


def _waiting(store: Store) -> str:
    if store.kind == "search":
        return (
            f"the search index is kept by `cca follow` on {store.host} ({store.path}); it erases "
            f"when it runs; {_if_gone(store)}"
        )
    return (
        f"the lake is on {store.host} ({store.path}); run the same command there; {_if_gone(store)}"
    )


def _if_gone(store: Store) -> str:
    return f"if it is gone for good: `cca forget --gone {store.host}:{store.path}`"
