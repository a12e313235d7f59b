"""Bars of the steps of a command, on a terminal only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from cca.terminal import new_console


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show one step with a bar; what it yields tells how far the step is."""
    with steps_shown() as (on_step, on_progress):
        on_step(title)
        yield on_progress


@contextmanager
def spinner(title: str) -> Iterator[None]:
    """Show one step that cannot tell how far it is."""
    with steps_shown() as (on_step, _):
        on_step(title)
        yield


@contextmanager
def steps_shown() -> Iterator[tuple[Callable[[str], None], Callable[[int, int], None]]]:
    """One bar a step, with rows/s and time left; only on a terminal."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = new_console(stderr=True)
    bar = Progress(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )

    def on_step(title: str) -> None:
        _finish(bar)
        bar.add_task(title, total=None, rate="")

    def on_progress(done: int, total: int) -> None:
        task = bar.tasks[-1]
        speed = f"{task.speed:,.0f}/s" if task.speed else ""
        bar.update(task.id, completed=done, total=total, rate=speed)

    with bar:
        yield on_step, on_progress
        _finish(bar)


def _finish(bar: Any) -> None:
    for task in bar.tasks:
        if not task.finished:
            total = task.total or 1
            bar.update(task.id, total=total, completed=total)
