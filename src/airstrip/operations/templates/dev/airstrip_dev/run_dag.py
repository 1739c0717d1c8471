"""Runs one DAG, or one task of it, in this process: the program of `airstrip dev`, by Airflow's own `DAG.test`.

`airflow dags test` does the same with a command line around it, reads every DAG file twice, and takes
half as long again (docs/benchmarks.md).
"""

import gc

# Some 2,500 modules come now, all of which stay.
gc.disable()

import os  # noqa: E402 - as little as possible before
import signal  # noqa: E402
import sys  # noqa: E402

from airstrip_dev.report import error_fields, request, tell  # noqa: E402


def main():
    wanted = request()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
    from airstrip_dev.dag_files import find_dag
    from airstrip_pods.dag_runs import as_without_cluster
    from airstrip_pods.task_environment import ProjectObjects

    projects = {name: ProjectObjects(**values) for name, values in wanted["projects"].items()}
    bag = find_dag(wanted["folder"], wanted["dag"], wanted["index"])
    tell("parsed", dags=sorted(bag.dags), errors=bag.import_errors)
    dag = bag.dags.get(wanted["dag"])
    if dag is None:
        return
    named = [*filter(None, [wanted["task"]]), *wanted["markSuccess"]]
    if unknown := [task for task in named if task not in dag.task_dict]:
        tell("no-task", task=unknown[0], tasks=sorted(dag.task_ids))
        return
    with as_without_cluster(dag) as pods:
        run_known(bag, dag, wanted, projects, pods)


def run_known(bag, dag, wanted, projects, pods):
    from airstrip_dev.api import warm_up
    from airstrip_pods.task_environment import asked_projects, project_environments

    asked = asked_projects([dag.task_dict[wanted["task"]]] if wanted["task"] else dag.tasks)
    tell("prepared", tasks=len(dag.tasks), pods=pods, projects=asked)
    listen(wanted["folder"])
    warm_up()
    gc.enable()
    gc.freeze()
    tell("ready")
    try:
        with project_environments(projects):
            run, tasks = run_it(bag, dag, wanted)
    except Exception as error:
        tell("refused", **error_fields(error, wanted["folder"]))
        return
    tell("ended", run=run.run_id, state=str(run.state), tasks=[row(task) for task in tasks])


def run_it(bag, dag, wanted):
    """The run, and its tasks that were asked for."""
    if wanted["task"]:
        from airstrip_dev.one_task import run_task

        return run_task(bag, dag, wanted)
    from airstrip_pods.dag_runs import run_whole

    run = run_whole(bag, dag, wanted["conf"], wanted["logicalDate"], wanted["markSuccess"])
    return run, run.get_task_instances()


def row(task):
    """A task instance of the run."""
    seconds = (task.end_date - task.start_date).total_seconds() if task.end_date and task.start_date else None
    key = {"task": task.task_id, "map": task.map_index, "try": task.try_number}
    return {**key, "state": str(task.state), "seconds": seconds}


def listen(folder):
    """After the files are read: Airflow refuses some DAGs where somebody listens."""
    from airflow.listeners import hookimpl
    from airflow.sdk.listener import get_listener_manager

    class Listener:
        @hookimpl
        def on_task_instance_running(self, task_instance):
            end_after_on_kill()
            state(task_instance, "running")

        @hookimpl
        def on_task_instance_success(self, task_instance):
            state(task_instance, "success")

        @hookimpl
        def on_task_instance_skipped(self, task_instance):
            state(task_instance, "skipped")

        @hookimpl
        def on_task_instance_failed(self, task_instance, error):
            again = getattr(task_instance.state, "value", "") == "up_for_retry"
            fields = error_fields(error, folder, task_instance.task.dag.fileloc)
            state(task_instance, "up_for_retry" if again else "failed", error=fields)

    def state(ti, name, **fields):
        tell("task", task=ti.task_id, map=ti.map_index, **{"try": ti.try_number}, state=name, **fields)

    get_listener_manager().add_listener(Listener())


def end_after_on_kill():
    """Airflow has just set its own answer to SIGTERM: the task's on_kill, after which it would go on with the next."""
    on_kill = signal.getsignal(signal.SIGTERM)

    def end(number, frame):
        try:
            on_kill(number, frame)
        finally:
            os._exit(143)

    signal.signal(signal.SIGTERM, end)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of the in-process API server, and a second of taking apart what nobody needs any more.
    os._exit(0)
