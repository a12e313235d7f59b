"""A terminal: commands of `cca` run in this process, under the settings of a test."""

import io
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from cca import cli
from cca.settings import Settings, get_settings


@dataclass(frozen=True)
class Done:
    """What a command printed and the code it ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value that was printed; anything beside it is an error."""
        return json.loads(self.out)


class Terminal:
    """Runs commands as the entry point does, with nobody at the keyboard."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.capsys = capsys
        self.monkeypatch = monkeypatch

    def run(self, settings: Settings, *arguments: str) -> Done:
        return self.run_with(settings.as_environment(), *arguments)

    def run_with(self, environment: Mapping[str, str], *arguments: str) -> Done:
        """Runs a command under these variables, which no test may see afterwards."""
        self.capsys.readouterr()
        umask = os.umask(0o077)
        code = 0
        try:
            with self.monkeypatch.context() as patch:
                for name, value in environment.items():
                    patch.setenv(name, value)
                patch.setattr(sys, "argv", ["cca", *arguments])
                patch.setattr(sys, "stdin", io.StringIO())
                get_settings.cache_clear()
                cli.main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        finally:
            get_settings.cache_clear()
            os.umask(umask)
        printed = self.capsys.readouterr()
        return Done(code, printed.out, printed.err)
