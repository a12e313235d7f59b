"""Which project, machine or model a person means, and what is near where there is none."""

from difflib import get_close_matches
from pathlib import Path

from cca.errors import NotFound
from cca.gold.open import open_gold
from cca.transcript.slugs import project_label


def known_project(gold_path: Path, wanted: str) -> str:
    """Returns the project's key, or the folder (slug) that was named; projects may share it.

    Raises:
        NotFound: There is none of that name, or more than one; the message says what is near.

    """
    with open_gold(gold_path) as gold:
        found = gold.execute(
            "select project_key, project_id, project_path from marts.dim_projects"
        ).fetchall()
    for key, project_id, path in found:
        if wanted in {key, path}:
            return str(key)
        if wanted == project_id:
            return str(project_id)
    names = {str(key): project_label(project_id, path) for key, project_id, path in found}
    named = [key for key, name in names.items() if name == wanted]
    if len(named) == 1:
        return named[0]
    if named:
        raise NotFound(f"several projects are named {wanted!r}: {', '.join(sorted(named))}")
    near = _near(wanted, [*names.values(), *names])
    raise NotFound(f"no project {wanted!r}{near}; `cca usage project` lists all")


def known_host(gold_path: Path, wanted: str) -> str:
    """The machine's name; NotFound, with what is near, where nothing came from one of that name."""
    with open_gold(gold_path) as gold:
        names = [
            str(name) for (name,) in gold.execute("select host from marts.dim_hosts").fetchall()
        ]
    if wanted in names:
        return wanted
    raise NotFound(f"no machine {wanted!r}{_near(wanted, names)}; `cca usage host` lists all")


def known_model(gold_path: Path, wanted: str) -> str:
    """The model's id as written; NotFound, with what is near, where none answered by that name."""
    query = "select distinct coalesce(model, 'unknown') from marts.fct_api_messages"
    with open_gold(gold_path) as gold:
        names = [str(name) for (name,) in gold.execute(query).fetchall()]
    if wanted in names:
        return wanted
    raise NotFound(f"no model {wanted!r}{_near(wanted, names)}; `cca usage model` lists all")


def _near(wanted: str, names: list[str]) -> str:
    near = get_close_matches(wanted, names, n=3, cutoff=0.4)
    return f"; near it: {', '.join(dict.fromkeys(near))}" if near else ""
