"""Checks of code: shell commands that run tests, a build, types or a linter, and their failures.

Both are heuristics: a command is known by its program, a failure by the words that programs end
with, as many pipe their output through `tail`, which always succeeds.
"""

import re
from typing import Any

# By what a check says of the code; the first kind that a command runs is its kind.
CHECK_KINDS = ("test", "build", "types", "lint")
_READ_CHARACTERS = 2000
_SCRIPT = r"(?:npm|pnpm|yarn|bun|deno)(?: --?[\w-]+(?:[= ]\S+)?)*? (?:run[ -]script |run |task )?"
_GRADLE = r"(?:\./)?(?:gradlew?|gradlew\.bat)"
_RULES = (
    ("test", (
        r"(?:py\.?test|tox|nox|jest|vitest|mocha|ava|rspec|phpunit|pest|ctest|bats|nextest|"
        r"unittest|karma|nosetests|busted|hatch test|node --test|trunk test)\b",
        _SCRIPT + r"(?:t(?:est)?(?![\w/.])|test[:_-]|tests\b|e2e\b|vitest\b|jest\b)",
        r"(?:go|cargo|dotnet|swift|mix|flutter|dart|zig|playwright|deno|bundle|rails|elixir|sbt|"
        r"bazel|stack|cabal|forge|rake|lein|ng|nx|turbo)"
        r"(?: \S+=\S+| -\S+| \+\S+| run| build)*? (?:test|spec|nextest)\b",
        r"cypress run\b", r"(?:mvnw?|\./mvnw)\b.* (?:test|verify)\b",
        _GRADLE + r"\b.* ?(?:test|check)\b", r"xcodebuild\b.*\btest\b",
        r"make\b.* (?:test|tests|check)\b", r"just (?:test|check)\b",
        r"(?:\S*/)?(?:run[_-]?)?tests?(?:\.sh|\.py|\.js|\.ts)\b",
        r"(?:python3?|php) (?:\S*/)?(?:manage\.py|artisan) test\b",
        r"(?:python3?|node|bun|tsx|deno run|ruby|php) \S*(?:test_\w+|_test|[./]test|\.spec)\.\w+",
    )),
    ("build", (
        _SCRIPT + r"(?:build|compile)\b",
        r"(?:cargo|go|dotnet|swift|zig|docker compose|mix|flutter|next|vite|ng|nx|turbo|hugo|sbt|"
        r"bazel|stack|cabal|forge|astro|nuxt|tauri|expo|gatsby)"
        r"(?: -\S+)*? (?:build|compile)\b",
        r"(?:webpack|rollup|esbuild|tsup|javac|rustc|gcc|g\+\+|clang|clang\+\+|cmake --build|"
        r"ninja|meson compile|xcodebuild|nvcc|latexmk|pdflatex)\b",
        r"(?:mvnw?|\./mvnw)\b.* (?:compile|package|install)\b",
        _GRADLE + r"\b.* ?(?:build|assemble\w*|compile\w*)\b",
        r"make(?: -\S+)*(?: all| build)?$",
    )),
    ("types", (
        r"(?:tsc|vue-tsc|mypy|dmypy|pyright|basedpyright|pyre|svelte-check|ty check|py_compile|"
        r"cargo check|go vet|flow check|node --check|bash -n|php -l|ruby -c)(?![\w-])",
        _SCRIPT + r"(?:type-?check|types|tsc|check)\b",
    )),
    ("lint", (
        r"(?:eslint|flake8|pylint|stylelint|rubocop|shellcheck|golangci-lint|biome|oxlint|"
        r"markdownlint\S*|yamllint|hadolint|ktlint|detekt|swiftlint|checkstyle|sqlfluff|djlint)\b",
        r"(?:ruff check|cargo clippy|cargo fmt|next lint|prettier --check|black --check|"
        r"isort --check\S*|ruff format --check|pre-commit run|mix credo|terraform validate)\b",
        _SCRIPT + r"(?:lint|format:check)\b", r"make\b.* lint\b",
    )),
)  # fmt: skip
_KNOWN = tuple(
    (kind, re.compile(rf"^(?:\S*/)?(?:{'|'.join(patterns)})", re.IGNORECASE))
    for kind, patterns in _RULES
)
_PARTS = re.compile(r"&&|\|\||[;|\n]")
# What stands before a program and says nothing of it.
_BEFORE = re.compile(
    r"^(?:\s+|\(|\w+=(?:'[^']*'|\"[^\"]*\"|\S*)\s+|sudo |time |env |exec |command |nohup |then |do |"
    r"timeout (?:-\S+ )*\S+ |nice (?:-n ?\d+ )?|npx (?:-\S+ )*|bunx |pnpx |pnpm (?:exec|dlx) |"
    r"yarn (?:exec|dlx) |uv run (?:-\S+ )*|poetry run |pipenv run |pdm run |hatch run |rye run |"
    r"bundle exec |dotenv |xvfb-run (?:-\S+ )*|docker(?:-| )compose (?:exec|run)(?: -\S+)* \S+ |"
    r"(?:\S*/)?(?:python|python3|py)(?:\.\d+)? (?:-[XWu]\s*\S*\s)*-m |\S*/?coverage run (?:-\S+ )*)"
)
_NO_CHECK = re.compile(r"\s--?(?:version|help|watch|v)\b(?!\S)|^\S+ (?:install|init|add)\b")

# How programs say that something failed, at the end of what they print.
_FAILED = re.compile(
    r"\b[1-9]\d* (?:failed|failing|failures?|errors?\b(?! handl)|problems? \()"
    r"|\btests?:?\s+(?:run.*)?failures?: *[1-9]|\bfailures?[:=] ?[1-9]|\berrors?[:=] ?[1-9]"
    r"|^(?:---\s)?fail(?:ed)?(?::|\s|$)|\b(?:build|compilation|tests?|check) failed\b"
    r"|\bfailed to compile|\berror ts\d+|^error(?:\[e\d+\])?:|: (?:fatal )?error:|: error "
    r"|\bnpm err!|\bcould not compile|\bassertionerror\b|^traceback \(most recent"
    r"|\bcommand failed|^make(?:\[\d+\])?: \*\*\*|\bsyntaxerror:|exit code [1-9]|^e   ",
    re.MULTILINE,
)


def check_of(command: str) -> str | None:
    """Returns one of `CHECK_KINDS` for a shell command that runs a check; None for others."""
    found = set()
    for part in _PARTS.split(command[:_READ_CHARACTERS]):
        program = _program(part)
        if _NO_CHECK.search(program):
            continue
        kind = next((kind for kind, rule in _KNOWN if rule.search(program)), None)
        found.add(kind)
    return next((kind for kind in CHECK_KINDS if kind in found), None)


def check_of_call(tool: Any, values: Any) -> str | None:
    """The same of a tool call: its name, and the input it was given."""
    if tool not in _SHELLS or not isinstance(values, dict):
        return None
    command = values.get("command")
    return check_of(command) if isinstance(command, str) else None


_SHELLS = frozenset({"Bash", "PowerShell"})


def reports_failure(text: str) -> bool:
    """Tells whether what a program printed ends with words of failure."""
    end = text[-_READ_CHARACTERS:].lower()
    # Most results hold neither word, and two searches cost less than all patterns.
    return ("fail" in end or "err" in end or "traceback" in end) and bool(_FAILED.search(end))


def _program(part: str) -> str:
    """The part of a command from its program on."""
    while found := _BEFORE.match(part):
        part = part[found.end() :]
    return part.rstrip(" )")
