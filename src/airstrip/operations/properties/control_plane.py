"""The control plane is what was declared, and does what it is for."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from airstrip.manifests import AIRFLOW_COMPONENTS, API_SERVER, DAG_PROCESSOR, SCHEDULER
from airstrip.operations.properties.names import SCHEDULE, TASKS
from airstrip.operations.properties.outcome import Outcome, failed, proved
from airstrip.operations.properties.scene import Scene
from airstrip.operations.properties.tasks import not_green

_DUE_SECONDS = 45.0
_UP = "Run: ./airstrip up   (as root, or with sudo)"


def scheduler(scene: Scene) -> Outcome:
    """A heartbeat is not enough: a run that is due must appear by itself, and end."""
    airflow = scene.airflow
    if error := scene.refused(SCHEDULE):
        raise error
    deadline = time.monotonic() + _DUE_SECONDS
    while time.monotonic() < deadline:
        runs = airflow.dag_runs(SCHEDULE, limit=5)
        done = [run for run in runs if run.run_type == "scheduled" and run.state == "success"]
        if done:
            return proved("a run that was due appeared by itself, and ended")
        scene.say("no run has appeared yet" if not runs else f"its run is {runs[0].state}")
        time.sleep(0.5)
    beat = airflow.health().components.get("scheduler")
    return failed(
        "scheduler",
        f"no run that was due appeared and ended within {_DUE_SECONDS:.0f} s",
        f"The scheduler does not schedule, though its health is {(beat and beat.state) or 'not known'}.",
        "Read its log: ./airstrip logs scheduler",
    )


def versions(scene: Scene) -> Outcome:
    """The API server and a task say theirs; who runs the API server's very image is of its version too."""
    declared = scene.session.spec.airflow.version
    said = {API_SERVER: scene.airflow.version()}
    if error := scene.refused(TASKS):
        raise error
    plain = scene.returned(TASKS, "plain")
    if plain is None:
        return not_green(scene, "versions", "plain")
    said["a task"] = plain["version"]
    images, with_dags = _images(scene), _with_dags(scene)
    wrong = [f"{name} is {version}" for name, version in said.items() if version != declared]
    wrong += _other_images(images, with_dags)
    if wrong:
        return failed(
            "versions",
            f"not all of Airflow is {declared}: {wrong[0]}",
            "The file was changed since the last landing, that did not get to its end, or a pod does not run.",
            _UP,
            "\n".join(wrong),
        )
    by = f"by one image, {' and '.join(with_dags)} with the DAGs on top of it" if with_dags else "by one image"
    return proved(f"{', '.join(sorted({*images, *said}))}: {declared}, {by}")


def _with_dags(scene: Scene) -> tuple[str, ...]:
    """Components whose image has the DAGs as one layer more."""
    if not scene.session.spec.dags.baked:
        return ()
    return (DAG_PROCESSOR,) if scene.tasks_have_pods else (DAG_PROCESSOR, SCHEDULER)


def _other_images(images: Mapping[str, set[str]], with_dags: Sequence[str]) -> list[str]:
    """One line for each component that is missing, or whose image is not that of the API server."""
    reference = images.get(API_SERVER, set())
    wrong = [f"the {name} runs no image" for name in AIRFLOW_COMPONENTS if not images.get(name)]
    wrong += [f"the {API_SERVER} runs {len(reference)} images"] if len(reference) > 1 else []
    alike = {name: ids for name, ids in images.items() if name not in with_dags}
    others = (name for name, ids in alike.items() if ids and reference and ids != reference)
    return wrong + [f"the {name} runs another image than the {API_SERVER}" for name in others]


def _images(scene: Scene) -> dict[str, set[str]]:
    """By component: what its pods' own containers run, by digest."""
    spec = scene.session.spec
    selector = f"app.kubernetes.io/instance={spec.name},app.kubernetes.io/name=airflow"
    found: dict[str, set[str]] = {}
    for pod in scene.session.cluster.list("v1", "Pod", spec.namespaces.control, label_selector=selector):
        component = str(pod["metadata"]["labels"].get("app.kubernetes.io/component"))
        if pod["status"].get("phase") == "Running" and not pod["metadata"].get("deletionTimestamp"):
            found.setdefault(component, set()).update(_running(pod, component))
    return found


def _running(pod: Mapping[str, Any], container: str) -> set[str]:
    statuses = pod["status"].get("containerStatuses") or ()
    return {str(status["imageID"]) for status in statuses if status["name"] == container}


def migration(scene: Scene) -> Outcome:
    """Asked from where the migration ran: the heads of the database are those of the image."""
    if error := scene.refused("database"):
        raise error
    unapplied = scene.database_look.said()["unapplied"]
    if unapplied:
        return failed(
            "migration",
            "the database is not at the head of this Airflow's migrations",
            "Another version has migrated it since, or a migration was cut off.",
            _UP,
            unapplied,
        )
    return proved("the database is at the head of this Airflow's migrations")


def fernet(scene: Scene) -> Outcome:
    """Whatever is stored, by whomever and whenever: a key that was changed reads only what came after."""
    if error := scene.refused("database"):
        raise error
    said = scene.database_look.said()
    hindrance = scene.refused("airflow") or scene.refused("values")
    # With nothing to decrypt nothing is proved, and what should have been there could not be stored.
    if hindrance and not said["encrypted"]:
        raise hindrance
    # Whatever was stored before: a key that was taken away encrypts nothing more.
    if not hindrance and not said["own"]:
        return failed(
            "fernet",
            "what was stored a moment ago is not encrypted",
            "The api-server has no Fernet key, and stores passwords as they are.",
            _UP,
        )
    if said["unreadable"]:
        return failed(
            "fernet",
            f"the Fernet key does not decrypt {said['unreadable'][0]}",
            "The Secret airflow-keys was changed or lost since that was stored.",
            "Put the old Secret airflow-keys back; else store these values again.",
            "\n".join(said["unreadable"]),
        )
    return proved(f"it decrypts all {said['encrypted']} values that are stored in connections and variables")
