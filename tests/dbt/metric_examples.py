"""The queries with MetricFlow that docs/data-people.md shows."""

import shlex
from dataclasses import dataclass

from cca.settings.project import document


@dataclass(frozen=True)
class Example:
    """A query: its arguments, and the metrics and dimensions that it names."""

    arguments: tuple[str, ...]

    def named(self, option: str) -> list[str]:
        """Return the names that follow an option; none without it."""
        if option not in self.arguments:
            return []
        return self.arguments[self.arguments.index(option) + 1].split(",")


def examples() -> list[Example]:
    lines = document("docs", "data-people.md").read_text().splitlines()
    queries = [line for line in lines if "/mf query " in line]
    return [Example(tuple(shlex.split(line)[1:])) for line in queries]
