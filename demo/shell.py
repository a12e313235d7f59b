"""What commands print: test runs, service logs, git, in the forms developers see every day."""

from datetime import datetime, timedelta
from random import Random

from cca.demo.clock import iso
from cca.demo.stories.model import Project

_LEVELS = ("INFO", "INFO", "INFO", "INFO", "DEBUG", "DEBUG", "WARN", "ERROR")
_EVENTS = (
    "{noun} {id} accepted from {other} {other_id}", "cache miss for {noun}:{id}",
    "request finished status=200 path=/{noun}s/{id}",
    "retrying {other} {other_id} (attempt {n})", "flushed {n} {noun}s in {ms} ms",
    "slow query: select * from {noun}s ({ms} ms)",
    "connection reset by peer, reconnecting", "{other} {other_id} has no {noun}, skipped",
    "scheduled {n} {other}s",
)  # fmt: skip


def run_of_tests(rng: Random, project: Project, *, is_passing: bool) -> str:
    """What the project's test command prints."""
    if project.language == "python":
        return _pytest(rng, project, is_passing=is_passing)
    if project.language == "typescript":
        return _vitest(rng, project, is_passing=is_passing)
    if project.language == "go":
        return _go_test(rng, project, is_passing=is_passing)
    return _terraform_test(project, is_passing=is_passing)


def _vitest(rng: Random, project: Project, *, is_passing: bool) -> str:
    passed, seconds = rng.randint(60, 420), rng.uniform(1.2, 38)
    path = project.stories[0].test_path
    failed = "" if is_passing else f" FAIL  {path}\n   → expected 40 to be 39\n\n"
    failures = "" if is_passing else "1 failed | "
    return (
        f" RUN  v4.0.9 {project.cwd}\n\n{failed} Test Files  {passed // 7} passed\n"
        f"      Tests  {failures}{passed} passed ({passed + (not is_passing)})\n"
        f"   Duration  {seconds:.2f}s"
    )


def _go_test(rng: Random, project: Project, *, is_passing: bool) -> str:
    lines = [
        f"ok  \tgithub.com/kestrel/ingest/internal/{noun}\t{rng.uniform(0.01, 3):.3f}s"
        for noun in project.nouns
    ]
    if not is_passing:
        lines[2] = (
            "--- FAIL: TestReassignmentStopsOldHeartbeats (0.44s)\n"
            "    rebalance_test.go:19: found unexpected goroutines\nFAIL"
        )
    return "\n".join(lines)


def _terraform_test(project: Project, *, is_passing: bool) -> str:
    runs = [f'  run "{noun}_is_planned"... pass' for noun in project.nouns]
    end = f"Success! {len(runs)} passed, 0 failed."
    if not is_passing:
        runs[1] = runs[1].replace("pass", "fail")
        end = f"Failure! {len(runs) - 1} passed, 1 failed."
    return "\n".join([f"{project.stories[0].test_path}... in progress", *runs, end])


def _pytest(rng: Random, project: Project, *, is_passing: bool) -> str:
    passed = rng.randint(60, 420)
    dots = "." * 72
    body = "\n".join(
        f"{dots} [{min(100, (n + 1) * 7200 // passed):3d}%]" for n in range(passed // 72 + 1)
    )
    if is_passing:
        return f"{body}\n{passed} passed in {rng.uniform(1.2, 38):.2f}s"
    story = rng.choice(project.stories)
    name = story.test_code.split("def ", 1)[1].split("(", 1)[0]
    return (
        f"{body.replace('.', 'F', 1)}\n"
        "=================================== FAILURES ===================================\n"
        f"_____ {name} _____\n{story.test_path}:{rng.randint(12, 80)}: in {name}\n"
        "    assert actual == expected\n"
        f"E   AssertionError: assert {rng.randint(1, 9)} == {rng.randint(10, 19)}\n"
        f"=========================== short test summary info ============================\n"
        f"FAILED {story.test_path}::{name}\n"
        f"1 failed, {passed} passed in {rng.uniform(1.2, 38):.2f}s"
    )


def service_log(rng: Random, project: Project, until: datetime, size_bytes: int) -> str:
    """Log lines of the last day, about so many bytes of them."""
    at = until - timedelta(hours=24)
    lines: list[str] = []
    written = 0
    while written < size_bytes:
        at += timedelta(milliseconds=rng.randrange(4, 3000))
        noun, other = rng.sample(project.nouns, 2)
        text = rng.choice(_EVENTS).format(
            noun=noun, other=other, id=rng.randrange(10**6), other_id=f"{rng.getrandbits(32):08x}",
            n=rng.randrange(2, 900), ms=rng.randrange(1, 4000),
        )  # fmt: skip
        origin = f"{iso(at)} {rng.choice(_LEVELS):5s} {project.name}.{noun}"
        line = f"{origin} - {text} trace={rng.getrandbits(64):016x}"
        lines.append(line)
        written += len(line) + 1
    return "\n".join(lines)


def git_log(rng: Random, project: Project) -> str:
    titles = [title for story in project.stories for title in (story.title, story.later_title)]
    return "\n".join(f"{rng.getrandbits(28):07x} {title}" for title in rng.sample(titles, 6))


def git_status(project: Project, changed: list[str]) -> str:
    paths = "\n".join(f"\tmodified:   {path}" for path in changed)
    return f"On branch {project.branches[-1]}\nChanges not staged for commit:\n{paths}"
