"""What tasks' accounts may do in namespaces that are not theirs: the authorizer is asked, with the user's rights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from airstrip.errors import KubernetesError
from airstrip.kube import Cluster, is_forbidden, review_access
from airstrip.operations.properties.names import FORBIDDEN
from airstrip.spec import Spec

_SECRETS = ("get secrets", "list secrets")
_PODS = ("create pods", "create pods/exec")
_EVERYWHERE = ""
_MOST_QUESTIONS = 400
"""Each is some milliseconds: of a hundred namespaces, where no project has one of its own. Of the deployment's own
namespaces and `default` all are asked."""


@dataclass(frozen=True)
class Right:
    """One too much: `account` (NAMESPACE/NAME) may do `what` in `namespace`; in all of them where that is empty."""

    account: str
    what: str
    namespace: str

    def __str__(self) -> str:
        return f"{self.account} may {self.what} in {self.namespace or 'every namespace'}"


@dataclass(frozen=True)
class Elsewhere:
    """`unseen` says where it was not looked, and where it was."""

    rights: tuple[Right, ...]
    unseen: tuple[str, ...] = ()

    @property
    def over_pods(self) -> tuple[Right, ...]:
        return tuple(right for right in self.rights if right.what in _PODS)


def who_granted(account: str) -> str:
    """The fix, by the account's name, and by those of the groups that it is in."""
    names = f"{account}|system:(serviceaccounts|authenticated)"
    return f"See who granted them: kubectl get clusterrolebindings,rolebindings -A -o wide | grep -E '{names}'"


def rights_elsewhere(cluster: Cluster, spec: Spec, account: str) -> Elsewhere:
    """Of the account of tasks that use the Kubernetes API, in each namespace where it is.

    Raises KubernetesError where the cluster fails; where we may not look or ask, that is told.
    """
    known = dict.fromkeys((_EVERYWHERE, *spec.all_namespaces, FORBIDDEN))
    try:
        listed = [item["metadata"]["name"] for item in cluster.list("v1", "Namespace")]
        unlisted = ""
    except KubernetesError as error:
        if not is_forbidden(error):
            raise
        listed, unlisted = [], error.message
    first = list(_questions(spec, account, known))
    others = list(_questions(spec, account, (name for name in sorted(listed) if name not in known)))
    most = max(0, _MOST_QUESTIONS - len(first))
    asked, left_out = [*first, *others[:most]], others[most:]
    try:
        rights = _allowed(cluster, asked)
    except KubernetesError as error:
        if not is_forbidden(error):
            raise
        tried = ", ".join(sorted({spec.namespaces.control, spec.namespaces.workers, FORBIDDEN}))
        return Elsewhere((), (f"tasks' rights in other namespaces could not be asked for; tried was {tried}",))
    looked = ", ".join(name for name in known if name)
    unseen = [f"namespaces could not be listed; looked at were {looked}: {unlisted}"] if unlisted else []
    if left_out:
        names = sorted({right.namespace for right in left_out})
        unseen.append(f"{len(names)} namespaces were not looked at, the last of {len(listed)}: {', '.join(names[:5])}")
    return Elsewhere(tuple(rights), tuple(unseen))


def _questions(spec: Spec, account: str, namespaces: Iterable[str]) -> Iterator[Right]:
    """What no task's account should be allowed: of its own namespace no Secret, of others no pod either.

    Those of the workers' make pods in projects' namespaces too.
    """
    workers, of_tasks = spec.namespaces.workers, spec.task_namespaces
    for namespace in namespaces:
        for home in of_tasks:
            own = namespace == home or (home == workers and namespace in of_tasks)
            for what in _SECRETS if own else (*_SECRETS, *_PODS):
                yield Right(f"{home}/{account}", what, namespace)


def _allowed(cluster: Cluster, asked: Iterable[Right]) -> list[Right]:
    """Of one that it has in every namespace, no other is named."""
    found: list[Right] = []
    for right in asked:
        if replace(right, namespace=_EVERYWHERE) not in found and _is_allowed(cluster, right):
            found.append(right)
    return found


def _is_allowed(cluster: Cluster, right: Right) -> bool:
    home, _, account = right.account.partition("/")
    verb, _, resource = right.what.partition(" ")
    return review_access(cluster, home, account, verb, resource, right.namespace).allowed
