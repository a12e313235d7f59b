"""Two people mark the same session: what one of them wrote is never lost for the other's sake."""

from dataclasses import replace
from typing import Any

import pytest
from pymongo.collection import Collection

from cca.annotations import Annotation, amend, annotations_of, changed
from cca.mongo.archive import ANNOTATIONS

PLACE = Annotation("s1")
ORIGIN = {"projectId": "-p", "host": "here"}


@pytest.fixture
def marks(collection: Collection[Any]) -> Collection[Any]:
    return collection.database[ANNOTATIONS]


def change(marks: Collection[Any], **changes: Any) -> Annotation:
    return amend(marks, PLACE, lambda before: changed(before, changes), ORIGIN)


@pytest.mark.parametrize("before", [{}, {"note": "stored"}], ids=["new", "stored"])
def test_changes_at_the_same_time_are_both_kept(
    marks: Collection[Any], before: dict[str, Any]
) -> None:
    change(marks, **before)
    others = iter([{"starred": True}])

    def overtaken(annotation: Annotation) -> Annotation:
        for each in others:
            change(marks, **each)
        return changed(annotation, {"tags": ["mine"]})

    kept = amend(marks, PLACE, overtaken, ORIGIN)
    assert annotations_of(marks, "s1") == {"": kept}
    assert (kept.is_starred, kept.tags, kept.note) == (True, ("mine",), before.get("note", ""))


def test_what_another_browser_wrote_is_not_deleted_as_empty(marks: Collection[Any]) -> None:
    change(marks, starred=True)
    others = iter([{"note": "wait"}])

    def overtaken(annotation: Annotation) -> Annotation:
        for each in others:
            change(marks, **each)
        return replace(annotation, is_starred=False)

    amend(marks, PLACE, overtaken, ORIGIN)
    assert annotations_of(marks, "s1")[""].note == "wait"
    change(marks, note="")
    assert annotations_of(marks, "s1") == {}


def test_a_page_that_shows_an_older_state_takes_nothing_away(marks: Collection[Any]) -> None:
    seen = {"tags": ["old", "wrong"], "note": "first", "title": ""}
    change(marks, **seen)
    change(marks, seen=seen, tags=["old", "wrong", "hers"], note="hers", title="Her name")
    kept = change(marks, seen=seen, tags=["old", "his"], note="his", title="")
    assert kept.tags == ("old", "hers", "his")
    assert kept.note == "his\n\nhers"
    assert kept.title == "Her name"
    kept = change(marks, seen={"note": kept.note, "tags": ["old"]}, note="", tags=["old"])
    assert (kept.note, kept.tags) == ("", ("old", "hers", "his"))
