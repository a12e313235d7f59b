"""Compares tokens and cost by day and model with ccusage and agentsview.

`make bench-peers` runs it. Both are fetched into a temporary folder, ccusage by npm and agentsview
by pip, and see nothing but the sample. Prices are those that each was built with.
"""

import argparse
import tempfile
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import agentsview, ccusage
from benchmarks.ccusage import TOKENS, Key, Usage
from cca.demo.generate import generate

UNTIL = date(2026, 11, 1)
# agentsview counts in millionths of a dollar.
SAME_USD = Decimal("0.0001")
_WIDTH = 160

Totals = Mapping[Key, Usage]


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
        program = ccusage.install(folder, ccusage.VERSION)
        with agentsview.installed(folder, corpus / "projects") as viewer:
            viewer.sync()
            peers: dict[str, Totals] = {
                f"ccusage {ccusage.VERSION}": ccusage.theirs(program, corpus),
                f"agentsview {agentsview.VERSION}": viewer.totals(),
            }
        mine = ccusage.ours(gold)
    console = Console(width=_WIDTH)
    console.print(shown(mine, peers))
    for name, totals in {"cca": mine, **peers}.items():
        console.print(f"{name}: {summed(totals)}")


if __name__ == "__main__":
    main()
