"""What a project is called: its slug, its folder and the folder's own name."""

from collections.abc import Mapping
from functools import lru_cache


@lru_cache(maxsize=4096)
def slug_of(cwd: str) -> str:
    """The project folder Claude Code makes of a path.

    Every UTF-16 unit that is no letter or digit becomes a dash, so an emoji gives two.
    """
    units = cwd.encode("utf-16-le", errors="replace")
    characters = (
        units[at : at + 2].decode("utf-16-le", errors="replace") for at in range(0, len(units), 2)
    )
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in characters)


def project_path(project_id: str, uses: Mapping[str, int]) -> str:
    """Of the folders its sessions ran in, the one the project is named after, or the commonest."""
    ranked = sorted(uses, key=lambda cwd: (slug_of(cwd) != project_id, -uses[cwd], cwd))
    return ranked[0] if ranked else ""


def project_label(project_id: str, cwd: object) -> str:
    """The folder's own name; the slug is lossy and is shown only where no entry has a `cwd`."""
    name = str(cwd or "").replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    return name or project_id.lstrip("-") or "(no project)"
