"""Log configuration, the only place that sets it: counts and durations, never record contents."""

import logging
import sys


def configure(level: int = logging.INFO) -> None:
    """Send log lines to standard error; a second call changes nothing."""
    logging.basicConfig(
        level=level,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    for noisy in ("pymongo", "watchdog", "pyiceberg", "tornado.access", "bokeh", "panel", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # pymongo's threads write a whole traceback when MongoDB restarts; callers say it in one line.
    logging.getLogger("pymongo.client").setLevel(logging.CRITICAL)
