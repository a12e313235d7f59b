"""Names that a person gave, with what is kept of each, in one private file: users, tokens."""

import json
import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cca.errors import NotFound, SettingError
from cca.files import replace_file
from cca.locks import held

_NAME = re.compile(r"[\w.@+-]{1,64}")


@dataclass(frozen=True)
class Names:
    """The file of one installation; each reader reads it again, so a removal counts at once.

    `what` is what a name stands for, such as `user`.
    """

    path: Path
    what: str

    def read(self) -> dict[str, Any]:
        """Return what is kept of each name; nothing where there is no file.

        Raises:
            SettingError: The file is damaged.

        """
        try:
            found = json.loads(self.path.read_text())
        except FileNotFoundError:
            return {}
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise SettingError(
                f"{self.path} cannot be read; delete it and add its {self.what}s again"
            )
        return found

    def put(self, name: str, kept: Any) -> None:
        """Keep something of a name, in place of what was kept before.

        Raises:
            SettingError: The name has other characters than letters, digits and . @ + - _.

        """
        self.require(name)
        with self._alone():
            self._write(self.read() | {name: kept})

    def remove(self, name: str) -> None:
        """Forget a name.

        Raises:
            NotFound: There is none.

        """
        with self._alone():
            known = self.read()
            if name not in known:
                raise NotFound(f"{self.path} has no {self.what} {name!r}")
            self._write({each: kept for each, kept in known.items() if each != name})

    def require(self, name: str) -> None:
        """Raise SettingError unless this can be a name."""
        if not _NAME.fullmatch(name):
            raise SettingError(
                f"{name!r} is no name of a {self.what}; use letters, digits and . @ + - _"
            )

    def _alone(self) -> AbstractContextManager[None]:
        return held(self.path.with_suffix(".lock"))

    def _write(self, known: dict[str, Any]) -> None:
        replace_file(self.path, json.dumps(known, indent=1))
