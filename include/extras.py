"""What an installation may lack: the extras of the distribution, and how to install one."""

from dataclasses import dataclass
from importlib.util import find_spec

from cca.errors import NotInstalled

DISTRIBUTION = "claude-conversation-analytics"


@dataclass(frozen=True)
class Extra:
    """An extra of the distribution, known by a package that comes with it."""

    name: str
    package: str
    title: str

    def is_installed(self) -> bool:
        return find_spec(self.package) is not None

    def require(self, wanted_by: str) -> None:
        """Raise NotInstalled with the line that installs the extra, where it is absent."""
        if not self.is_installed():
            raise NotInstalled(f"{wanted_by} needs {self.title}: {self.how_to_install}")

    @property
    def how_to_install(self) -> str:
        return f"pip install '{DISTRIBUTION}[{self.name}]'"


AIRFLOW = Extra("airflow", "airflow", "Airflow")
GOLD_POSTGRES = Extra(
    "gold-postgres", "duckdb_extension_postgres_scanner", "DuckDB's postgres extension"
)
GOLD_DUCKLAKE = Extra("gold-ducklake", "duckdb_extension_ducklake", "DuckDB's ducklake extension")
