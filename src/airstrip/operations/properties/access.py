"""What tasks hold and may do, and what pods both namespaces refuse."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from airstrip.errors import KubernetesError
from airstrip.kube.admission import POD_SECURITY
from airstrip.manifests import SECRETS
from airstrip.operations.properties.elsewhere import who_granted
from airstrip.operations.properties.names import ISOLATION, TASKS
from airstrip.operations.properties.outcome import Outcome, failed, not_applicable, proved
from airstrip.operations.properties.refusals import by_rbac, not_refused, rights_beyond_asking, rights_over
from airstrip.operations.properties.scene import Scene

_LIMITS = (
    "a task that uses the Kubernetes API may exec into any pod of the workers' namespace",
    "whoever may make pods there may mount every Secret of that namespace",
)
_ONE_NAMESPACE = "the file puts all in one namespace: whoever may make pods there may mount the control plane's Secrets"
_RESTRICTED = f'{POD_SECURITY} "restricted:'


def least_access(scene: Scene) -> Outcome:
    """From inside: a plain task, and one with the account that pod operators get."""
    if not scene.tasks_have_pods:
        return _without_pods(scene)
    plain, account = scene.returned(TASKS, "plain"), scene.returned(ISOLATION, "account")
    if plain is None or account is None:
        blind, dag = ("plain", TASKS) if plain is None else ("account", ISOLATION)
        return failed(
            "least-access",
            f"the task {blind}, which looks from inside, is {scene.ended(dag).state(blind)}",
            "Its log says why.",
            f"Read it: ./airstrip logs {dag} {blind}",
            "\n".join(scene.log(dag, blind)[-15:]),
        )
    elsewhere = [str(right) for right in scene.elsewhere.rights]
    wrong = [*_held(plain), *not_refused(plain["attempts"]), *_may(scene, account), *_foreign_secrets(scene)]
    if wrong or elsewhere:
        taken_back = "See what differs: ./airstrip plan; take it back: ./airstrip up"
        return failed(
            "least-access",
            f"tasks have more than they need, or it could not be seen: {[*wrong, *elsewhere][0]}",
            "A role, a binding, a Secret or a setting was added or changed since the landing.",
            taken_back if wrong else who_granted(scene.account),
            "\n".join([*wrong, *elsewhere]),
        )
    looked = f"{plain['found']['looked']} files and the environment hold none of the control plane's secrets"
    limits = (*_limits(scene), *_unseen(scene, plain["found"]), *scene.elsewhere.unseen)
    return proved(f"a plain task has no token; {looked}; every attempt was refused by RBAC", limits=limits)


def _without_pods(scene: Scene) -> Outcome:
    """Of what holds elsewhere, where no Secret of the control plane may lie all the same."""
    spec = scene.session.spec
    namespaces = spec.namespaces
    if wrong := _foreign_secrets(scene):
        return failed(
            "least-access",
            wrong[0],
            "Somebody copied it, or another executor left it there.",
            "Delete it: kubectl -n NAMESPACE delete secret NAME",
            "\n".join(wrong),
        )
    reason = "with airflow.executor: local, tasks share the scheduler's pod, and so all that it holds"
    if namespaces.control == namespaces.workers:
        return not_applicable(reason)
    where = " and ".join(spec.task_namespaces)
    return not_applicable(f"{reason}; no Secret of {where} is one of the control plane's, or holds one")


def _held(plain: Mapping[str, Any]) -> list[str]:
    """The canary must be found: who does not find it would find nothing."""
    found, canary = plain["found"], plain["canary"]
    held = ["a plain task has a token"] if plain["token"] else []
    held += [f"the variable {name} holds a secret of the control plane" for name in found["variables"]]
    held += [f"{file} holds a secret of the control plane" for file in found["files"] if file != canary]
    if canary not in found["files"]:
        held.append("the search for secrets does not find the one that was put there for it")
    if found["leftOut"]:
        held.append(f"{found['leftOut']} files could not be looked into in time")
    return held


def _may(scene: Scene, account: Mapping[str, Any]) -> list[str]:
    """By the authorizer's own words, and by trying. What it must be able to do shows that it was asked at all."""
    workers = scene.session.spec.namespaces.workers
    wrong = [] if account["token"] else ["a task that uses the Kubernetes API has no token"]
    wrong += [f"it could not {each['what']}" for each in account["allowed"] if each["status"] != 200]
    for namespace, review in account["rules"].items():
        rules = review.get("resourceRules")
        if rules is None or review.get("incomplete"):
            said = review.get("error") or review.get("evaluationError")
            wrong.append(f"its rights in {namespace} could not be read: {said}")
            continue
        granted = rights_over(rules, "secrets") if namespace == workers else rights_beyond_asking(rules)
        wrong += [f"its account may {rights} in {namespace}" for rights in granted]
    return wrong + not_refused(account["attempts"])


