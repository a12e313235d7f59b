"""Builds a warehouse from an Iceberg snapshot, beside the present one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cca.lake import snapshots
from cca.lake.iceberg import IcebergStore
from cca.lake.lake import holding
from cca.load.raw import LoadReport, load_state
from cca.publish.gold import publish
from cca.settings import Settings
from cca.transform.build import transform


@dataclass(frozen=True)
class PastWarehouse:
    """Where the warehouse of the snapshot is; `home` is a CCA_HOME for every reading command."""

    snapshot_id: int
    extracted: datetime | None
    loaded: LoadReport
    home: Path
    warehouse: Path
    gold: Path


def settings_of(settings: Settings, snapshot_id: int) -> Settings:
    """Return the settings for the warehouse of a snapshot."""
    home = settings.cca_home / "time-travel" / str(snapshot_id)
    return settings.model_copy(
        update={"cca_home": home, "duckdb_path": None, "storage_format": "iceberg"}
    )


def build(
    settings: Settings,
    snapshot_id: int | None,
    as_of: datetime | None,
    *,
    on_step: Callable[[str], None] = lambda _: None,
) -> PastWarehouse:
    """Load, transform and publish the lake of a snapshot; the present warehouse stays.

    Raises:
        NotFound: There is no such snapshot.

    """
    snapshot = snapshots.find(settings, snapshot_id, as_of)
    there = settings_of(settings, snapshot.snapshot_id)
    on_step("load")
    with holding(settings, "iceberg") as lake:
        state = IcebergStore(settings).at(snapshot)
        loaded = load_state(there, lake, state)
    on_step("transform")
    transform(there)
    on_step("publish")
    gold = publish(there)
    return PastWarehouse(
        snapshot.snapshot_id,
        state.high_water_mark,
        loaded,
        there.cca_home,
        there.warehouse_path,
        gold,
    )
