"""What was asked about waits for another task, or did not run because of one: that one is explained before."""

from __future__ import annotations

from collections.abc import Iterator

from airstrip.diagnose.match import Match
from airstrip.diagnose.why.facts import WhyFacts, command, label
from airstrip.diagnose.why.focus import upstream_of
from airstrip.diagnose.why.reason import Reason, found

_DONE = ("success", "skipped", "removed", "failed", "upstream_failed")


def _failed(facts: WhyFacts) -> Iterator[Match]:
    if facts.asked and facts.asked.state == "upstream_failed":
        root = facts.task if facts.task and facts.task != facts.asked else None
        name = label(root) if root else "a task before it"
        why = command("why", root) if root else f"./airstrip status; ./airstrip logs {facts.dag.dag_id} TASK"
        yield found(task=label(facts.asked), root=name, rule=_rule(facts), why=why)


def _waits(facts: WhyFacts) -> Iterator[Match]:
    if facts.asked is None or facts.asked.state is not None or facts.run_is_over:
        return
    above = upstream_of(facts.asked.task_id, facts.definitions)
    waited = [task for task in facts.tasks if task.task_id in above and task.state not in _DONE]
    if waited:
        names = ", ".join(f"{label(task)} ({task.state or 'waits'})" for task in waited)
        why = command("why", waited[0])
        yield found(task=label(facts.asked), names=names, rule=_rule(facts), why=why)


def _rule(facts: WhyFacts) -> str:
    definition = facts.definitions.get(facts.asked.task_id) if facts.asked else None
    return definition.trigger_rule if definition else "all_success"


REASONS = (
    Reason(
        "task.upstream-failed",
        "{task} did not run: {root} failed before it",
        "Its trigger rule {rule} lets it run only after what stands before it.",
        "Mend that one ({why}), then clear it in Airflow's UI with all that stands after it.",
        _failed,
    ),
    Reason(
        "task.waits-for-upstream",
        "{task} waits for what stands before it",
        "Its trigger rule {rule} waits for: {names}.",
        "Wait; why that one takes so long: {why}",
        _waits,
    ),
)
