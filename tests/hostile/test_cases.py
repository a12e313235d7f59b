"""Hostile transcripts of our own: gold, list, search, pages and exports say what is right."""

from typing import Any

import pytest

from cca.conversation.calls import calls_in, find_result
from cca.conversation.excerpt import Anchor, read_excerpt
from cca.conversation.reader import read_entries
from cca.conversation.subagents import started_by, subagents
from cca.conversation.turns import Turn, turn_of
from cca.dashboards.browser.reading import articles
from cca.export.sessions import SessionFilter, chosen
from cca.export.write import export
from cca.markup import markdown
from tests.hostile.conftest import CASES, Home

SESSIONS = "select coalesce(sum({}), 0) from marts.dim_sessions where project_id = $slug"
ROWS = "select count(*) from marts.{} where project_id = $slug"
COUNTS = {
    "prompts": SESSIONS.format("prompts"),
    "sessions": ROWS.format("dim_sessions"),
    "subagents": ROWS.format("fct_subagents"),
    "messages": ROWS.format("fct_messages"),
    "api_messages": ROWS.format("fct_api_messages"),
}


def _with(key: str) -> list[str]:
    return [name for name, make in CASES.items() if key in make().expected]


def _turns(home: Home, name: str) -> list[Turn]:
    entries = home.archive["conversations"]
    found: list[Turn] = []
    for session in home.listed(home.cases[name]):
        read = read_entries(entries, session["_id"], is_read_once=True)
        found += [turn for turn in map(turn_of, read) if turn]
    return found


def test_nothing_is_lost_and_nothing_is_no_row(home: Home) -> None:
    # The one line that is no JSON.
    assert (home.synced.dead_letters, home.synced.pending) == (1, 0)
    assert home.gold.execute("select count(*) from marts.agg_rejects").fetchall() == [(0,)]


@pytest.mark.parametrize("name", _with("cost_usd"))
def test_cost(home: Home, name: str) -> None:
    case = home.cases[name]
    sql = "select coalesce(sum(cost_usd), 0) from marts.fct_api_messages where project_id = $slug"
    assert float(home.one(case, sql)) == pytest.approx(case.expected["cost_usd"], abs=1e-9)


def test_each_name_of_a_model_has_its_price(home: Home) -> None:
    case = home.cases["names"]
    sql = (
        "select model, cost_usd from marts.fct_api_messages "
        "where project_id = $slug and is_price_known"
    )
    assert {model: round(float(cost), 10) for model, cost in home.rows(case, sql)} == (
        case.expected["models"]
    )


@pytest.mark.parametrize("name", _with("unpriced"))
def test_models_without_a_price_are_named(home: Home, name: str) -> None:
    sql = (
        "select distinct model from marts.fct_api_messages "
        "where project_id = $slug and not is_price_known"
    )
    case = home.cases[name]
    assert {model for (model,) in home.rows(case, sql)} == case.expected["unpriced"]


def test_no_price_that_left_something_out_is_called_known(home: Home) -> None:
    case = home.cases["factors"]
    sql = "select message_id, is_price_known from marts.fct_api_messages where project_id = $slug"
    assert dict(home.rows(case, sql)) == case.expected["is_price_known"]


@pytest.mark.parametrize(("name", "key"), [(name, key) for key in COUNTS for name in _with(key)])
def test_counts(home: Home, name: str, key: str) -> None:
    case = home.cases[name]
    assert home.one(case, COUNTS[key]) == case.expected[key]


@pytest.mark.parametrize("name", CASES)
def test_gold_and_list_count_the_same_prompts_for_each_session(home: Home, name: str) -> None:
    case = home.cases[name]
    sql = "select session_id, prompts from marts.dim_sessions where project_id = $slug"
    listed = {row["_id"]: row["prompts"] for row in home.listed(case)}
    assert listed == dict(home.rows(case, sql))
    assert listed == case.expected.get("prompts_of", listed)


@pytest.mark.parametrize("name", _with("title"))
def test_gold_and_list_have_one_title_without_markup(home: Home, name: str) -> None:
    case = home.cases[name]
    title = case.expected["title"][:300]
    sql = "select title from marts.dim_sessions where project_id = $slug"
    assert home.rows(case, sql) == [(title,)]
    assert [row.get("title") or row.get("firstPrompt") for row in home.listed(case)] == [title]


@pytest.mark.parametrize("name", _with("first_prompt"))
def test_the_first_prompt_is_whole(home: Home, name: str) -> None:
    case = home.cases[name]
    sql = "select first_prompt from marts.dim_sessions where project_id = $slug"
    assert home.one(case, sql) == case.expected["first_prompt"][:300]


@pytest.mark.parametrize("name", _with("said"))
def test_a_conversation_shows_who_said_it(home: Home, name: str) -> None:
    said: dict[str, list[str]] = {}
    for turn in _turns(home, name):
        for part in turn.parts:
            if part.kind in {"prompt", "command"}:
                said.setdefault(turn.name, []).append(f"{part.label} {part.text}".strip())
    for speaker, texts in home.cases[name].expected["said"].items():
        assert said[speaker] == texts


