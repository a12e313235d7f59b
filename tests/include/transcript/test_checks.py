"""Which commands check code, how a failure reads, and which commits git reports."""

import pytest

from cca.transcript.checks import CHECK_KINDS, check_of, check_of_call, reports_failure
from cca.transcript.commits import Commit, commit_of

CHECKS = {
    "pytest -q": "test",
    "cd /srv/app && .venv/bin/python -m pytest tests -x 2>&1 | tail -20": "test",
    "uv run pytest -q --tb=short": "test",
    "npm test -- --run 2>&1 | grep -A5 Tests:": "test",
    "CI=1 pnpm --filter web test": "test",
    "pnpm --filter @shop/web exec tsc --noEmit": "types",
    "npx vitest run src/cart.test.ts": "test",
    "go test ./...": "test",
    "timeout 60 cargo test --all": "test",
    "./gradlew test": "test",
    "docker compose run --rm app pytest": "test",
    "python manage.py test shop": "test",
    "make check": "test",
    "npm run lint && npm test": "test",
    "npx tsc --noEmit": "types",
    "python -m py_compile shop/cart.py": "types",
    "cargo check": "types",
    "./test/run_all_tests.sh 2>&1 | tail -15": "test",
    "bash test/valid/run_tests.sh": "test",
    "./tests/unit/parser_test | tail": "test",
    "bun run --filter web typecheck": "types",
    "make -C build -s": "build",
    "./build.sh --release": "build",
    "test -f cart.py && echo there": None,
    "bash -c 'ls'": None,
    "npm run build": "build",
    "make 2>&1": "build",
    "go build -o shop": "build",
    "ruff check .": "lint",
    "npx eslint src --max-warnings 0": "lint",
    "git status": None,
    "ls tests": None,
    "cat test_cart.py": None,
    "echo 'npm test'": None,
    "grep -rn pytest .": None,
    "npm install jest": None,
    "npx jest --version": None,
    "npm run dev": None,
    "cargo run --example tests": None,
    "cat > README.md <<'EOF'\nnpm test\nEOF": None,
    "cat > README.md <<'EOF'\nhow to\nEOF\npytest -q": "test",
    "": None,
}
OUTPUTS = {
    "=== 3 failed, 93 passed in 1.2s ===": True,
    "Tests  5 failed | 1704 passed": True,
    "src/cart.ts(3,1): error TS2304: Cannot find name 'x'.": True,
    "error[E0063]: missing fields": True,
    "test result: FAILED. 1 passed; 1 failed": True,
    "--- FAIL: TestCart (0.00s)": True,
    "Tests run: 5, Failures: 1, Errors: 0": True,
    "Traceback (most recent call last)\n  File x": True,
    "make: *** [test] Error 1": True,
    "0 failed, 93 passed": False,
    "test result: ok. 9 passed; 0 failed": False,
    "Found 0 errors. Watching for file changes.": False,
    "Found 1 error (1 fixed, 0 remaining).\n814 passed": False,
    "all good, the error handling is covered": False,
    "": False,
}


@pytest.mark.parametrize(("command", "kind"), CHECKS.items())
def test_a_check_is_known_by_its_program(command: str, kind: str | None) -> None:
    assert check_of(command) == kind
    assert kind is None or kind in CHECK_KINDS


def test_only_a_shell_call_with_a_command_is_a_check() -> None:
    assert check_of_call("Bash", {"command": "pytest"}) == "test"
    assert check_of_call("Read", {"command": "pytest"}) is None
    for odd in (None, "pytest", {"command": None}, {"command": ["pytest"]}, {}):
        assert check_of_call("Bash", odd) is None


@pytest.mark.parametrize(("text", "failed"), OUTPUTS.items())
def test_a_failure_is_known_by_the_last_lines(text: str, *, failed: bool) -> None:
    assert reports_failure(text) is failed
    assert reports_failure("fine\n" * 2000 + text) is failed


def test_what_stands_far_above_the_end_is_no_failure() -> None:
    assert not reports_failure("1 failed\n" + "fine\n" * 2000)


def test_git_s_own_line_names_the_commit() -> None:
    printed = "[main 1a2b3c4] Fix the cart\n 1 file changed, 2 insertions(+)"
    assert commit_of(printed) == Commit("1a2b3c4", "Fix the cart")
    first = "[main (root-commit) abcdef1] Begin: a shop\n 2 files changed"
    assert commit_of(first) == Commit("abcdef1", "Begin: a shop")
    both = f"{first}\n{printed}"
    assert commit_of(both) == Commit("1a2b3c4", "Fix the cart")


@pytest.mark.parametrize(
    "text", ["", "[main 1a2b3c4] Fix the cart", "[x] done\n 1 file changed", "1 file changed"]
)
def test_other_texts_report_no_commit(text: str) -> None:
    assert commit_of(text) is None
