"""Which sessions are one project, and which projects one repository."""

from collections.abc import Callable
from typing import Any

import pytest

from cca.transcript.slugs import project_key, repository_of, slug_of
from tests.dbt.rows import START, Given, Row, answer

Marts = Callable[[str], list[tuple[Any, ...]]]
given = Given()


def at(session: str, seconds: float, cwd: str, **values: Any) -> Row:
    """An answer that cost something, in a directory and in the project folder of that."""
    place = {"cwd": cwd, "project_key": project_key(cwd), "repository": repository_of(cwd)}
    return answer(
        session, seconds, f"m-{session}-{seconds}",
        **{"output_tokens": 10, "project_id": slug_of(cwd)} | place | values,
    )  # fmt: skip


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Marts:
    return given.built(tmp_path_factory.mktemp("projects"), timezone="UTC")


def projects(marts: Marts, columns: str, like: str) -> list[tuple[Any, ...]]:
    return marts(
        f"select {columns} from marts.dim_projects where project_key like '{like}' order by 1"
    )


given(
    at("han", 0, "/srv/数据"),
    at("kana", 0, "/srv/接続"),
    at("kana", 9, "/srv/接続/src", project_id=slug_of("/srv/接続")),
)


def test_two_directories_that_share_a_folder_are_two_projects(marts: Marts) -> None:
    assert slug_of("/srv/数据") == slug_of("/srv/接続") == "-srv---"
    assert projects(marts, "project_path, project_name, project_id, api_messages", "/srv/%") == [
        ("/srv/接続", "接続", "-srv---", 2), ("/srv/数据", "数据", "-srv---", 1),
    ]  # fmt: skip
    facts = "select project_key, count(*) from marts.fct_api_messages where project_id = '-srv---' "
    assert marts(facts + "group by 1 order by 1") == [("/srv/接続", 2), ("/srv/数据", 1)]


given(
    at("trunk", 0, "/repo/app"),
    at("branch", 0, "/repo/app/.claude/worktrees/feature"),
    at("upper", 0, "C:\\code\\app"),
    at("lower", 0, "c:\\code\\app"),
)


def test_worktrees_and_drive_letters_add_up_to_their_repository(marts: Marts) -> None:
    by_repository = marts(
        "select repository, count(*), sum(sessions) from marts.dim_projects "
        "where repository in ('/repo/app', 'c:/code/app') group by 1 order by 1"
    )
    assert by_repository == [("/repo/app", 2, 2), ("c:/code/app", 1, 2)]


# The folder of the sessions was renamed with the directory; one session went on there.
given(
    at("went-on", 0, "/home/old", uuid="w-1"),
    at("went-on", 0, "/home/old", uuid="w-1", project_id="-home-new", _id="w-copy"),
    at("went-on", 50, "/home/new", uuid="w-2"),
    at("ended", 0, "/home/old", uuid="e-1"),
    at("ended", 0, "/home/old", uuid="e-1", project_id="-home-new", _id="e-copy",
       ingested_at=START.replace(year=2028)),
)  # fmt: skip


def test_a_moved_directory_keeps_its_history_in_one_repository(marts: Marts) -> None:
    found = projects(marts, "project_key, project_id, repository, sessions", "/home/%")
    assert found == [
        ("/home/new", "-home-new", "/home/new", 1), ("/home/old", "-home-new", "/home/new", 1),
    ]  # fmt: skip
    cost = "select project_key, cost_usd > 0 from marts.dim_sessions where session_id = 'went-on'"
    assert marts(cost) == [("/home/new", True)]
