"""Tasks that ask for Kubernetes, which is not here."""

_PROVIDER = "airflow.providers.cncf.kubernetes."


def refuse_pods(dag):
    """Makes each of them fail with these words when it is run; returns their ids."""
    found = []
    for task in dag.tasks:
        kind = getattr(task, "operator_class", type(task))
        if isinstance(kind, type) and any(each.__module__.startswith(_PROVIDER) for each in kind.__mro__):
            found.append(task.task_id)
            kind.execute = _refuse
    return found


def _refuse(self, *_, **__):
    from airflow.sdk.exceptions import AirflowFailException

    raise AirflowFailException(f"{self.task_id} needs Kubernetes, and there is no cluster here")
