"""A pull request in a search, as sessions: the index does not know who worked on one."""

from collections.abc import Callable, Collection, Iterable

TypedFilter = tuple[str, str, bool]  # field, value, is_negated
WorkedOn = Callable[[str], Collection[str]]


def among(
    typed: Iterable[TypedFilter],
    chosen: str | None,
    sessions: Collection[str] | None,
    worked_on: WorkedOn,
) -> tuple[list[TypedFilter], Collection[str] | None]:
    """Returns the filters without `pr:`, and the sessions to search; None is all of them.

    `chosen` is a pull request set beside the search, which narrows what is typed.
    """
    rest: list[TypedFilter] = []
    groups = [] if sessions is None else [set(sessions)]
    wanted: set[str] | None = None
    for name, value, is_negated in typed:
        if name != "pr":
            rest.append((name, value, is_negated))
        elif is_negated:
            rest += [("session", session, True) for session in worked_on(value)]
        else:
            wanted = (wanted or set()) | set(worked_on(value))
    groups += [] if wanted is None else [wanted]
    groups += [set(worked_on(chosen))] if chosen else []
    return rest, set.intersection(*groups) if groups else None
