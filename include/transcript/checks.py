"""Checks of code: shell commands that run tests, a build, types or a linter, and their failures.

Both are heuristics: a command is known by its program, a failure by the words that programs end
with, as many pipe their output through `tail`, which always succeeds.
"""

import re
from typing import Any

# By what a check says of the code; the first kind that a command runs is its kind.
CHECK_KINDS = ("test", "build", "types", "lint")
_READ_CHARACTERS = 2000


def _any(words: str) -> str:
    """Programs or their first words, parted by spaces; an underscore stands for one."""
    return f"(?:{'|'.join(word.replace('_', ' ') for word in words.split())})"


_RUN_OPTIONS = r"(?: --?[\w-]+(?:[= ]\S+)?)*? "
_SCRIPT = rf"(?:npm|pnpm|yarn|bun|deno){_RUN_OPTIONS}(?:(?:run-script|run|task){_RUN_OPTIONS})?"
_GRADLE = r"(?:\./)?(?:gradlew?|gradlew\.bat)\b.* ?"
_MAVEN = r"(?:\./)?mvnw?\b.* "
_OPTIONS = r"(?: \S+=\S+| -\S+| \+\S+| run| build)*? "
_TESTERS = _any(
    r"py\.?test tox nox jest vitest mocha ava rspec phpunit pest ctest bats nextest unittest karma "
    "nosetests busted hatch_test node_--test cypress_run"
)
_WITH_TESTS = _any(
    "go cargo dotnet swift mix flutter dart zig playwright deno bundle rails elixir sbt bazel "
    "stack cabal forge rake lein ng nx turbo"
)
_WITH_BUILDS = _any(
    "cargo go dotnet swift zig docker_compose mix flutter next vite ng nx turbo hugo sbt bazel "
    "stack cabal lake forge astro nuxt tauri expo gatsby"
)
_BUILDERS = _any(
    r"webpack rollup esbuild tsup javac rustc gcc g\+\+ clang clang\+\+ cmake_--build ninja "
    "meson_compile xcodebuild nvcc latexmk pdflatex"
)
_TYPERS = _any(
    "tsc vue-tsc mypy dmypy pyright basedpyright pyre svelte-check ty_check py.compile "
    "cargo_check go_vet flow_check node_--check bash_-n php_-l ruby_-c"
)
_LINTERS = _any(
    "eslint flake8 pylint stylelint rubocop shellcheck golangci-lint biome oxlint yamllint "
    r"hadolint markdownlint\S* ktlint detekt swiftlint checkstyle sqlfluff djlint ruff_check "
    r"cargo_clippy cargo_fmt next_lint prettier_--check black_--check isort_--check\S* "
    "ruff_format_--check pre-commit_run mix_credo terraform_validate"
)
_RULES = {
    "test": (
        rf"{_TESTERS}\b",
        _SCRIPT + r"(?:t(?:est)?(?![\w/.])|test[:_-]|tests\b|e2e\b|vitest\b|jest\b)",
        rf"{_WITH_TESTS}{_OPTIONS}(?:test|spec|nextest)\b",
        rf"{_MAVEN}(?:test|verify)\b", rf"{_GRADLE}(?:test|check)\b", r"xcodebuild\b.*\btest\b",
        r"make\b.* (?:test|tests|check)\b", r"just (?:test|check)\b",
        r"(?:[\w-]*[_-])?tests?\.(?:sh|py|js|ts)\b", r"[\w-]+[_-]tests?(?= |$)",
        r"(?:python3?|php) (?:\S*/)?(?:manage\.py|artisan) test\b",
        r"(?:python3?|node|bun|tsx|deno run|ruby|php) \S*(?:test_\w+|_test|[./]test|\.spec)\.\w+",
    ),
    "build": (
        _SCRIPT + r"(?:build|compile)\b", rf"{_WITH_BUILDS}(?: -\S+)*? (?:build|compile)\b",
        rf"{_BUILDERS}(?!\S)", rf"{_MAVEN}(?:compile|package|install)\b",
        rf"{_GRADLE}(?:build|assemble\w*|compile\w*)\b", r"build\.sh\b",
        r"make(?: -C \S+| -\S+)*(?: all| build)?(?: -\S+)*$",
    ),
    "types": (rf"{_TYPERS}(?![\w-])", _SCRIPT + r"(?:type-?check|types|tsc|check)\b"),
    "lint": (rf"{_LINTERS}\b", _SCRIPT + r"(?:lint|format:check)\b", r"make\b.* lint\b"),
}  # fmt: skip
_KNOWN = {
    kind: re.compile(rf"^(?:\S*/)?(?:{'|'.join(patterns)})", re.IGNORECASE)
    for kind, patterns in _RULES.items()
}
_REDIRECTION = re.compile(r"\s*\d?>{1,2}\s*(?:&\d|\S+)|\s+&\s*$")
# The first words of the rules: most commands are none of them, and a set is faster than patterns.
_RUNNERS = (
    "npm pnpm yarn bun deno node tsx ruby php python python3 gradle gradlew gradlew.bat mvn mvnw "
    "make just xcodebuild py_compile docker docker-compose"
)
_LISTS = (_TESTERS, _WITH_TESTS, _WITH_BUILDS, _BUILDERS, _TYPERS, _LINTERS)
_PROGRAMS = frozenset(_RUNNERS.split()) | frozenset(
    re.sub(r"[\\?]", "", words.split()[0]) for listed in _LISTS for words in listed[3:-1].split("|")
)
_PARTS = re.compile(r"&&|\|\||[;|\n]")
_MOST_PARTS = 20
# What a command writes to a file is no command.
_HERE_DOCUMENT = re.compile(r"<<-?\s*(['\"]?)(\w+)\1(.*?)\n\s*\2\b.*?(?=\n|$)|<<.*", re.DOTALL)
# What stands before a program and says nothing of it.
_BEFORE = re.compile(
    r"^(?:\s+|\(|\w+=(?:'[^']*'|\"[^\"]*\"|\S*)\s+|docker(?:-| )compose (?:exec|run)(?: -\S+)* \S+ "
    r"|(?:sudo|time|env|exec|command|nohup|then|do|dotenv|bunx|pnpx|(?:ba|z)?sh(?= [\w./])) "
    r"|timeout (?:-\S+ )*\S+ |nice (?:-n ?\d+ )?|(?:npx|xvfb-run|uv run) (?:-\S+ )*"
    r"|(?:pnpm|yarn)(?: --?[\w-]+ \S+)* (?:exec|dlx) "
    r"|(?:poetry|pipenv|pdm|hatch|rye) run |bundle exec "
    r"|(?:\S*/)?(?:python|python3|py)(?:\.\d+)? (?:-[XWu]\s*\S*\s)*-m "
    r"|\S*/?coverage run (?:-\S+ )*)"
)
_NO_CHECK = re.compile(r"\s--?(?:version|help|watch)(?!\S)|^\S+ (?:install|init|add)\b")

