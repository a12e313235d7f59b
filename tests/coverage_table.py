"""Prints what the last measured test run covered, one line a package: `make coverage`."""

from collections import defaultdict
from pathlib import Path

import click
from coverage import Coverage

ROOT = Path(__file__).parents[1]


def main() -> None:
    coverage = Coverage()
    coverage.load()
    lines: dict[str, int] = defaultdict(int)
    missed: dict[str, int] = defaultdict(int)
    for file in coverage.get_data().measured_files():
        _, statements, _, missing, _ = coverage.analysis2(file)
        for package in (_package(Path(file)), "all"):
            lines[package] += len(statements)
            missed[package] += len(missing)
    click.echo(f"{'package':<24}{'lines':>8}{'missed':>8}{'covered':>9}")
    for package in sorted(lines, key=lambda name: (name == "all", name)):
        share = 1 - missed[package] / max(lines[package], 1)
        click.echo(f"{package:<24}{lines[package]:>8}{missed[package]:>8}{share:>8.1%} ")


def _package(file: Path) -> str:
    """The folder that a file belongs to: two levels, as in include/search."""
    parts = file.relative_to(ROOT).parts[:-1]
    return "/".join(parts[:2])


if __name__ == "__main__":
    main()
