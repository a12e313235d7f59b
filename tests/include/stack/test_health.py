"""`cca health`: a part that does not answer is reported with the reason."""

import pytest

from cca.cli.health import PARTS as NAMED
from cca.errors import ServiceDown
from cca.follow.lock import follower_lock
from cca.ports import first_free
from cca.settings import Settings
from cca.stack.health import PARTS, require


@pytest.fixture
def lonely(settings: Settings) -> Settings:
    nobody = first_free(20000)
    ports = dict.fromkeys(("health_port", "browser_port", "airflow_port"), nobody)
    address = f"http://127.0.0.1:{nobody}"
    uri = f"mongodb://127.0.0.1:{nobody}/"
    return settings.model_copy(update={**ports, "metabase_url": address, "mongo_uri": uri})


@pytest.mark.parametrize("part", NAMED)
def test_a_part_that_does_not_run_is_down(lonely: Settings, part: str) -> None:
    with pytest.raises(ServiceDown, match=f"^{part}: "):
        require(lonely, part)


def test_every_named_part_can_be_asked() -> None:
    assert set(NAMED) == set(PARTS)


def test_mongo_and_follower_that_run_are_well(settings: Settings) -> None:
    require(settings, "mongo")
    with follower_lock(settings.search_dir):
        require(settings, "follow")
    with pytest.raises(ServiceDown, match="nobody holds"):
        require(settings, "follow")
