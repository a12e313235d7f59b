"""One finding: what was looked at, how it is, and what mends it."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warn", "fail", "unknown"]


@dataclass(frozen=True)
class Check:
    """`fix` is empty where nothing is to be done; unknown is what cannot be seen from here."""

    name: str
    status: Status
    detail: str
    fix: str = ""
