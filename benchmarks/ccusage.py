"""Compares our tokens and cost with ccusage's, per day and model: `python -m benchmarks.ccusage`.

ccusage is fetched by npm into a temporary folder. Its prices are those it was built with, so a
model that it does not know is compared by its tokens alone, and the report says so.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.pipeline import STEPS, Bench, run_step
from cca.demo.generate import generate
from cca.gold.open import open_gold
from cca.mongo.server import serving_mongo
from cca.settings import Settings

UNTIL = date(2026, 11, 1)
VERSION = "20.0.24"
TOKENS = ("input", "output", "cache_write", "cache_read")
# ccusage counts in floating point.
SAME_USD = Decimal("0.000001")
_OURS = """
select day::varchar, model, sum(input_tokens)::bigint, sum(output_tokens)::bigint,
    sum(cache_write_5m_tokens + cache_write_1h_tokens)::bigint, sum(cache_read_tokens)::bigint,
    sum(cost_usd)
from marts.fct_api_messages group by all
"""
Key = tuple[str, str]


@dataclass(frozen=True)
class Usage:
    """One day of one model; `usd` is None where ccusage knows no price."""

    tokens: tuple[int, ...]
    usd: Decimal | None


@dataclass
class Comparison:
    """How many days of a model agree, and those that do not."""

    same: int = 0
    explained: int = 0
    unpriced: set[str] = field(default_factory=set)
    differences: list[str] = field(default_factory=list)


def install(folder: Path, version: str) -> Path:
    """npm does not always take the binary's own package along, so it is asked for by name."""
    packages = [f"ccusage@{version}", f"@ccusage/ccusage-linux-x64@{version}"]
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", *packages]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "node_modules" / ".bin" / "ccusage"


def theirs(binary: Path, corpus: Path) -> dict[Key, Usage]:
    """ccusage's days by model, in UTC."""
    where = ["env", f"CLAUDE_CONFIG_DIR={corpus}", "TZ=UTC"]
    report = [str(binary), "claude", "daily", "--json", "--breakdown", "--timezone", "UTC"]
    printed = subprocess.check_output([*where, *report, "--offline"], text=True)
    content = json.loads(printed, parse_float=Decimal)
    return {
        (row["date"], part["modelName"]): Usage(
            tuple(
                part[name]
                for name in (
                    "inputTokens",
                    "outputTokens",
                    "cacheCreationTokens",
                    "cacheReadTokens",
                )
            ),
            None if part.get("missingPricing") else Decimal(part["cost"]),
        )
        for row in content["daily"]
        for part in row["modelBreakdowns"]
    }


def ours(gold_path: Path) -> dict[Key, Usage]:
    with open_gold(gold_path) as gold:
        rows = gold.execute(_OURS).fetchall()
    return {(day, model): Usage(tuple(tokens), usd) for day, model, *tokens, usd in rows}


def compare(mine: dict[Key, Usage], other: dict[Key, Usage], lost: dict[Key, int]) -> Comparison:
    """Day by day and model by model; `lost` is output that ccusage is known to leave out."""
    found = Comparison()
    for key in sorted(mine.keys() | other.keys()):
        left, right = mine.get(key), other.get(key)
        if left is None or right is None:
            found.differences.append(f"{key}: only {'ccusage' if left is None else 'cca'} has it")
            continue
        if right.usd is None:
            found.unpriced.add(key[1])
        said = [
            f"{name} {a:,} / {b:,}"
            for name, a, b in zip(TOKENS, left.tokens, right.tokens, strict=True)
            if a != b
        ]
        if right.usd is not None and left.usd is not None and abs(left.usd - right.usd) > SAME_USD:
            said.append(f"USD {left.usd:.8f} / {right.usd:.8f}")
        missing = tuple(a - b for a, b in zip(left.tokens, right.tokens, strict=True))
        if said and missing == (0, lost.get(key, 0), 0, 0):
            found.explained += 1
        elif said:
            found.differences.append(f"{key[0]} {key[1]}: {', '.join(said)}")
        found.same += not said
    return found


@dataclass
class Answer:
    """What the rows of one API message say: its days, and output by who repeats it."""

    model: str
    days: set[str] = field(default_factory=set)
    output: int = 0
    main_thread_output: int = 0


def answers(corpus: Path) -> dict[str, Answer]:
    """Every message of the sample, read from its lines."""
    found: dict[str, Answer] = {}
    for path in (corpus / "projects").rglob("*.jsonl"):
        for line in path.read_bytes().split(b"\n"):
            if b'"usage"' not in line:
                continue
            entry: dict[str, Any] = json.loads(line)
            message = entry.get("message") or entry["data"]["message"]["message"]
            answer = found.setdefault(message["id"], Answer(message["model"]))
            answer.days.add(entry["timestamp"][:10])
            output = message["usage"]["output_tokens"]
            answer.output = max(answer.output, output)
            if not entry.get("isSidechain"):
                answer.main_thread_output = max(answer.main_thread_output, output)
    return found


def partial_copies(found: dict[str, Answer]) -> dict[Key, int]:
    """Output lost where a partial row in the parent's progress goes before the subagent's own."""
    lost: dict[Key, int] = defaultdict(int)
    for answer in found.values():
        if 0 < answer.main_thread_output < answer.output:
            lost[min(answer.days), answer.model] += answer.output - answer.main_thread_output
    return dict(lost)


def build(home: Path, corpus: Path) -> Path:
    settings = Settings(cca_home=home, claude_dir=str(corpus / "projects"), _env_file=None)
    with serving_mongo(settings) as uri:
        bench = Bench(settings, uri, corpus / "projects")
        for name in STEPS:
            run_step(bench, name)
    return settings.gold_path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--version", default=VERSION, help="of ccusage")
    parser.add_argument("--corpus", type=Path, help="an existing sample, with --gold")
    parser.add_argument("--gold", type=Path, help="its gold file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cca-ccusage-") as temporary:
        folder = Path(temporary)
        binary = install(folder, options.version)
        corpus, gold = options.corpus, options.gold
        if corpus is None:
            corpus = folder / "sample"
            generate(corpus, sessions=options.sessions, seed=options.seed, until=UNTIL)
            gold = build(folder / "home", corpus)
        read = answers(corpus)
        lost = partial_copies(read)
        found = compare(ours(gold), theirs(binary, corpus), lost)
        print(
            f"{found.same} days of a model are equal; in {found.explained} ccusage has "
            f"{sum(lost.values()):,} output tokens less: it takes a partial progress row of a "
            f"subagent's message before the final one; {len(found.differences)} differ otherwise"
        )
        print(f"ccusage {options.version} has no price for: {', '.join(sorted(found.unpriced))}")
        print("cca / ccusage:", *found.differences, sep="\n  ")
        print("messages whose rows straddle midnight UTC (ours: the first row's day):")
        print(*(f"  {key}: {row.days}" for key, row in read.items() if len(row.days) > 1), sep="\n")
    sys.exit(bool(found.differences))


if __name__ == "__main__":
    main()
