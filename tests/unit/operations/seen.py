"""A scene whose runs have ended, for what `verify` concludes from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from airstrip.airflow_api import TaskInstance
from airstrip.operations.properties.elsewhere import Elsewhere
from airstrip.operations.properties.scene import Ended, Scene
from airstrip.spec import Database

BY_RBAC = (
    'ApiException: (403) {"message":"pods is forbidden: User \\"system:serviceaccount:w:mine-pods\\" cannot create'
    ' resource \\"pods\\" in API group \\"\\" in the namespace \\"default\\"","reason":"Forbidden"}'
)
NO_LIST = 'secrets is forbidden: User "system:anonymous" cannot list resource "secrets" in API group "" at the cluster'
BY_QUOTA = 'pods "task2" is forbidden: exceeded quota: full'
CREATES = {"w": {"allowed": True}, "default": {"allowed": False}}
ASKING = [{"verbs": ["create"], "resources": ["selfsubjectaccessreviews"], "apiGroups": ["authorization.k8s.io"]}]
PODS = [*ASKING, {"verbs": ["create"], "resources": ["pods"], "apiGroups": [""]}]
PLAIN: dict[str, Any] = {
    "pod": "one",
    "version": "3.3.2",
    "token": False,
    "canary": "/tmp/canary",
    "found": {
        "variables": [],
        "files": ["/tmp/canary"],
        "looked": 200,
        "leftOut": 0,
        "tooLarge": 0,
        "closed": 0,
        "unfinished": [],
    },
    "attempts": [{"what": "list Secrets of w", "status": 401, "message": "Unauthorized"}],
}
ACCOUNT: dict[str, Any] = {
    "token": True,
    "creates": CREATES,
    "rules": {"w": {"resourceRules": PODS}, "default": {"resourceRules": ASKING}},
    "allowed": [{"what": "list pods of w", "status": 200, "message": ""}],
    "attempts": [{"what": "list Secrets of c", "status": 403, "message": NO_LIST}],
}


def instance(task_id: str, state: str | None) -> TaskInstance:
    body = dict.fromkeys(TaskInstance.__dataclass_fields__)
    return TaskInstance(**cast(Any, body | {"task_id": task_id, "state": state, "run_id": "r", "try_number": 1}))


@dataclass
class Seen:
    """A scene whose runs have ended: the states of tasks, what they returned, what they logged."""

    states: Mapping[str, str | None] = field(default_factory=dict)
    returned_by: Mapping[str, Any] = field(default_factory=dict)
    logged: Mapping[str, list[str]] = field(default_factory=dict)
    objects: Mapping[str, list[str]] = field(default_factory=dict)
    secret_data: Mapping[str, str] = field(default_factory=dict)
    workers: str = "w"
    projects: Sequence[str] = ()
    account: str = "mine-pods"
    mark: str = "abcd1234"
    elsewhere: Elsewhere = field(default_factory=lambda: Elsewhere(()))
    tasks_have_pods: bool = True
    preview: Any = None
    config: Mapping[str, Any] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)
    given: Any = field(
        default_factory=lambda: SimpleNamespace(
            hashes={"variable": "v", "password": "p"},
            control_secrets={"of-the-control-plane"},
            short_secrets=0,
            secrets_with_other_characters=0,
            addresses={"database": ("d", 1), "scheduler": ("s", 2)},
            addresses_outside={"execution-api": ("a", 3), "database": ("d", 1), "scheduler": ("s", 2)},
        )
    )

    @property
    def session(self) -> Any:
        def items(_: str, kind: str, namespace: str, **__: str) -> list[dict[str, Any]]:
            data = self.secret_data if kind == "Secret" else {}
            names = self.objects.get(f"{kind} of {namespace}", self.objects.get(kind, ()))
            return [{"metadata": {"name": name}, "data": data} for name in names]

        spec = SimpleNamespace(
            name="mine",
            namespaces=SimpleNamespace(control="c", workers=self.workers),
            task_namespaces=(self.workers, *self.projects),
            all_namespaces=tuple(dict.fromkeys(("c", self.workers, *self.projects))),
            airflow=SimpleNamespace(config=self.config),
            database=Database(),
        )
        return SimpleNamespace(spec=spec, cluster=SimpleNamespace(list=items, preview=self.preview))

    def ended(self, _: str) -> Ended:
        return Ended(cast(Any, None), {name: instance(name, state) for name, state in self.states.items()}, True)

    def refused(self, _: str) -> None:
        return None

    def returned(self, _: str, task: str) -> Any:
        return self.returned_by.get(task)

    def pods(self, _: str) -> list[dict[str, Any]]:
        return []

    def log(self, _: str, task: str) -> list[str]:
        return self.logged.get(task, [])

    def scene(self) -> Scene:
        return cast(Scene, self)


def chain(*states: str | None) -> Mapping[str, str | None]:
    return dict(zip(("run_this_first", "task", "task2"), states, strict=True))
