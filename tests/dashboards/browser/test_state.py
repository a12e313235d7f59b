"""The address of a page says what it shows, and nothing else gets in."""

from urllib.parse import parse_qsl

from cca.dashboards.browser.state import State, from_query, is_other_place


def test_a_state_survives_its_address() -> None:
    state = State(
        session="a b&c", m="é", q='"x" <y>', since="2026-01-31", errors="1", sort="oldest"
    )
    assert from_query(dict(parse_qsl(state.to_query()[1:]))) == state


def test_values_that_mean_nothing_are_dropped() -> None:
    given = {
        "since": "yesterday",
        "until": "20260101",
        "sort": "$where",
        "errors": "0",
        "evil": "1",
    }
    assert from_query(given) == State()


def test_another_session_forgets_the_place_in_the_last_one() -> None:
    state = State(session="one", agent="a", m="x", project="p")
    assert state.changed({"session": "two"}) == State(session="two", project="p")
    assert state.changed({"agent": ""}) == State(session="one", project="p")
    assert state.changed({"session": 7, "m": None}).session == "7"


def test_only_a_change_of_place_adds_to_the_history() -> None:
    assert is_other_place(State(), State(session="one"))
    assert not is_other_place(State(q="a"), State(q="ab"))


def test_a_list_is_narrower_than_its_overview_by_more_than_project_and_period() -> None:
    assert not State(
        project="-p", since="2026-01-01", until="2026-01-02", sort="oldest"
    ).is_narrowed
    for name in ("q", "text", "errors", "tag", "host", "tool"):
        assert State(**{name: "1"}).is_narrowed


def test_an_address_of_an_earlier_version_sorts_as_it_did() -> None:
    assert from_query({"sort": "dearest"}) == State(sort="cost")
    assert State().changed({"sort": "dearest"}).sort == "cost"
