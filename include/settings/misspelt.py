"""Names in `.env` that look like settings and are none: nobody would notice they do nothing."""

import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from pathlib import Path

from dotenv import dotenv_values

from cca.settings.project import PROJECT_DIR, is_checkout

_LIKENESS = 0.8


def misspelt(path: Path, settings: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each name in the file that is near a setting and none.

    Names that are near nothing are another program's, and so are those of the compose files.
    """
    if not path.is_file():
        return
    known = {name.upper() for name in settings}
    for name in dotenv_values(path, interpolate=False):
        if name.upper() in known:
            continue
        near = get_close_matches(name.upper(), known, 1, _LIKENESS)
        if near and name not in _names_of_compose():
            yield f"{path}: {name} is no setting and does nothing; did you mean {near[0]}?"


def _names_of_compose() -> set[str]:
    if not is_checkout():
        return set()
    files = [PROJECT_DIR / "docker-compose.yaml", *PROJECT_DIR.glob("deploy/compose.*.yaml")]
    return {name for file in files for name in re.findall(r"\$\{(\w+)", file.read_text())}
