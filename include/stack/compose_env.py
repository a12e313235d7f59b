"""The `.env` of docker-compose.yaml, with fresh secrets: `make env`; needs nothing installed."""

import os
import secrets
import socket
import sys
from pathlib import Path

# Who owns the processes in the containers where root asks: not root.
_PLAIN_USER = 1000
# `make` runs this in the folder of docker-compose.yaml.
_PATH = Path.cwd() / ".env"

_HEAD = """\
# Settings and secrets of docker-compose.yaml, made by `make env`. Keep it: the passwords are those
# of the databases in the volumes. docs/deploy.md says what else may be set here.
"""


def contents(claude_dir: Path, uid: int, gid: int) -> str:
    """The file's text; every secret is new."""
    values = {
        "COMPOSE_PROFILES": "mongo,sync,follow,airflow,browser,metabase",
        "CLAUDE_DIR": claude_dir,
        "CCA_HOST": socket.gethostname(),
        "CCA_UID": uid or _PLAIN_USER,
        "CCA_GID": gid or _PLAIN_USER,
        "MONGO_ROOT_PASSWORD": _secret(),
        "MONGO_PASSWORD": _secret(),
        "MONGO_KEYFILE": secrets.token_hex(48),
        "AIRFLOW_DB_PASSWORD": _secret(),
        "REDIS_PASSWORD": _secret(),
        "MARQUEZ_DB_PASSWORD": _secret(),
        "METABASE_DB_PASSWORD": _secret(),
        "METABASE_ENCRYPTION_KEY": _secret(),
        "METABASE_EMAIL": "cca@example.com",
        "METABASE_PASSWORD": _secret(),
        "BROWSER_USER": "cca",
        "BROWSER_PASSWORD": _secret(),
    }
    return _HEAD + "".join(f"{name}={value}\n" for name, value in values.items())


def write(path: Path, text: str) -> None:
    """Write a new file for its owner alone; one that is there holds passwords in use."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _secret() -> str:
    # Stands in addresses and in YAML as it is; Metabase wants a digit too.
    return f"{secrets.token_urlsafe(24).strip('-_')}7"


def main() -> int:
    projects = Path.home() / ".claude" / "projects"
    try:
        write(_PATH, contents(projects, os.getuid(), os.getgid()))
    except FileExistsError:
        sys.stderr.write(
            f"{_PATH} exists and is left alone: its passwords are those of the databases. "
            "Move it away first if you want new ones, and delete the volumes too.\n"
        )
        return 1
    sys.stdout.write(f"{_PATH} written, readable by you alone; now: docker compose up -d --build\n")
    if not os.getuid():
        sys.stdout.write(
            f"You are root: the containers run as user {_PLAIN_USER}, who must be able to read "
            f"{projects}; set CLAUDE_DIR, CCA_UID and CCA_GID to the transcripts' owner.\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
