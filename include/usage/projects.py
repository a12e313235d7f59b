"""Which project, machine or model of gold is meant by what a person types."""

from pathlib import Path

from cca.errors import NotFound
from cca.gold.open import open_gold
from cca.projects import named, near
from cca.transcript.projects import Project


def known_project(gold_path: Path, wanted: str) -> str:
    """Returns the project's key, or the folder (slug) that was named; projects may share it.

    Raises:
        NotFound: There is none of that name, or more than one; the message says what is near.

    """
    with open_gold(gold_path) as gold:
        rows = gold.execute(
            "select project_key, project_id, coalesce(project_path, '') from marts.dim_projects"
        ).fetchall()
    found = named(wanted, [Project(*row) for row in rows])
    return wanted if wanted in {each.slug for each in found} else found[0].key


def known_host(gold_path: Path, wanted: str) -> str:
    """The machine's name; NotFound, with what is near, where nothing came from one of that name."""
    with open_gold(gold_path) as gold:
        names = [
            str(name) for (name,) in gold.execute("select host from marts.dim_hosts").fetchall()
        ]
    if wanted in names:
        return wanted
    raise NotFound(f"no machine {wanted!r}{near(wanted, names)}; `cca usage host` lists all")


def known_model(gold_path: Path, wanted: str) -> str:
    """The model's id as written; NotFound, with what is near, where none answered by that name."""
    query = "select distinct coalesce(model, 'unknown') from marts.fct_api_messages"
    with open_gold(gold_path) as gold:
        names = [str(name) for (name,) in gold.execute(query).fetchall()]
    if wanted in names:
        return wanted
    raise NotFound(f"no model {wanted!r}{near(wanted, names)}; `cca usage model` lists all")
