"""All copies of gold in other databases: each publish brings them, and a later run what failed."""

from cca.errors import CcaError
from cca.publish import ducklake, postgres
from cca.settings import Settings

_KINDS = (postgres, ducklake)


def copy_newest(settings: Settings) -> None:
    """Copy what is published to each database that lacks it; one that fails keeps none waiting.

    Raises:
        ServiceDown: A database does not take the copy; its old rows stay.
        SettingError: DuckDB lacks an extension.

    """
    failed = []
    for kind in _KINDS:
        if kind.is_due(settings):
            try:
                kind.copy_newest(settings)
            except CcaError as error:
                failed.append(error)
    if failed:
        raise type(failed[0])("; ".join(map(str, failed))) from failed[0]


def is_due(settings: Settings) -> bool:
    """Tells whether a database lacks what is published: a copy failed, or the setting is new."""
    return any(kind.is_due(settings) for kind in _KINDS)
