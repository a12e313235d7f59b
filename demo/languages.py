"""Source code in four languages, made of templates and a project's nouns: what files hold."""

from dataclasses import dataclass
from random import Random

from cca.demo.read_yaml import read_yaml

_VERBS = (
    "load", "store", "merge", "collect", "resolve", "validate", "update", "expire", "group",
    "count", "publish", "rename", "archive", "refresh", "normalise", "filter", "import", "export",
    "check", "split",
)  # fmt: skip


@dataclass(frozen=True)
class Language:
    """`functions` have the places {verb} {noun} {other} {n}; `guards` are lines an edit puts in."""

    fence: str
    head: str
    functions: tuple[str, ...]
    guards: tuple[str, ...]
    lint: str


LANGUAGES = {
    name: Language(**read_yaml(f"code/{name}.yaml"))
    for name in ("python", "typescript", "go", "hcl")
}


def source(rng: Random, language: Language, nouns: tuple[str, ...], functions: int) -> list[str]:
    """Lines of a made-up file: a head and so many functions."""
    parts = [_fill(rng, language.head, nouns)]
    parts += [_fill(rng, rng.choice(language.functions), nouns) for _ in range(functions)]
    return "\n\n".join(parts).split("\n")


def _fill(rng: Random, template: str, nouns: tuple[str, ...]) -> str:
    noun, other = rng.sample(nouns, 2)
    verb = rng.choice(_VERBS)
    words = {"noun": noun, "other": other, "verb": verb}
    capitals = {key.capitalize(): _pascal(word) for key, word in words.items()}
    return template.format(**words, **capitals, n=rng.choice((3, 5, 10, 20, 50, 100, 250)))


def _pascal(word: str) -> str:
    return "".join(part.capitalize() for part in word.split("_"))
