"""What the next `up` would do about DAGs: another way for them to come, files that it delivers, and who rolls for it.

Only looks. Which files differ is asked of the DAG processor that runs, which mounts them: no pod is made for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from airstrip.answers import DagsPlanData, FileChangeData
from airstrip.dags import Volume, fingerprints, revision_of
from airstrip.errors import AirstripError
from airstrip.kube import Change, Cluster
from airstrip.manifests import DAG_PROCESSOR, DAGS_DIR, VOLUME_ROOT
from airstrip.operations.dags_change import source_of
from airstrip.operations.dags_deliver import is_declared
from airstrip.operations.dags_facts import Processor, find_processor
from airstrip.operations.dags_ways import FOLDER, IMAGE, ways_of
from airstrip.operations.pushed_dags import folder_to_send, recorded_live
from airstrip.operations.session import Session
from airstrip.spec import Spec

_SECONDS = 10.0
"""For a list of files: whoever plans does not wait for more."""


@dataclass(frozen=True)
class WayChange:
    """Of one bundle; empty where it is new, or goes."""

    bundle: str
    before: str
    after: str

    def __str__(self) -> str:
        if not self.after:
            return f"take the DAGs of the bundle {self.bundle} away: {self.before}"
        instead = f", in place of {self.before}" if self.before else ""
        return f"take the DAGs of the bundle {self.bundle} from {self.after}{instead}"


@dataclass(frozen=True)
class Delivered:
    """A folder's files on their way into the volume, or the image. `before` is the live revision, where there is one
    and it is known; `files` is None where nobody could say how the folder differs from what is there."""

    folder: Path
    revision: str
    before: str = ""
    files: Sequence[FileChangeData] | None = None
    by_image: bool = False

    def __str__(self) -> str:
        unknown = "; which files differ could not be asked" if self.files is None else ""
        if self.by_image:
            return f"bring the DAG files of {self.folder} with the image{unknown}"
        instead = self.before[:12] or "what is live, if anything"
        return f"push {self.folder} as revision {self.revision[:12]}, in place of {instead}{unknown}"


@dataclass(frozen=True)
class PlannedDags:
    """`rolls` are workloads whose pods are replaced; `ends`: the DAG processor of before ends first."""

    ways: Sequence[WayChange] = ()
    delivered: Delivered | None = None
    rolls: Sequence[str] = ()
    ends: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.ways or self.delivered or self.ends)

    @property
    def lines(self) -> tuple[str, ...]:
        """In words, without the files."""
        found = [*map(str, self.ways), *([str(self.delivered)] if self.delivered else [])]
        if self.ends:
            found.append(f"end {DAG_PROCESSOR} before its successor starts: they would take each other's DAGs away")
        return (*found, *([f"roll {', '.join(self.rolls)}"] if self.rolls else []))

    def to_dict(self) -> DagsPlanData:
        delivered = self.delivered
        return {
            "ways": [
                {"bundle": way.bundle, "before": way.before or None, "after": way.after or None} for way in self.ways
            ],
            "delivered": None
            if delivered is None
            else {
                "by": "image" if delivered.by_image else "push",
                "folder": str(delivered.folder),
                "revision": delivered.revision,
                "before": delivered.before or None,
                "files": delivered.files,
            },
            "rolls": list(self.rolls),
        }


def plan_first_dags(spec: Spec) -> PlannedDags:
    """Of a place that is not there: all that the file's folder has is new."""
    folder = _folder(spec)
    if folder is None:
        return PlannedDags()
    return PlannedDags(delivered=_delivered(spec, folder, "", {}))


def plan_dags(session: Session, new: Processor, changes: Sequence[Change]) -> PlannedDags:
    """`changes` are those of Airflow's own objects."""
    old, spec = find_processor(session), session.spec
    if old is None:
        return plan_first_dags(spec)
    ways = _changed_ways(old, new)
    ends = source_of(old) != source_of(new)
    delivered = _plan_delivery(session, old, new)
    if not (ways or ends or (delivered and delivered.by_image)):
        return PlannedDags(delivered=delivered)
    return PlannedDags(ways, delivered, _rolls(changes), ends)


def _changed_ways(old: Processor, new: Processor) -> list[WayChange]:
    before, after = ways_of(old), ways_of(new)
    names = [name for name in dict.fromkeys((*before, *after)) if before.get(name) != after.get(name)]
    found = [WayChange(name, before.get(name, ""), after.get(name, "")) for name in names]
    if found or FOLDER not in after.values() or source_of(old)[1:] == source_of(new)[1:]:
        return found
    # The same claim, with another folder behind it.
    return [WayChange(name, "another one", way) for name, way in after.items()]


def _rolls(changes: Sequence[Change]) -> list[str]:
    return [
        change.entry.name
        for change in changes
        if change.action == "change" and any(field.path.startswith("spec.template.") for field in change.fields)
    ]


def _folder(spec: Spec) -> Path | None:
    """What `up` delivers."""
    return folder_to_send(spec, None) if is_declared(spec) else spec.dags.baked


def _plan_delivery(session: Session, old: Processor, new: Processor) -> Delivered | None:
    spec, folder = session.spec, _folder(session.spec)
    if folder is None:
        return None
    if not spec.dags.pushed:
        same = old.image == new.image
        return None if same else _delivered(spec, folder, "", _look(session, old, DAGS_DIR))
    live = recorded_live(session)
    if live == revision_of(folder):
        return None
    there = _look(session, old, f"{VOLUME_ROOT}/revisions/{live}") if live and old.reads_pushed else None
    return _delivered(spec, folder, live, there)


def _delivered(spec: Spec, folder: Path, live: str, there: Mapping[str, str] | None) -> Delivered:
    files = None if there is None else _differing(fingerprints(folder), there)
    return Delivered(folder, revision_of(folder), live, files, by_image=not spec.dags.pushed)


def _differing(here: Mapping[str, str], there: Mapping[str, str]) -> list[FileChangeData]:
    return [
        {"file": name, "change": "added" if name not in there else "removed" if name not in here else "changed"}
        for name in sorted({*here, *there})
        if here.get(name) != there.get(name)
    ]


def _look(session: Session, processor: Processor, folder: str) -> Mapping[str, str] | None:
    """What the DAG processor that runs has there; None where none can be asked."""
    if not (processor.reads_pushed or IMAGE in ways_of(processor).values()):
        return None
    namespace = session.spec.namespaces.control
    try:
        pod = _running(session.cluster, session.spec)
        if pod is None:
            return None
        return Volume(session.cluster, pod, namespace, DAG_PROCESSOR, folder, lambda: _SECONDS).marks()
    except AirstripError:
        # Whoever plans may not be allowed to run anything in a pod.
        return None


def _running(cluster: Cluster, spec: Spec) -> str | None:
    selector = f"app.kubernetes.io/instance={spec.name},app.kubernetes.io/component={DAG_PROCESSOR}"
    for pod in cluster.list("v1", "Pod", spec.namespaces.control, label_selector=selector):
        ready = {each["name"] for each in pod["status"].get("containerStatuses") or () if each.get("ready")}
        if DAG_PROCESSOR in ready and not pod["metadata"].get("deletionTimestamp"):
            return str(pod["metadata"]["name"])
    return None
