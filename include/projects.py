"""Which projects are meant by what a person types, and what is near where there is none."""

from collections.abc import Iterable
from difflib import get_close_matches

from pymongo.collection import Collection

from cca.errors import NotFound
from cca.mongo.archive import SESSIONS, Document
from cca.selection import Selection
from cca.transcript.projects import Project, is_directory, meant
from cca.transcript.slugs import project_key, slug_of


def named(wanted: str, projects: Iterable[Project]) -> list[Project]:
    """Returns the projects of that directory or folder, else the one of that name.

    Raises:
        NotFound: There is none, or several are of that name; the message says what is near.

    """
    known = list(projects)
    found = meant(wanted, known)
    keys = sorted({each.key for each in found})
    if not found:
        listed = [name for each in known for name in (each.name, each.key)]
        close = near(wanted, listed)
        raise NotFound(f"no project {wanted!r}{close}; `cca usage project` lists all")
    is_place = is_directory(wanted) or any(wanted in (each.key, each.slug) for each in found)
    if len(keys) > 1 and not is_place:
        raise NotFound(f"several projects are named {wanted!r}: {', '.join(keys)}")
    return found


def near(wanted: str, names: list[str]) -> str:
    """Returns the end of a sentence: the names that look like it, if any do."""
    found = get_close_matches(wanted, names, n=3, cutoff=0.4)
    return f"; near it: {', '.join(dict.fromkeys(found))}" if found else ""


def listed_projects(sessions: Collection[Document]) -> list[Project]:
    """Returns the projects of the session list."""
    names = {"key": "$projectKey", "slug": "$projectId"}
    groups = sessions.aggregate([
        {"$group": {"_id": names, "cwd": {"$first": "$cwd"}}}, {"$sort": {"_id": 1}},
    ])  # fmt: skip
    return [
        Project(
            str(group["_id"].get("key") or group["_id"].get("slug") or ""),
            str(group["_id"].get("slug") or ""),
            str(group["cwd"] or ""),
        )
        for group in groups
    ]


def places_of(sessions: Collection[Document], wanted: str) -> tuple[list[str], list[str]]:
    """Returns the folders (slugs) of a project, or its sessions where others share a folder.

    A folder is itself. A directory that the list does not know is its folder, where the sessions in
    that say no directory.
    """
    if not is_directory(wanted):
        return [wanted], []
    of_key = {"projectKey": project_key(wanted)}
    if sessions.find_one(of_key, {"_id": 1}) is None:
        folder = slug_of(wanted)
        told = {"projectId": folder, "cwd": {"$ne": None}}
        return ([] if sessions.find_one(told, {"_id": 1}) else [folder]), []
    folders = sorted(str(slug) for slug in sessions.distinct("projectId", of_key))
    others = {"projectId": {"$in": folders}, "projectKey": {"$ne": of_key["projectKey"]}}
    if sessions.find_one(others, {"_id": 1}) is None:
        return folders, []
    return [], [str(row["_id"]) for row in sessions.find(of_key, {"_id": 1})]


def selections(
    conversations: Collection[Document], host: str, project: str, session: str
) -> list[Selection]:
    """Returns what a project's directory, folder or name stands for, to erase it.

    A project whose folder others share is erased session by session. The session list must be up to
    date.

    Raises:
        NotFound: There is no such project.

    """
    whole = Selection(host, project, session)
    if not project or conversations.find_one({"projectId": project}, {"_id": 1}):
        return [whole]
    rows = conversations.database[SESSIONS]
    try:
        keys = {each.key for each in named(project, listed_projects(rows))}
    except NotFound:
        if is_directory(project):
            raise
        # Only the buffer may know the folder, or it is erased and a store has not answered yet.
        return [whole]
    found = []
    for key in sorted(keys):
        folders, sessions = places_of(rows, key)
        found += [Selection(host, folder, session) for folder in folders]
        found += [Selection(host, "", one) for one in sessions if session in {"", one}]
    return found
