"""/metrics as Prometheus reads it: the names are a contract, the values are those of /stats."""

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from cca.settings import Settings
from cca.sync_agent.buffer import Buffer
from cca.sync_agent.health import State, health_server
from tests.include.sync_agent.agents import get

NAMES = {
    "cca_sync_pending_entries": 0,
    "cca_sync_oldest_pending_seconds": 0,
    "cca_sync_delivered_entries_total": 0,
    "cca_sync_dead_letters": 0,
    "cca_sync_delivery_retries_total": 3,
    "cca_sync_files_tracked": 0,
    "cca_sync_scans_total": 7,
    "cca_sync_last_scan_seconds": 0.25,
    "cca_sync_mongo_connected": 1,
}


def test_prometheus_finds_the_names_that_it_knows(tmp_path: Path) -> None:
    state = State(is_mongo_connected=True, retries=3, scans=7, last_scan_seconds=0.25)
    with (
        Buffer(tmp_path / "buffer.db") as buffer,
        health_server("127.0.0.1", 0, buffer, state) as port,
    ):
        text = get(Settings(_env_file=None, health_port=port), "/metrics")
    samples = [
        sample for family in text_string_to_metric_families(text) for sample in family.samples
    ]
    found = {sample.name: sample.value for sample in samples}
    assert found.pop("cca_sync_uptime_seconds") >= 0
    assert found == NAMES
