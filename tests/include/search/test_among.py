"""Pull requests in a search are the sessions that worked on them."""

from cca.search.among import among
from cca.search.typed import understand

WORKED = {"12": {"a", "b"}, "13": {"b", "c"}}


def narrowed(typed: str, chosen: str | None = None, sessions: list[str] | None = None) -> tuple:
    return among(understand(typed).filters, chosen, sessions, lambda name: WORKED.get(name, set()))


def test_two_pull_requests_mean_either_and_what_is_chosen_beside_narrows() -> None:
    assert narrowed("fix kind:prompt") == ([("kind", "prompt", False)], None)
    assert narrowed("pr:12 pr:13") == ([], {"a", "b", "c"})
    assert narrowed("pr:12", chosen="13") == ([], {"b"})
    assert narrowed("pr:12", sessions=["a", "x"]) == ([], {"a"})
    assert narrowed("pr:99") == ([], set())


def test_a_pull_request_is_left_out_by_its_sessions() -> None:
    rest, sessions = narrowed("fix -pr:12")
    assert sorted(rest) == [("session", "a", True), ("session", "b", True)]
    assert sessions is None
