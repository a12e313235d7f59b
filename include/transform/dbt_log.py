"""Listens to dbt's events: for dbt.log, and for a caller who wants each node that is done.

dbt's own file log formats every debug event, which it then drops.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cca.transform.nodes import NodeDone

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


def telling(on_event: Callable[[NodeDone], None]) -> Callable[["EventMsg"], None]:
    """Return a callback for dbt's events that tells of each node that finished."""

    def listen(event: "EventMsg") -> None:
        if event.info.name == "NodeFinished":
            node: Any = event.data.node_info
            result: Any = event.data.run_result
            on_event(
                NodeDone(
                    node.node_name,
                    node.resource_type,
                    node.node_status,
                    result.execution_time,
                    node.unique_id,
                    result.message,
                )
            )

    return listen
