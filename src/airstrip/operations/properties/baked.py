"""DAGs in the image are live: whatever runs them has the image that the file's folder gives, by its digest."""

from __future__ import annotations

from collections.abc import Iterator

from ruamel.yaml import YAML

from airstrip.manifests import DAG_PROCESSOR, SCHEDULER, TEMPLATE_MAP
from airstrip.operations.history import landed_images
from airstrip.operations.image import plan_images
from airstrip.operations.properties.outcome import Outcome, failed, proved
from airstrip.operations.properties.scene import Scene

_UP = "Run: ./airstrip up   (as root, or with sudo)"
_SHOWN = 19


def baked(scene: Scene) -> Outcome:
    """The folder is read anew: who changed a file since the last landing has not delivered it."""
    spec = scene.session.spec
    landed = landed_images(scene.session.cluster, spec.namespaces.control)
    planned = plan_images(spec, landed, registry=scene.session.platform.registry)
    if planned.references is None:
        return failed(
            "dags",
            f"{spec.dags.baked} is not what runs",
            "Its files, or what the image is made of, were changed since the last landing.",
            _UP,
            "\n".join(planned.commands),
        )
    wanted = planned.references.with_dags
    others = [f"{who}: {image}" for who, image in _running(scene) if image != wanted]
    if others:
        return failed(
            "dags",
            f"not everything that runs DAGs has the image with those of {spec.dags.baked or spec.image.ref}",
            "The last landing did not get to its end, or a workload was changed by hand.",
            _UP,
            "\n".join([f"wanted: {wanted}", *others]),
        )
    digest = wanted.partition("@")[2][:_SHOWN]
    what = f"{spec.dags.baked} gives the image {digest}" if spec.dags.baked else f"the ready image {digest} has them"
    return proved(f"{what}, and {_words(scene)} run it")


def _words(scene: Scene) -> str:
    others = "tasks' pods" if scene.tasks_have_pods else f"the {SCHEDULER}"
    return f"the {DAG_PROCESSOR} and {others}"


def _running(scene: Scene) -> Iterator[tuple[str, str]]:
    """Who runs DAGs' code, and the image that it has."""
    spec, cluster = scene.session.spec, scene.session.cluster
    components = (DAG_PROCESSOR,) if scene.tasks_have_pods else (DAG_PROCESSOR, SCHEDULER)
    for component in components:
        selector = f"app.kubernetes.io/instance={spec.name},app.kubernetes.io/component={component}"
        pods = [
            pod
            for pod in cluster.list("v1", "Pod", spec.namespaces.control, label_selector=selector)
            if pod["status"].get("phase") == "Running" and not pod["metadata"].get("deletionTimestamp")
        ]
        containers = [each for pod in pods for each in pod["spec"]["containers"] if each["name"] == component]
        yield from ((component, each["image"]) for each in containers)
        if not containers:
            yield component, "no pod of it runs"
    if scene.tasks_have_pods:
        yield from (("the template of tasks' pods", image) for image in _template_images(scene))


def _template_images(scene: Scene) -> Iterator[str]:
    """Of the ConfigMap that the scheduler has mounted."""
    cluster, namespace = scene.session.cluster, scene.session.spec.namespaces.control
    scheduler = cluster.get("apps/v1", "Deployment", SCHEDULER, namespace) or {"spec": {"template": {"spec": {}}}}
    for volume in scheduler["spec"]["template"]["spec"].get("volumes") or ():
        if volume["name"] == TEMPLATE_MAP:
            found = cluster.get("v1", "ConfigMap", volume["configMap"]["name"], namespace) or {}
            for text in (found.get("data") or {}).values():
                pod = YAML(typ="safe", pure=True).load(text)
                yield next(str(each["image"]) for each in pod["spec"]["containers"])
