"""What the next `up` would do about DAGs: another way for them to come, files that it delivers, and who rolls for it.

Only looks. Which files differ is asked of the DAG processor that runs, which mounts them: no pod is made for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from airstrip.answers import DagsPlanData, FileChangeData
from airstrip.dags import Volume, fingerprints, fingerprints_in_pod, revision_by
from airstrip.errors import AirstripError
from airstrip.kube import Change, Cluster
from airstrip.manifests import DAG_PROCESSOR, DAGS_DIR, VOLUME_ROOT
from airstrip.operations.dags_change import source_of
from airstrip.operations.dags_facts import Processor, find_processor
from airstrip.operations.dags_still import StillDags
from airstrip.operations.dags_ways import FOLDER, IMAGE, ways_of
from airstrip.operations.pushed_dags import recorded_live
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
    and it is known: without one `up` may find the revision live, and push nothing. `files` is None where nobody could
    say how the folder differs from what is there."""

    folder: Path
    revision: str
    before: str = ""
    files: Sequence[FileChangeData] | None = None
    by_image: bool = False

    def __str__(self) -> str:
        unknown = "; which files differ could not be asked" if self.files is None else ""
        if self.by_image:
            return f"bring the DAG files of {self.folder} with the image{unknown}"
        instead = f"in place of {self.before[:12]}{unknown}" if self.before else "unless it is live already"
        return f"push {self.folder} as revision {self.revision[:12]}, {instead}"


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


def plan_first_dags(spec: Spec, new: Processor, dags: StillDags | None) -> PlannedDags:
    """Of a place that is not there. Its volume may have been kept: nobody knows what is live in it.

    `dags` is the folder that `up` delivers.
    """
    there: Mapping[str, str] | None = None if spec.dags.pushed else {}
    delivered = _delivered(spec, dags.folder, fingerprints(dags.files), "", there) if dags else None
    return PlannedDags(_first_ways(new), delivered)


def plan_dags(session: Session, new: Processor, changes: Sequence[Change], dags: StillDags | None) -> PlannedDags:
    """`changes` are those of Airflow's own objects, `dags` is the folder that `up` delivers."""
    old = find_processor(session)
    delivered = _plan_delivery(session, old, new, dags) if dags else None
    if old is None:
        return PlannedDags(_first_ways(new), delivered)
    ways = _changed_ways(old, new)
    ends = source_of(old) != source_of(new)
    if not (ways or ends or (delivered and delivered.by_image)):
        return PlannedDags(delivered=delivered)
    return PlannedDags(ways, delivered, _rolls(changes), ends)


def _first_ways(new: Processor) -> list[WayChange]:
    """A folder is where DAGs come from with nothing said."""
    return [WayChange(name, "", way) for name, way in ways_of(new).items() if way != FOLDER]


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


def _plan_delivery(session: Session, old: Processor | None, new: Processor, dags: StillDags) -> Delivered | None:
    spec = session.spec
    if not spec.dags.pushed:
        if old is not None and old.image == new.image:
            return None
        # An image that Airflow does not read has none of them.
        there = _look(session) if old is not None and IMAGE in ways_of(old).values() else {}
        return _delivered(spec, dags.folder, fingerprints(dags.files), "", there)
    live, marks = recorded_live(session), fingerprints(dags.files)
    if live == revision_by(marks):
        return None
    there = _look(session, live) if live and old is not None and old.reads_pushed else None
    return _delivered(spec, dags.folder, marks, live, there)


def _delivered(
    spec: Spec, folder: Path, marks: Mapping[str, str], live: str, there: Mapping[str, str] | None
) -> Delivered | None:
    """None for an image that is another one, with the same files."""
    files = None if there is None else _differing(marks, there)
    if files == [] and not spec.dags.pushed:
        return None
    return Delivered(folder, revision_by(marks), live, files, by_image=not spec.dags.pushed)


def _differing(here: Mapping[str, str], there: Mapping[str, str]) -> list[FileChangeData]:
    return [
        {"file": name, "change": "added" if name not in there else "removed" if name not in here else "changed"}
        for name in sorted({*here, *there})
        if here.get(name) != there.get(name)
    ]


def _look(session: Session, revision: str = "") -> Mapping[str, str] | None:
    """What the DAG processor that runs has of a pushed revision, else in its image; None where it cannot be asked."""
    cluster, namespace = session.cluster, session.spec.namespaces.control
    try:
        pod = _running(cluster, session.spec)
        if pod is None:
            return None
        if revision:
            volume = Volume(cluster, pod, namespace, DAG_PROCESSOR, VOLUME_ROOT, lambda: _SECONDS)
            return volume.fingerprints(revision)
        return fingerprints_in_pod(cluster, pod, namespace, container=DAG_PROCESSOR, folder=DAGS_DIR, timeout=_SECONDS)
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
