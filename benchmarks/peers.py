"""Compares tokens and cost by day and model with ccusage and agentsview.

`make bench-peers` runs it. Both are fetched into a temporary folder, ccusage by npm and agentsview
by pip, and see nothing but the sample. Prices are those that each was built with.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import ccusage
from benchmarks.ccusage import TOKENS, Key, Usage
from cca.demo.generate import generate

UNTIL = date(2026, 11, 1)
CCUSAGE, AGENTSVIEW = "20.0.24", "0.46.1"
# agentsview counts in millionths of a dollar.
SAME_USD = Decimal("0.0001")
_WIDTH = 160

Totals = Mapping[Key, Usage]


def agentsview(folder: Path, version: str) -> Path:
    """Install the wheel into an environment of its own; returns the program."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "agentsview")], check=True)
    binaries = folder / "agentsview" / "bin"
    wanted = [f"agentsview=={version}", "--quiet", "--no-deps"]
    subprocess.run([str(binaries / "pip"), "install", *wanted], check=True)
    return binaries / "agentsview"


def of_agentsview(program: Path, corpus: Path, home: Path) -> dict[Key, Usage]:
    """agentsview's days by model, in UTC; its server is stopped again."""
    home.mkdir()
    where = [
        "env", f"HOME={home}", f"AGENTSVIEW_DATA_DIR={home / 'data'}",
        f"CLAUDE_PROJECTS_DIR={corpus / 'projects'}", str(program),
    ]  # fmt: skip
    daily = ["usage", "daily", "--all", "--breakdown", "--json", "--offline", "--no-sync",
             "--timezone", "UTC"]  # fmt: skip
    try:
        subprocess.run([*where, "sync"], check=True, capture_output=True)
        printed = subprocess.check_output([*where, *daily], text=True)
    finally:
        subprocess.run([*where, "daemon", "stop"], check=False, capture_output=True)
    return {
        (row["date"], part["modelName"]): _of_agentsview(part)
        for row in json.loads(printed)["daily"]
        for part in row["modelBreakdowns"]
    }


def _of_agentsview(part: dict[str, Any]) -> Usage:
    names = ("inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens")
    cost = Decimal(part["cost"]["microdollars"]) / 1_000_000
    return Usage(tuple(part[name] for name in names), cost)


def shown(mine: Totals, peers: Mapping[str, Totals]) -> Table:
    """A row for each day and model: our tokens and cost, and what each peer has more or less."""
    table = Table(box=None, pad_edge=False)
    for name in ("day", "model"):
        table.add_column(name)
    for name in (*TOKENS, "USD", *peers):
        table.add_column(name, justify="right" if name not in peers else "left")
    for key in sorted(mine.keys() | set().union(*peers.values())):
        own = mine.get(key)
        cells = [f"{value:,}" for value in own.tokens] if own else ["-"] * len(TOKENS)
        usd = f"{own.usd:.6f}" if own and own.usd is not None else "-"
        table.add_row(*key, *cells, usd, *(_beside(own, peer.get(key)) for peer in peers.values()))
    return table


def _beside(own: Usage | None, other: Usage | None) -> str:
    """What another has beside ours: `equal`, or each number that differs."""
    if other is None or own is None:
        return "has none" if other is None else "has it alone"
    pairs = zip(TOKENS, own.tokens, other.tokens, strict=True)
    said = [f"{name} {b - a:+,}" for name, a, b in pairs if a != b]
    if other.usd is None:
        said.append("no price")
    elif own.usd is not None and abs(other.usd - own.usd) > SAME_USD:
        said.append(f"USD {other.usd - own.usd:+.6f}")
    return ", ".join(said) or "equal"


def summed(totals: Totals) -> str:
    """All tokens and the whole cost of one program."""
    tokens = [
        sum(column) for column in zip(*(each.tokens for each in totals.values()), strict=True)
    ]
    usd = sum((each.usd or Decimal(0) for each in totals.values()), Decimal(0))
    named = ", ".join(f"{name} {count:,}" for name, count in zip(TOKENS, tokens, strict=True))
    return f"{named}, USD {usd:.6f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--corpus", type=Path, help="an existing sample, with --gold")
    parser.add_argument("--gold", type=Path, help="its gold file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cca-peers-") as temporary:
        folder = Path(temporary)
        corpus, gold = options.corpus, options.gold
        if corpus is None:
            corpus = folder / "sample"
            generate(corpus, sessions=options.sessions, seed=options.seed, until=UNTIL)
            gold = ccusage.build(folder / "home", corpus)
        read: dict[str, Callable[[], Totals]] = {
            f"ccusage {CCUSAGE}": lambda: ccusage.theirs(ccusage.install(folder, CCUSAGE), corpus),
            f"agentsview {AGENTSVIEW}": lambda: of_agentsview(
                agentsview(folder, AGENTSVIEW), corpus, folder / "agentsview-home"
            ),
        }
        peers = {name: totals() for name, totals in read.items()}
        mine = ccusage.ours(gold)
    console = Console(width=_WIDTH)
    console.print(shown(mine, peers))
    for name, totals in {"cca": mine, **peers}.items():
        console.print(f"{name}: {summed(totals)}")


if __name__ == "__main__":
    main()
