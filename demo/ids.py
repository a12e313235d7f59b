"""Identifiers drawn from a seeded generator, in the shapes Claude Code writes."""

from random import Random
from uuid import UUID

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def new_uuid(rng: Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))


def token(rng: Random, prefix: str) -> str:
    """`msg_01…`, `toolu_01…`, `req_01…`: a prefix and 22 letters or digits."""
    return prefix + "01" + "".join(rng.choices(_BASE62, k=22))


def agent_id(rng: Random) -> str:
    return f"a{rng.getrandbits(64):016x}"


def hex_of(rng: Random, digits: int) -> str:
    return f"{rng.getrandbits(digits * 4):0{digits}x}"
