# ruff: noqa: E501  (templates of code stay on one line)
"""Source code in four languages, made of templates and a project's nouns: what files hold."""

from dataclasses import dataclass
from random import Random

_VERBS = (
    "load", "store", "merge", "collect", "resolve", "validate", "update", "expire", "group", "count",
    "publish", "rename", "archive", "refresh", "normalise", "filter", "import", "export", "check", "split",
)  # fmt: skip


@dataclass(frozen=True)
class Language:
    """`functions` have the places {verb} {noun} {other} {n}; `guards` are lines an edit puts in."""

    fence: str
    head: str
    functions: tuple[str, ...]
    guards: tuple[str, ...]
    lint: str


PYTHON = Language(
    fence="python",
    head='"""Everything about one {noun}."""\n\nimport logging\nfrom dataclasses import dataclass\n\nlog = logging.getLogger(__name__)\n',
    functions=(
        'def {verb}_{noun}s(db: Session, *, limit: int = {n}) -> list[{Noun}]:\n    """The newest {noun}s that still need a {other}."""\n    rows = db.scalars(select({Noun}).where({Noun}.{other}_id.is_(None)).limit(limit))\n    return [{Noun}.from_row(row) for row in rows]',
        'def {verb}_{noun}({noun}: {Noun}, {other}: {Other}) -> {Noun}:\n    if {noun}.{other} == {other}:\n        return {noun}\n    log.info("{verb} %s: %s -> %s", {noun}.id, {noun}.{other}, {other})\n    return replace({noun}, {other}={other}, version={noun}.version + 1)',
        "@dataclass(frozen=True)\nclass {Noun}{Verb}Result:\n    {noun}_id: int\n    {other}: str | None\n    attempts: int = {n}\n\n    @property\n    def is_done(self) -> bool:\n        return self.{other} is not None",
        'async def {verb}_{noun}_{other}(client: Client, {noun}_id: int) -> {Other}:\n    response = await client.get(f"/{noun}s/{{{noun}_id}}/{other}", timeout={n})\n    response.raise_for_status()\n    return {Other}.model_validate(response.json())',
    ),
    guards=(
        "    if limit <= 0:\n        return []",
        '    log.debug("called with %d rows", len(rows))',
        '    if not rows:\n        raise LookupError("nothing to do")',
    ),
    lint="uv run ruff check . && uv run mypy .",
)
TYPESCRIPT = Language(
    fence="ts",
    head='import {{ useMemo }} from "react";\nimport type {{ {Noun}, {Other} }} from "../types";\n',
    functions=(
        "export function {verb}{Noun}s({noun}s: {Noun}[], limit = {n}): {Noun}[] {{\n  return {noun}s\n    .filter(({noun}) => {noun}.{other} !== undefined)\n    .sort((a, b) => b.updatedAt - a.updatedAt)\n    .slice(0, limit);\n}}",
        "export async function {verb}{Noun}(id: string, signal?: AbortSignal): Promise<{Other}> {{\n  const response = await fetch(`/api/{noun}s/${{id}}/{other}`, {{ signal }});\n  if (!response.ok) throw new HttpError(response.status, await response.text());\n  return (await response.json()) as {Other};\n}}",
        "export const use{Noun}{Other} = ({noun}: {Noun}) =>\n  useMemo(() => {verb}({noun}, {{ depth: {n} }}), [{noun}.id, {noun}.version]);",
        "interface {Noun}{Verb}State {{\n  readonly {noun}: {Noun};\n  readonly {other}s: ReadonlyMap<string, {Other}>;\n  readonly retries: {n};\n}}",
    ),
    guards=(
        "  if (limit <= 0) return [];",
        '  performance.mark("start");',
        '  if (signal?.aborted) throw new DOMException("aborted", "AbortError");',
    ),
    lint="npx tsc --noEmit && npx eslint src",
)
GO = Language(
    fence="go",
    head='package {noun}\n\nimport (\n\t"context"\n\t"fmt"\n\t"time"\n)\n',
    functions=(
        '// {Verb}{Noun}s returns at most limit {noun}s that have no {other}.\nfunc (s *Store) {Verb}{Noun}s(ctx context.Context, limit int) ([]{Noun}, error) {{\n\trows, err := s.db.Query(ctx, select{Noun}s, limit)\n\tif err != nil {{\n\t\treturn nil, fmt.Errorf("{verb} {noun}s: %w", err)\n\t}}\n\treturn pgx.CollectRows(rows, pgx.RowToStructByName[{Noun}])\n}}',
        "func ({noun} *{Noun}) {Verb}({other} {Other}) bool {{\n\tif {noun}.{other} == {other} {{\n\t\treturn false\n\t}}\n\t{noun}.{other} = {other}\n\t{noun}.changedAt = time.Now()\n\treturn true\n}}",
        "type {Noun}{Verb}Options struct {{\n\tMaxAge   time.Duration\n\tAttempts int // default {n}\n\t{Other}s []{Other}\n}}",
        "const default{Noun}{Verb}Limit = {n}",
    ),
    guards=(
        "\tif limit <= 0 {\n\t\treturn nil, nil\n\t}",
        "\tif err := ctx.Err(); err != nil {\n\t\treturn nil, err\n\t}",
    ),
    lint="golangci-lint run",
)
HCL = Language(
    fence="hcl",
    head='terraform {{\n  required_version = ">= 1.13"\n}}\n',
    functions=(
        'variable "{noun}_{other}_count" {{\n  description = "How many {other}s each {noun} gets."\n  type        = number\n  default     = {n}\n}}',
        'module "{verb}_{noun}" {{\n  source    = "../../modules/{noun}"\n  name      = "${{var.environment}}-{noun}"\n  {other}_id = module.{other}.id\n  retention = {n}\n}}',
        'output "{noun}_{other}_arn" {{\n  description = "ARN of the {noun} that {verb}s the {other}."\n  value       = module.{verb}_{noun}.arn\n}}',
        "locals {{\n  {noun}_{other}s = {{\n    for key, {other} in var.{other}s : key => merge({other}, {{ {noun} = var.{noun}, weight = {n} }})\n  }}\n}}",
    ),
    guards=("  # Kept until every environment has moved.", "  nullable = false"),
    lint="terraform fmt -check -recursive && tflint --recursive",
)
LANGUAGES = {"python": PYTHON, "typescript": TYPESCRIPT, "go": GO, "hcl": HCL}


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
