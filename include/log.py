"""Log configuration, the only place that sets it: counts and durations, never record contents."""

import logging
import sys

from cca.terminal import shown


class _Formatter(logging.Formatter):
    """Keeps names of files and errors of servers from steering the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return shown(super().format(record), sys.stderr)


def configure(level: int = logging.INFO) -> None:
    """Send log lines to standard error; a second call changes nothing."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
    for noisy in ("pymongo", "watchdog", "pyiceberg", "tornado.access", "bokeh", "panel", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # pymongo's threads write a whole traceback when MongoDB restarts; callers say it in one line.
    logging.getLogger("pymongo.client").setLevel(logging.CRITICAL)
