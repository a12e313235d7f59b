"""A model's task waits in the triggerer for the build's report: no worker starts for it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TaskFailedEvent, TaskSuccessEvent, TriggerEvent
from asgiref.sync import sync_to_async

_PRODUCER_FAILED = frozenset({"failed", "upstream_failed", "removed"})
_PRODUCER_DONE = frozenset({"success", "skipped"})
# The report is what ends most waits; the build's own state matters when it broke.
_STATE_EVERY = 5


class Reported(BaseTrigger):
    """Ends the task as reported; where there is no report, lets it build its model itself."""

    def __init__(self, model: str, producer: str, poll_seconds: float = 1.0) -> None:
        super().__init__()
        self.model = model
        self.producer = producer
        self.poll_seconds = poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments, from which any triggerer makes this trigger again."""
        arguments = {name: vars(self)[name] for name in ("model", "producer", "poll_seconds")}
        return f"{type(self).__module__}.{type(self).__name__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait for report or end of the build."""
        polls = 0
        while True:
            # Asked before the report: what is reported last may come between the two.
            state = await self._state() if polls % _STATE_EVERY == 1 else None
            if report := await self._taken_report():
                yield self._ending(report)
                return
            if state in _PRODUCER_FAILED:
                self.log.error("%s is %s: see its log", self.producer, state)
                yield TaskFailedEvent()
                return
            if state in _PRODUCER_DONE:
                self.log.info("no report from %s: building %s alone", self.producer, self.model)
                yield TriggerEvent("build")
                return
            polls += 1
            await asyncio.sleep(self.poll_seconds)

    def _ending(self, report: dict[str, Any]) -> TriggerEvent:
        sentence = "%s %s, with its %d tests, in %.2f s"
        self.log.info(
            sentence, report["model"], report["status"], report["tests"], report["seconds"]
        )
        for message in report["messages"]:
            self.log.error("%s", message)
        if report["status"] == "built":
            return TaskSuccessEvent()
        if report["status"] == "failed":
            return TaskFailedEvent()
        # dbt left it out for a failure before it, which has healed, or this task would not run.
        return TriggerEvent("build")

    async def _taken_report(self) -> dict[str, Any] | None:
        """Returns the report, which counts once: a task cleared later builds its model again."""
        from airflow.sdk.execution_time.comms import DeleteXCom
        from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS
        from airflow.sdk.execution_time.xcom import XCom

        place = {**self._run(), "task_id": self.producer, "key": self.model}
        report: dict[str, Any] | None = await XCom.aget_one(**place)
        if report is not None:
            await SUPERVISOR_COMMS.asend(DeleteXCom(**place))
        return report

    async def _state(self) -> str | None:
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

        run = self._run()
        states = await sync_to_async(RuntimeTaskInstance.get_task_states)(
            dag_id=run["dag_id"], task_ids=[self.producer], run_ids=[run["run_id"]]
        )
        state = states.get(run["run_id"], {}).get(self.producer)
        return None if state is None else str(state)

    def _run(self) -> dict[str, str]:
        task = self.task_instance
        return {"dag_id": task.dag_id, "run_id": task.run_id}
