"""Images that do not come, or come for another kind of machine."""

from __future__ import annotations

import re
from collections.abc import Iterator

from airstrip.diagnose import described
from airstrip.diagnose.facts import ContainerFact, Facts, PodFact
from airstrip.diagnose.match import Match, lines, sentence, subject_of
from airstrip.diagnose.rule import Rule
from airstrip.kube.troubles import IMAGE_REASONS

_NEVER_PULLED = "It is not in the node's image store, and is not to be pulled from anywhere."
_ARCHITECTURE = re.compile(r"exec format error|no match for platform|no matching manifest|image's architecture", re.I)
_KERNEL = re.compile(r"(?:^exec\b.*|cannot execute binary file): exec format error\b", re.I)
"""In a log, whose other words may be a user's own: of whoever began the program."""
_LOGIN = re.compile(
    r"unauthorized|authentication required|(?<![\w:@./-])401(?![\w.-])|denied|403 Forbidden|authorization failed", re.I
)
"""A digest or a tag may hold the number."""
_SILENT = re.compile(
    r"no such host|i/o timeout|connection refused|network is unreachable|no route to host|server misbehaving"
    r"|deadline exceeded|tls:|x509:|HTTP response to HTTPS|temporary failure",
    re.I,
)
_TASK_IMAGE = re.compile(r"localhost/airstrip/tasks/([a-z0-9-]+)[:@]")
"""`up` brings Airflow's own images, and builds no task image."""
_VERSION = re.compile(r"(:[\w.-]+)?(@.*)?$")
"""Its tag and its digest."""
_PULL_SECRET = "FailedToRetrieveImagePullSecret"
_PULL_SECRETS = re.compile(r"image pull secrets \(([\w.-]+)")


def wrong_architecture(facts: Facts) -> Iterator[Match]:
    nodes = ", ".join(sorted({node.architecture for node in facts.nodes if node.architecture}))
    for pod, container in facts.containers():
        said = [each for each in (container.message, container.last_message) if _ARCHITECTURE.search(each)]
        if seen := [*said, *(line for line in container.log if _KERNEL.search(line))]:
            fields = described.fields(pod, image=container.image, nodes=nodes or "another one")
            yield Match(subject_of(pod), fields, lines(seen))


def pull_secret_absent(facts: Facts) -> Iterator[Match]:
    for pod in facts.pods:
        if any(container.state == "waiting" for container in pod.containers):
            for event in facts.events_about("Pod", pod.name, pod.namespace, pod.uid):
                if event.reason == _PULL_SECRET and _is_pulled(pod):
                    names = _PULL_SECRETS.search(event.message)
                    fields = described.fields(pod, message=sentence(event.message), name=names[1] if names else "NAME")
                    yield Match(subject_of(pod), fields, f"{event.reason}: {event.message}")


def _is_pulled(pod: PodFact) -> bool:
    """Whether it waits for an image: one that is there needs no secret."""
    return any(container.reason in IMAGE_REASONS for container in pod.containers)


def login_refused(facts: Facts) -> Iterator[Match]:
    return _waiting(facts, _LOGIN)


def registry_unreachable(facts: Facts) -> Iterator[Match]:
    """Not of images that are named after no registry: those were to be loaded."""
    return (match for match in _waiting(facts, _SILENT) if not match.fields["image"].startswith("localhost/"))


def missing(facts: Facts) -> Iterator[Match]:
    return _waiting(facts, re.compile(""))


def _waiting(facts: Facts, pattern: re.Pattern[str]) -> Iterator[Match]:
    for pod, container in facts.containers():
        if container.state == "waiting" and container.reason in IMAGE_REASONS:
            said = _said(facts, pod, container)
            if pattern.search(_without_names(said, container.image)):
                message = _NEVER_PULLED if container.reason == "ErrImageNeverPull" else sentence(said)
                registry = _registry(container.image)
                task = _TASK_IMAGE.match(container.image)
                name = task[1] if task else "NAME"
                fields = described.fields(pod, image=container.image, message=message, registry=registry, name=name)
                yield Match(subject_of(pod), fields, f"{container.reason}: {said}")


def _without_names(said: str, image: str) -> str:
    """The image's name, and an address that it is asked for at, may hold a word of a refusal."""
    name = _VERSION.sub("", image)
    names = (image, name if "/" in name else f"library/{name}")
    return re.sub(rf"https?://\S+|(?:{'|'.join(map(re.escape, names))})(?![\w.-])", "", said)


def _registry(image: str) -> str:
    """Of an image that is named after one: its first part looks like a host's name."""
    host, slash, _ = image.partition("/")
    return host if slash and ("." in host or ":" in host or host == "localhost") else "REGISTRY"


def _said(facts: Facts, pod: PodFact, container: ContainerFact) -> str:
    """Between two attempts the state says only that it waits; the event before says why."""
    if container.reason != "ImagePullBackOff":
        return container.message or container.reason
    failed = [
        event.message
        for event in facts.events_about("Pod", pod.name, pod.namespace, pod.uid)
        if event.reason == "Failed"
    ]
    why = [message for message in failed if container.image in message and message.startswith("Failed to pull")]
    return why[-1] if why else container.message or container.reason


IMAGE_RULES: tuple[Rule, ...] = (
    Rule(
        "image.wrong-architecture",
        "{who} cannot run its image {image}",
        "The image, or a program in it, is for another architecture than the node's ({nodes}).",
        "Name an image for the node's architecture {where}",
        wrong_architecture,
    ),
    Rule(
        "image.pull-secret-absent",
        "{who} cannot get its image: its pull secret is not in {namespace}",
        "{message}",
        "Make it there too: kubectl -n {namespace} create secret docker-registry {name} --docker-server=REGISTRY"
        " --docker-username=USER --docker-password=PASSWORD",
        pull_secret_absent,
    ),
    Rule(
        "image.registry-unreachable",
        "{who} cannot get its image {image}: the registry is not reached",
        "{message}",
        "Ask it from the node: curl -sSI https://{registry}/v2/; mend what that tells (its name, DNS, proxy, firewall)."
        " The image is asked for again by itself: kubectl -n {namespace} get pod {pod} --watch",
        registry_unreachable,
    ),
    Rule(
        "image.login-refused",
        "{who} cannot get its image {image}: the registry refuses",
        "{message}",
        "See that the image's name is right: many registries refuse one that they do not have. Of a private one, make"
        " a Secret with its login: kubectl -n {namespace} create secret docker-registry NAME --docker-server={registry}"
        " --docker-username=USER --docker-password=PASSWORD; name it under image.pullSecrets in the file, then run:"
        " ./airstrip up",
        login_refused,
    ),
    Rule(
        "image.missing",
        "{who} cannot get its image {image}",
        "{message}",
        "Airstrip builds and loads its own again: ./airstrip up; a task image: ./airstrip image build {name}"
        "   (both as root, or with sudo); another one: name one that is there {where}",
        missing,
    ),
)

IMAGE_CODES = frozenset(rule.code for rule in IMAGE_RULES)
"""Of a pod that does not start for its image."""