@pytest.mark.parametrize("name", _with("names"))
def test_others_stand_under_their_own_names(home: Home, name: str) -> None:
    speakers = [
        turn.name for turn in _turns(home, name) if turn.speaker not in {"claude", "person"}
    ]
    assert speakers[: len(home.cases[name].expected["names"])] == home.cases[name].expected["names"]


@pytest.mark.parametrize("name", _with("words"))
@pytest.mark.parametrize("form", ["md", "html", "csv"])
def test_every_word_leaves_plain(home: Home, name: str, form: str) -> None:
    case = home.cases[name]
    entries = home.archive["conversations"]
    wanted = SessionFilter(project=case.slug)
    text = "".join(export(entries, chosen(entries, wanted), form))
    assert [word for word in case.expected["words"] if word not in text] == []
    assert "\x1b" not in text


@pytest.mark.parametrize("name", _with("words"))
def test_every_word_is_shown(home: Home, name: str) -> None:
    shown = "\n".join(
        f"{turn.headline} {part.label} {part.plain} {part.given}"
        for turn in _turns(home, name)
        for part in turn.lines
    )
    assert [word for word in home.cases[name].expected["words"] if word not in shown] == []


def test_a_page_shows_names_and_words_without_sequences(home: Home) -> None:
    [listed] = home.listed(home.cases["printed"])
    excerpt = read_excerpt(home.archive["conversations"], listed["_id"], "", Anchor())
    parts = [part for article in articles(excerpt) for part in article.parts]
    calls = {part.call.name for part in parts if part.call}
    assert calls == {"Bash", "t", "Edit", "Agent", "Skill"}
    assert markdown("`a\x1b[31mb`", breaks=True) == "<p><code>ab</code></p>\n"


def _searches() -> list[tuple[str, str, int]]:
    return [
        (name, text, hits)
        for name in _with("search")
        for text, hits in CASES[name]().expected["search"].items()
    ]


@pytest.mark.parametrize(("name", "text", "hits"), _searches())
def test_search(home: Home, name: str, text: str, hits: int) -> None:
    case = home.cases[name]
    found = home.searcher.search(f'{text} project:"{case.slug}" -kind:title')
    assert found.total == hits


def test_a_wrong_clock_is_flagged_and_stretches_nothing(home: Home) -> None:
    case = home.cases["clocks"]
    [(started, minutes)] = home.rows(
        case, "select started_at, duration_minutes from marts.dim_sessions where project_id = $slug"
    )
    [listed] = home.listed(case)
    assert (started, minutes) == (case.expected["started_at"].replace(tzinfo=None), 5.0)
    assert (listed["startedAt"], (listed["endedAt"] - listed["startedAt"]).seconds) == (
        case.expected["started_at"], 300
    )  # fmt: skip
    wrong = home.one(
        case,
        "select count(*) filter (where is_clock_wrong) from marts.fct_messages "
        "where project_id = $slug",
    )
    assert wrong == case.expected["wrong"]


def test_slash_commands_are_counted(home: Home) -> None:
    sql = "select name, uses from marts.agg_skills_and_commands where name like 'zz%'"
    assert dict(home.gold.execute(sql).fetchall()) == home.cases["commands"].expected["commands"]


def test_each_subagent_is_reached_from_what_started_it(home: Home) -> None:
    case = home.cases["agents"]
    entries = home.archive["conversations"]
    [listed] = home.listed(case)
    titles = {each.id: each.title for each in subagents(entries, listed["_id"])}
    assert case.expected["titles"].items() <= titles.items()
    read = list(read_entries(entries, listed["_id"], is_read_once=True))
    launch = next(entry for entry in read if "t1" in calls_in([entry]))
    for call, wanted in case.expected["opened"].items():
        answer = find_result(entries, listed["_id"], call)
        assert [each.id for each in started_by(entries, launch, call, answer)] == wanted
    nested = home.rows(
        case,
        "select agent_id, parent_agent_id, spawn_depth from marts.fct_subagents "
        "where project_id = $slug and parent_agent_id is not null",
    )
    assert nested == [("a2", "a1", 2)]


def test_folders_that_look_alike_are_two_projects(home: Home) -> None:
    sql = (
        "select project_path, count(*) from marts.dim_sessions join marts.dim_projects "
        "using (project_key) where project_path in (select unnest($paths)) group by 1"
    )
    wanted: dict[str, Any] = home.cases["places"].expected["sessions_of"]
    found = dict(home.gold.execute(sql, {"paths": list(wanted)}).fetchall())
    assert found == wanted


def test_history_and_cost_stay_with_the_original(home: Home) -> None:
    case = home.cases["forks"]
    sql = "select session_id, cost_usd from marts.dim_sessions where project_id = $slug"
    found = {session: float(cost) for session, cost in home.rows(case, sql)}
    assert found == pytest.approx(case.expected["cost_of"], abs=1e-9)


def test_copies_belong_to_the_project_of_what_they_copy(home: Home) -> None:
    case = home.cases["copies"]
    sql = "select distinct project_id from marts.dim_sessions where session_id = $session"
    [listed] = home.listed(case)
    assert [each.id for each in subagents(home.archive["conversations"], listed["_id"])] == [
        "a1b2c3"
    ]
    assert home.gold.execute(sql, {"session": listed["_id"]}).fetchall() == [(case.slug,)]
