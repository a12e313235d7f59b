"""Keeps pandas out of processes that use pyarrow and no data frames."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

import pyarrow as pa


class _Hiding(MetaPathFinder):
    """Finds no pandas, whoever looks for it."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002  (what Python calls it with)
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


def without_pandas() -> None:
    """Make the first array of the process, and let pyarrow find no pandas meanwhile.

    pyarrow asks once whether a list may be a series of pandas, and imports pandas to ask: longer
    than an hourly extraction. It still imports pandas where a data frame is asked for.
    """
    if "pandas" in sys.modules:
        return
    hiding = _Hiding()
    sys.meta_path.insert(0, hiding)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(hiding)
