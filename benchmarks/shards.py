"""How sessions spread over the shards of a MongoDB cluster: `python -m benchmarks.shards [--mb N]`.

A mongod makes the index of the shard key over a generated archive, so the hashes are MongoDB's own.
Which shard a hash goes to is reckoned: the range of hashes is cut into equal parts, as
`shardCollection` does with a collection that is empty.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

from pymongo.collection import Collection

from benchmarks.corpus import corpus
from cca.mongo import archive
from cca.mongo.archive import Document

SHARDS = (2, 4, 8)
_HASHES = 2**64
_LOWEST = -(2**63)
_KEY = [("sessionKey", "hashed")]


@dataclass(frozen=True)
class Session:
    """A session in the archive: the hash of its key, its documents and their bytes."""

    hashed: int
    documents: int
    size: int


def sessions_of(collection: Collection[Document]) -> Iterator[Session]:
    """Read each session's size, and its hash from the index."""
    collection.create_index(_KEY)
    total = {"documents": {"$sum": 1}, "size": {"$sum": {"$bsonSize": "$$ROOT"}}}
    for group in collection.aggregate([{"$group": {"_id": "$sessionKey", **total}}]):
        only = collection.find({"sessionKey": group["_id"]}, hint=_KEY, return_key=True, limit=1)
        yield Session(int(only[0]["sessionKey"]), group["documents"], group["size"])


def shard_of(hashed: int, shards: int) -> int:
    """Return the number of the shard, counted from zero."""
    return (hashed - _LOWEST) * shards // _HASHES


def row(found: list[Session], shards: int) -> str:
    """One line of the table: what the smallest and the largest shard hold."""
    per_shard = [[one for one in found if shard_of(one.hashed, shards) == n] for n in range(shards)]
    sizes = sorted(sum(one.size for one in held) for held in per_shard)
    counts = sorted(sum(one.documents for one in held) for held in per_shard)
    mean = sum(sizes) / shards
    return (
        f"| {shards} | {counts[0]:,} to {counts[-1]:,} | {sizes[0] / 1e6:,.0f} to "
        f"{sizes[-1] / 1e6:,.0f} | {sizes[-1] / mean:.2f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=float, default=250, help="MB of transcripts (250)")
    options = parser.parse_args()
    with corpus(options.mb) as made, archive.connect(made.settings.mongo_uri) as client:
        found = list(sessions_of(archive.conversations(client, made.settings)))
    largest = max(found, key=lambda one: one.size)
    print(f"{made.size_mb:,.0f} MB of transcripts, {made.documents:,} documents")
    print(f"{len(found):,} sessions; the largest has {largest.size / 1e6:.1f} MB\n")
    print("| shards | documents a shard | MB a shard, uncompressed | largest ÷ mean |")
    print("|---:|---:|---:|---:|")
    print("\n".join(row(found, shards) for shards in SHARDS))


if __name__ == "__main__":
    main()
