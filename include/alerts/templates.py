"""The wording of each message, one template for each kind."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from cca.alerts.send import Message
from cca.budgets.standing import Standing

_SHOWN = 5


@dataclass(frozen=True)
class FailedRun:
    """A run of a DAG that failed: its last task, Airflow's reason, and its page.

    `failed` names the tests and models that failed in it, each with its model.
    """

    dag_id: str
    run_id: str
    task_id: str
    reason: str
    url: str
    failed: tuple[str, ...] = ()


def failure(run: FailedRun) -> Message:
    """Say which run failed, where, and which tests."""
    place = f" in {run.task_id}" if run.task_id else ""
    first = f"cca: {run.dag_id} failed{place} ({run.reason}), run {run.run_id}: {run.url}"
    named = [f"- {each}" for each in run.failed[:_SHOWN]]
    more = [f"- and {len(run.failed) - _SHOWN} more"] * (len(run.failed) > _SHOWN)
    what = f": {run.failed[0]}" if run.failed else ""
    facts = {**asdict(run), "failed": "; ".join(run.failed)}
    subject = f"cca: {run.dag_id} failed{what}"
    return Message("failure", subject, "\n".join([first, *named, *more]), facts)


def stale(newest_at: datetime, published_at: datetime | None, hours: float, url: str) -> Message:
    """Say since when entries wait for publication; `hours` is the limit."""
    published = f"{published_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if published_at else "never"
    newest = f"{newest_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    text = (
        f"cca: entries have waited for publication for more than {hours:g} hours. "
        f"The newest came at {newest}, the numbers hold everything up to: {published}. "
        f"The last runs of conversation_pipeline: {url}"
    )
    facts = {"newest_at": newest, "published_at": published, "url": url}
    return Message("stale", f"cca: numbers are more than {hours:g} hours old", text, facts)


def budget(over: Sequence[Standing], url: str) -> Message:
    """Say which budgets are spent; at least one."""
    names = ", ".join(one.budget.name for one in over)
    lines = [f"- {one.text}" for one in over]
    text = "\n".join([f"cca: over budget: {names}", *lines, f"By the published numbers; {url}"])
    facts = {"budgets": names, "url": url}
    return Message("budget", f"cca: over budget: {names}", text, facts)


def digest(title: str, text: str, url: str) -> Message:
    """Send a summary that was written elsewhere."""
    return Message("digest", f"cca: {title}", f"{text.rstrip()}\n{url}", {"url": url})
