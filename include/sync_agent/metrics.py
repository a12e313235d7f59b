"""The agent's figures for Prometheus, read from the buffer at each request."""

from collections.abc import Callable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

# The name behind `cca_sync_`, the key in the figures, and what the metric says.
_GAUGES = (
    ("pending_entries", "pending", "Lines that wait for delivery."),
    ("oldest_pending_seconds", "oldestPendingSeconds", "How long the oldest of them waits."),
    ("dead_letters", "deadLetters", "Lines that are no records, or that MongoDB refused."),
    ("files_tracked", "filesTracked", "Files whose position is known."),
    ("last_scan_seconds", "lastScanSeconds", "How long the last scan of all folders took."),
    ("mongo_connected", "mongoConnected", "1 while MongoDB answers."),
    ("uptime_seconds", "uptime", "Seconds since the agent started."),
)
_COUNTERS = (
    ("delivered_entries_total", "synced", "Entries that MongoDB has confirmed."),
    ("delivery_retries_total", "retries", "Deliveries that were tried again."),
    ("scans_total", "scans", "Scans of all folders."),
)


class _Figures(Collector):
    def __init__(self, read: Callable[[], dict[str, Any]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        figures = self._read()
        for name, key, text in _GAUGES:
            yield GaugeMetricFamily(f"cca_sync_{name}", text, value=float(figures[key]))
        for name, key, text in _COUNTERS:
            yield CounterMetricFamily(f"cca_sync_{name}", text, value=float(figures[key]))


def metrics_page(read: Callable[[], dict[str, Any]]) -> tuple[str, str]:
    """Return content type and text of the page; `read` gives the figures of /stats."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(read))
    return CONTENT_TYPE_PLAIN_0_0_4, generate_latest(registry).decode()
