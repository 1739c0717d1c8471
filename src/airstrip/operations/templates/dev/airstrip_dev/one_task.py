"""One task alone: in the DAG's last run here, so that it finds what the tasks before it returned; else in a new one."""

from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import sync_bag_to_db
from airflow.models.dagrun import DagRun, get_or_create_dagrun
from airflow.sdk import timezone
from airflow.sdk.definitions.dag import _run_task  # what Airflow's own `tasks test` calls
from airflow.sdk.definitions.mappedoperator import MappedOperator
from airflow.serialization.encoders import coerce_to_core_timetable
from airflow.serialization.serialized_objects import DagSerialization
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import select

from airstrip_pods.dag_runs import ended_by_triggers


def run_task(bag, dag, wanted):
    with create_session() as session:
        DagBundlesManager().sync_bundles_to_db(session=session)
        session.commit()
        sync_bag_to_db(bag, "main", None, session=session)
        session.commit()
        run = _last_run(dag, wanted, session) or _new_run(dag, wanted, session)
        tasks = _instances(dag, run, wanted, session)
        if not tasks:
            raise LookupError(
                f"{run.run_id} has no such item of {wanted['task']}: it is mapped over what others return"
            )
        for task in tasks:
            task.try_number += 1
            task.max_tries = task.try_number - 1
        session.commit()
        with ended_by_triggers():
            for task in tasks:
                _run_task(ti=task, task=dag.task_dict[task.task_id], run_triggerer=True)
        session.expire_all()
        tasks = _instances(dag, run, wanted, session)
        run_state = "success" if all(str(task.state) in ("success", "skipped") for task in tasks) else "failed"
        session.expunge_all()
    run.state = run_state
    return run, tasks


def _last_run(dag, wanted, session):
    """None where a configuration or a date is asked for, or where it had no such task."""
    if wanted["conf"] or wanted["logicalDate"]:
        return None
    last = select(DagRun).where(DagRun.dag_id == dag.dag_id).order_by(DagRun.run_after.desc()).limit(1)
    run = session.scalar(last)
    return run if run and _instances(dag, run, wanted, session) else None


def _new_run(dag, wanted, session):
    scheduled = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    now = timezone.utcnow()
    date = timezone.parse(wanted["logicalDate"]) if wanted["logicalDate"] else now
    return get_or_create_dagrun(
        dag=scheduled,
        start_date=date,
        logical_date=date,
        data_interval=coerce_to_core_timetable(dag.timetable).infer_manual_data_interval(run_after=date),
        run_after=now,
        run_id=DagRun.generate_run_id(run_type=DagRunType.MANUAL, logical_date=date, run_after=now),
        session=session,
        conf=wanted["conf"] or None,
        triggered_by=DagRunTriggeredByType.TEST,
        triggering_user_name="dag_test",
    )


def _instances(dag, run, wanted, session):
    """Of a mapped task those that its items gave; -1 stands for items that are not known yet."""
    task = dag.task_dict[wanted["task"]]
    is_mapped = isinstance(task, MappedOperator) or task.get_closest_mapped_task_group() is not None
    found = [each for each in run.get_task_instances(session=session) if each.task_id == task.task_id]
    found = [each for each in found if (each.map_index >= 0) == is_mapped]
    return sorted((each for each in found if wanted["map"] in (None, each.map_index)), key=lambda each: each.map_index)
