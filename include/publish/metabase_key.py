"""The key with which cca talks to Metabase: set, or made for itself."""

from pathlib import Path

from cca.files import replace_file
from cca.settings import Settings


def key_path(settings: Settings) -> Path:
    return settings.metabase_dir / "api-key"


def known_key(settings: Settings) -> str:
    """Return METABASE_API_KEY, else the key that cca made for itself, else nothing."""
    if settings.metabase_api_key:
        return settings.metabase_api_key
    try:
        return key_path(settings).read_text().strip()
    except FileNotFoundError:
        return ""


def keep_key(settings: Settings, key: str) -> None:
    """Keep a key, readable by its owner only."""
    replace_file(key_path(settings), key)
