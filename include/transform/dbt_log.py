"""Writes dbt's events to dbt.log; dbt's own file log formats every debug event it then drops."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbt_common.events.base_types import EventMsg

_LEVELS = {"info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}
_MAX_BYTES = 10 * 1024 * 1024


@contextmanager
def writing_log(path: Path) -> Iterator[Callable[["EventMsg"], None]]:
    """Yield a callback for dbt's events that logs those from level info on."""
    handler = RotatingFileHandler(path, maxBytes=_MAX_BYTES, backupCount=1, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))

    def listen(event: "EventMsg") -> None:
        said: Any = event.info
        level = _LEVELS.get(said.level)
        if level and said.msg.strip():
            handler.handle(logging.LogRecord("dbt", level, "", 0, said.msg, None, None))

    try:
        yield listen
    finally:
        handler.close()
