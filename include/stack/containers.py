"""In containers each service has some of the volumes: what is here, and which service has all."""

from pathlib import Path

from cca.errors import SettingError
from cca.settings import Settings

# The service of docker-compose.yaml that has every volume.
_WITH_ALL = "tools"
TOOLS = f"docker compose run --rm {_WITH_ALL}"
# With a folder of the machine, for what is to stay there.
BESIDE = f'docker compose run --rm -v "$PWD/backup:/backup" {_WITH_ALL}'
_MOUNTS = Path("/proc/self/mountinfo")
_POINT, _BEHIND_DASH = 4, 1


def is_container(settings: Settings) -> bool:
    """Whether this process is one of docker-compose.yaml."""
    return bool(settings.cca_service)


def is_here(settings: Settings, folder: Path) -> bool:
    """Whether a store's folder can be seen: in a container its volume is mounted there.

    An empty folder of the image would look like an empty store.
    """
    return not is_container(settings) or folder in mounts(_MOUNTS.read_text())


def mounts(text: str) -> dict[Path, str]:
    """Return the type of file system at each mount point, from the text of mountinfo."""
    rows = (line.split() for line in text.splitlines())
    return {Path(row[_POINT]): row[row.index("-") + _BEHIND_DASH] for row in rows}


def require_here(settings: Settings, folder: Path, command: str) -> None:
    """Raise SettingError, naming where to run the command, unless the folder can be seen."""
    if not is_here(settings, folder):
        raise SettingError(
            f"the volume of {folder} is not mounted in {settings.cca_service}; "
            f"run `{TOOLS} {command}`"
        )


def require_all(settings: Settings, command: str, run: str = TOOLS) -> None:
    """Raise SettingError, naming where to run the command, in a container without every volume."""
    if is_container(settings) and settings.cca_service != _WITH_ALL:
        raise SettingError(
            f"{settings.cca_service} has not the volumes of every store; run `{run} {command}`"
        )


def require_kept(settings: Settings, folder: Path, command: str) -> None:
    """Raise SettingError where a folder would be gone with the container."""
    if not is_container(settings):
        return
    found = mounts(_MOUNTS.read_text())
    point = next(one for one in (folder, *folder.parents) if one in found)
    if point == Path("/") or found[point] == "tmpfs":
        raise SettingError(f"{folder} would be gone with this container; run `{BESIDE} {command}`")


def refuse(settings: Settings, command: str, instead: str) -> None:
    """Raise SettingError in a container, where another program does what the command does."""
    if is_container(settings):
        raise SettingError(f"`{command}` is for a machine without containers; here: `{instead}`")