def _foreign_secrets(scene: Scene) -> list[str]:
    """By their names, and under any other by what they hold; of that, names only are told."""
    spec = scene.session.spec
    values = [text.encode() for text in scene.given.control_secrets]
    of_tasks = (name for name in spec.task_namespaces if name != spec.namespaces.control)
    return [wrong for namespace in of_tasks for wrong in _foreign_secrets_in(scene, namespace, values)]


def _foreign_secrets_in(scene: Scene, namespace: str, values: list[bytes]) -> list[str]:
    here = {item["metadata"]["name"]: item for item in scene.session.cluster.list("v1", "Secret", namespace)}
    wrong = [f"the control plane's Secret {name} is in {namespace}" for name in SECRETS if name in here]
    holds = (name for name, item in here.items() if name not in SECRETS and _has_any(item, values))
    return wrong + [f"the Secret {name} in {namespace} holds a secret of the control plane" for name in holds]


def _has_any(secret: Mapping[str, Any], values: list[bytes]) -> bool:
    """Also as a part, such as a password in an address."""
    contents = [base64.b64decode(value) for value in (secret.get("data") or {}).values()]
    return any(value in content for content in contents for value in values)


def _unseen(scene: Scene, found: Mapping[str, Any]) -> list[str]:
    """What no search was made in or for, so that nothing is said of it."""
    counts = (
        (found["tooLarge"], "files of more than 1 MB were not searched"),
        (found["closed"], "files or folders could not be read by the task, and were not searched"),
        (scene.given.short_secrets, "values of the control plane's Secrets are too short to be searched for"),
        (
            scene.given.secrets_with_other_characters,
            "values of the control plane's Secrets have other characters than letters, digits and _+/-: they were"
            " searched for by themselves and in base64, not within a longer text such as a URL",
        ),
    )
    unfinished = [f"there was no time to search all of {mount}" for mount in found.get("unfinished", ())]
    return [*unfinished, *(f"{count} {what}" for count, what in counts if count)]


def _limits(scene: Scene) -> tuple[str, ...]:
    namespaces = scene.session.spec.namespaces
    return (*_LIMITS, _ONE_NAMESPACE) if namespaces.control == namespaces.workers else _LIMITS


def pod_security(scene: Scene) -> Outcome:
    """By admission itself, in a dry run: nothing is made. At the level `restricted`, not at one that allows more."""
    names = scene.session.spec.all_namespaces
    for name in names:
        said = _try_privileged(scene, name)
        if _RESTRICTED in said:
            continue
        return failed(
            "pod-security",
            f"{name} refuses a privileged pod, but not by restricted" if said else f"{name} admits a privileged pod",
            f"The label pod-security.kubernetes.io/enforce of {name} is not restricted, or something else comes first.",
            "Take it back: ./airstrip up   (as root, or with sudo)",
            said,
        )
    return proved(f"refused in {' and '.join(names)}, by the level restricted")


def _try_privileged(scene: Scene, namespace: str) -> str:
    """What the cluster says to it; empty where it admits it. Raises where it says nothing."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"airstrip-verify-{scene.mark}-privileged", "namespace": namespace},
        "spec": {"containers": [{"name": "it", "image": "none", "securityContext": {"privileged": True}}]},
    }
    try:
        scene.session.cluster.preview(pod)
    except KubernetesError as error:
        said = f"{error.message} {error.details}"
        # Whom the authorizer keeps from it does not hear what admission would say.
        if error.status is None or by_rbac(said):
            raise
        return said
    return ""
