"""Fixtures of the upgrade: a home of the old version, opened by this one, and its backup."""

from collections.abc import Iterator

import pytest

from tests.upgrade import old_home
from tests.upgrade.new_home import NewHome, new_version
from tests.upgrade.old_home import NoOldVersion, OldHome
from tests.upgrade.versions import ask, tables


@pytest.fixture(scope="session")
def old(tmp_path_factory: pytest.TempPathFactory) -> OldHome:
    try:
        return old_home.make(tmp_path_factory.mktemp("old") / "it")
    except NoOldVersion as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def upgraded(old: OldHome) -> Iterator[NewHome]:
    """The old home under this version, its MongoDB running."""
    cca = new_version(old.settings)
    with cca.mongo() as uri:
        cca.run("pipeline")
        said = ask(cca, uri)
        yield NewHome(old.settings, cca, uri, said, tables(old.settings.gold_path))


@pytest.fixture(scope="session")
def restored(old: OldHome, upgraded: NewHome, tmp_path_factory: pytest.TempPathFactory) -> NewHome:
    """The old backup in a new home: lake, gold, lists and search are all of this version's make."""
    folder = tmp_path_factory.mktemp("restored")
    settings = old_home.settings_of(folder / "home", old.backup.parent / "sample", upgraded.uri)
    settings = settings.model_copy(update={"mongo_db": "restored"})
    cca = new_version(settings)
    cca.run("restore", str(old.backup))
    cca.run("pipeline")
    said = ask(cca, upgraded.uri)
    return NewHome(settings, cca, upgraded.uri, said, tables(settings.gold_path))
