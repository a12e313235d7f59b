"""What a project is called: its slug, its folder, its key and its repository."""

import re
from functools import lru_cache

_LONGEST_SLUG = 200
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_DRIVE = re.compile(r"[A-Za-z]:(?=/|$)")
# Where tools put the worktrees of a repository, after the repository's own folder.
_WORKTREE = re.compile(
    r"(?:/\.claude/worktrees|/\.?worktrees|\.worktrees|-worktrees)/[^/]+(?=/|$).*"
)

# Linux, macOS, Windows, and Windows' drives in WSL; nobody's home is the one that all share.
_HOME = re.compile(
    r"(?:/root|(?:/home|(?:[A-Za-z]:|/mnt/[a-z])?/Users)/(?!(?:Shared|Public)(?:/|$))(?P<user>[^/]+))(?=/|$)"
)


@lru_cache(maxsize=4096)
def slug_of(cwd: str) -> str:
    """Returns the project folder Claude Code makes of a path.

    Every UTF-16 unit that is no ASCII letter or digit becomes a dash, so an emoji gives two.
    A path longer than 200 units is cut and ends in a hash of the whole path.
    """
    units = cwd.encode("utf-16-le", errors="surrogatepass")
    codes = [int.from_bytes(units[at : at + 2], "little") for at in range(0, len(units), 2)]
    slug = "".join(chr(code) if _is_kept(code) else "-" for code in codes)
    if len(slug) <= _LONGEST_SLUG:
        return slug
    return f"{slug[:_LONGEST_SLUG]}-{_hash(codes)}"


def _is_kept(code: int) -> bool:
    return code < 128 and chr(code).isalnum()  # noqa: PLR2004  (ASCII)


def _hash(codes: list[int]) -> str:
    """Returns the path's hash as Java counts it, without its sign, in base 36."""
    total = 0
    for code in codes:
        total = (total * 31 + code) & 0xFFFFFFFF
    number = abs(total - (1 << 32) if total >> 31 else total)
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"


def project_label(project_id: str, cwd: object) -> str:
    """Returns the folder's own name; the slug, which is lossy, only where no entry has a `cwd`."""
    return project_name(str(cwd or "")) or project_id.lstrip("-") or "(no project)"


@lru_cache(maxsize=4096)
def project_key(cwd: str) -> str:
    """Returns the path by which two folders are one project or two.

    Windows does not tell slashes and letters of both cases apart. The last slash is dropped.
    """
    path = _forward(cwd).lower() if _is_windows(cwd) else cwd
    return path.rstrip("/") or path[:1]


def project_name(cwd: str) -> str:
    """Returns the last part of a path, of either system."""
    return cwd.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]


@lru_cache(maxsize=4096)
def repository_of(cwd: str) -> str:
    """Returns the repository's folder of a worktree, else the project's own key."""
    return _WORKTREE.sub("", project_key(cwd)) or project_key(cwd)


@lru_cache(maxsize=4096)
def user_of(cwd: str) -> str | None:
    """Returns whose home a path lies in; None outside of every home."""
    found = _HOME.match(_forward(cwd))
    return (found["user"] or "root") if found else None


def _forward(cwd: str) -> str:
    """The path with its slashes leaning one way; a name on Linux may hold a backslash."""
    return cwd.replace("\\", "/") if _is_windows(cwd) else cwd


def _is_windows(cwd: str) -> bool:
    return cwd.startswith("\\\\") or _DRIVE.match(cwd.replace("\\", "/", 1)) is not None