# How programs say that something failed, in a line at the end of what they print.
_WORDS = ("fail", "err", "traceback", "problem", "***")
_FAILED = re.compile(
    # Whether a word begins is asked once for all: most places in a line are no beginning.
    r"\b(?:[1-9]\d* (?:failed|failing|failures?|errors?\b(?! handl| \(\d+ fixed, 0 )|problems? \()"
    r"|tests?:?\s+(?:run.*)?failures?: *[1-9]|failures?[:=] ?[1-9]|errors?[:=] ?[1-9]"
    r"|(?:build|compilation|tests?|check) failed\b|failed to compile|error ts\d+|npm err!"
    r"|could not compile|assertionerror\b|command failed|syntaxerror:)"
    r"|^(?:(?:---\s)?fail(?:ed)?(?::|\s|$)|error(?:\[e\d+\])?:|traceback \(most recent"
    r"|make(?:\[\d+\])?: \*\*\*)"
    r"|: (?:(?:fatal )?error:|error )"
)
_LINE_CHARACTERS = 300
_SHELLS = frozenset({"Bash", "PowerShell"})


def check_of(command: str) -> str | None:
    """Returns one of `CHECK_KINDS` for a shell command that runs a check; None for others."""
    found = set()
    command = _HERE_DOCUMENT.sub("", command[:_READ_CHARACTERS])
    for part in _PARTS.split(command, _MOST_PARTS):
        program = _program(part)
        if _may_check(program) and not _NO_CHECK.search(program):
            found.add(next((kind for kind, rule in _KNOWN.items() if rule.search(program)), None))
    return next((kind for kind in CHECK_KINDS if kind in found), None)


def _may_check(program: str) -> bool:
    name = program.split(" ", 1)[0].split("\n", 1)[0].rsplit("/", 1)[-1].lower()
    return name in _PROGRAMS or "test" in program or name.startswith(("markdownlint", "build."))


def check_of_call(tool: Any, values: Any) -> str | None:
    """The same of a tool call: its name, and the input it was given."""
    if not isinstance(tool, str) or tool not in _SHELLS or not isinstance(values, dict):
        return None
    command = values.get("command")
    return check_of(command) if isinstance(command, str) else None


def reports_failure(text: str) -> bool:
    """Tells whether what a program printed ends with words of failure."""
    end = text[-_READ_CHARACTERS:].lower()
    # Most lines hold none of the words, and finding those costs less than the patterns.
    for word in _WORDS:
        at = end.find(word)
        while at >= 0:
            begin, after = end.rfind("\n", 0, at) + 1, end.find("\n", at)
            line = end[begin:] if after < 0 else end[begin:after]
            if _FAILED.search(line[:_LINE_CHARACTERS]):
                return True
            at = end.find(word, after) if after >= 0 else -1
    return False


def _program(part: str) -> str:
    """The part of a command from its program on."""
    while found := _BEFORE.match(part):
        part = part[found.end() :]
    return _REDIRECTION.sub("", part).rstrip(" )")
