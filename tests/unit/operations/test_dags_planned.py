"""What a plan tells of DAGs: by the compiler's own objects; the cluster that runs is stood in for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.dags import fingerprints, revision_of, revisions
from airstrip.errors import KubernetesError
from airstrip.kube import Change, FieldChange, inventory
from airstrip.kube.inventory import Entry
from airstrip.manifests import Images, build_manifests
from airstrip.operations import dags_planned
from airstrip.operations.dags_facts import Processor, processor_of
from airstrip.operations.dags_planned import PlannedDags, plan_dags, plan_first_dags
from airstrip.operations.dags_still import StillDags, still_dags
from airstrip.operations.dags_ways import ways_of
from airstrip.operations.pushed_dags import LIVE
from airstrip.operations.render import NOT_BUILT
from airstrip.operations.session import Session
from airstrip.spec import Spec, load_spec
from airstrip.targets.catalog import TARGET_SPECS, make_target

REPO = "https://git.example.com/data/dags.git"
SYNC = f"{{git: {{repo: {REPO}, tag: stable, path: team, via: sync}}}}"
POD = {
    "metadata": {"name": "dag-processor-1"},
    "status": {"containerStatuses": [{"name": "dag-processor", "ready": True}]},
}
ROLLS = (
    Change("change", Entry("apps/v1", "Deployment", "mine", "dag-processor"), (FieldChange("spec.template.x", 1, 2),)),
    Change("change", Entry("apps/v1", "Deployment", "mine", "triggerer"), (FieldChange("spec.replicas", 1, 2),)),
    Change("add", Entry("apps/v1", "Deployment", "mine", "scheduler")),
)


def load(folder: Path, dags: str, name: str = "airstrip.yaml") -> Spec:
    (folder / name).write_text(f"apiVersion: airstrip/v1\nname: mine\n{f'dags: {dags}' if dags else ''}\n")
    return load_spec(folder / name, TARGET_SPECS)


def processor(spec: Spec, dags_image: str = "") -> Processor:
    images = Images(NOT_BUILT.airflow, NOT_BUILT.postgresql, dags_image)
    return processor_of(build_manifests(spec, make_target(spec).preview(), images, {}))


@dataclass
class Deployed:
    """What runs, and what its dag-processor has below the folder that is looked at; None: it may not be asked."""

    spec: Spec
    runs: Processor | None
    there: Mapping[str, str] | None = None
    live: str = ""
    looked: list[str] = field(default_factory=list)

    def get(self, _: str, __: str, name: str, ___: str) -> dict[str, Any] | None:
        return {"metadata": {"annotations": {LIVE: self.live}}} if name == inventory.NAME else None

    def list(self, *_: object, **__: object) -> list[dict[str, Any]]:
        return [POD]

    def volume(self, _: object, pod: str, __: str, container: str, root: str, ___: object) -> Any:
        return SimpleNamespace(fingerprints=lambda revision: self.look(pod, container, f"{root}: {revision}"))

    def folder(self, _: object, pod: str, __: str, *, container: str, folder: str, timeout: float) -> Any:
        return self.look(pod, container, folder)

    def look(self, pod: str, container: str, place: str) -> Mapping[str, str]:
        assert (pod, container) == ("dag-processor-1", "dag-processor")
        self.looked.append(place)
        if self.there is None:
            raise KubernetesError("kubernetes.forbidden", "no pods/exec")
        return self.there

    def plan(self, new: Processor, changes: tuple[Change, ...] = ()) -> PlannedDags:
        session = cast(Session, SimpleNamespace(spec=self.spec, cluster=self))
        with pytest.MonkeyPatch.context() as patch, delivered(self.spec) as dags:
            patch.setattr(dags_planned, "find_processor", lambda _: self.runs)
            patch.setattr(dags_planned, "Volume", self.volume)
            patch.setattr(dags_planned, "fingerprints_in_pod", self.folder)
            return plan_dags(session, new, changes, dags)


def plan_first(spec: Spec) -> PlannedDags:
    with delivered(spec) as dags:
        return plan_first_dags(spec, processor(spec, "here/dags@sha256:1"), dags)


@contextmanager
def delivered(spec: Spec) -> Iterator[StillDags | None]:
    with still_dags(spec) as dags:
        yield dags if spec.dags.live_folder is None else None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dags").mkdir()
    for name in ("same", "changed", "new"):
        (tmp_path / "dags" / f"{name}.py").write_text(name)
    return tmp_path


def other_marks(folder: Path) -> dict[str, str]:
    """Of a folder that lacks a file, has one that is gone, and another of other contents."""
    here = fingerprints(folder / "dags")
    return {"same.py": here["same.py"], "changed.py": here["same.py"], "old.py": here["same.py"]}


FILES = [
    {"file": "changed.py", "change": "changed"},
    {"file": "new.py", "change": "added"},
    {"file": "old.py", "change": "removed"},
]


@pytest.mark.parametrize(
    ("dags", "image", "words"),
    [
        ("", "", "a folder"),
        ("{path: dags}", "", "a folder"),
        ("{volume: {path: dags}}", "", "what was pushed"),
        ("{image: {path: dags}}", "here/dags@sha256:1", "the image"),
        (f"{{git: {{repo: {REPO}}}}}", "", f"git: {REPO} at its default branch"),
        (f"{{git: {{repo: {REPO}, branch: main, path: team}}}}", "", f"git: {REPO} at main, folder team"),
        (SYNC, "", f"git-sync: {REPO} at refs/tags/stable, folder team"),
        (SYNC.replace("tag: stable", "branch: main"), "", f"git-sync: {REPO} at main, folder team"),
    ],
)
def test_each_way_has_its_words(folder: Path, dags: str, image: str, words: str) -> None:
    assert ways_of(processor(load(folder, dags), image)) == {"main": words}


def test_another_way_is_told_with_what_rolls_for_it(folder: Path) -> None:
    old, new = load(folder, "{path: dags}", "old.yaml"), load(folder, f"{{git: {{repo: {REPO}, branch: main}}}}")
    planned = Deployed(new, processor(old)).plan(processor(new), ROLLS)
    assert planned.to_dict() == {
        "ways": [{"bundle": "main", "before": "a folder", "after": f"git: {REPO} at main"}],
        "delivered": None,
        "rolls": ["dag-processor"],
    }
    assert planned.lines == (
        f"take the DAGs of the bundle main from git: {REPO} at main, in place of a folder",
        "end dag-processor before its successor starts: they would take each other's DAGs away",
        "roll dag-processor",
    )


@pytest.mark.parametrize("via", ["bundle", "sync"])
def test_another_branch_is_another_way_and_another_period_is_none(folder: Path, via: str) -> None:
    text = f"{{git: {{repo: {REPO}, branch: main, refresh: 10, via: {via}}}}}"
    old, branch = load(folder, text), load(folder, text.replace("main", "release"))
    (way,) = Deployed(branch, processor(old)).plan(processor(branch)).ways
    assert (way.before[-7:], way.after[-10:]) == ("at main", "at release")
    period = load(folder, text.replace("10", "20"))
    assert not Deployed(period, processor(old)).plan(processor(period)).ways


def test_a_bundle_more_and_one_that_goes(folder: Path) -> None:
    both = f"{{git: [{{repo: {REPO}}}, {{name: sales, repo: {REPO}, branch: sales}}]}}"
    one, two = load(folder, f"{{git: {{repo: {REPO}}}}}", "one.yaml"), load(folder, both)
    more, fewer = Deployed(two, processor(one)).plan(processor(two)), Deployed(one, processor(two)).plan(processor(one))
    assert [(way.bundle, way.before) for way in more.ways] == [("sales", "")]
    assert fewer.lines[0] == f"take the DAGs of the bundle sales away: git: {REPO} at sales"


def test_a_push_is_told_by_its_files(folder: Path) -> None:
    spec = load(folder, "{volume: {path: dags}}")
    deployed = Deployed(spec, processor(spec), other_marks(folder), live="b" * 40)
    planned = deployed.plan(processor(spec), ROLLS)
    assert deployed.looked == [f"/opt/airflow/dags: {'b' * 40}"]
    delivered = planned.to_dict()["delivered"]
    assert delivered is not None
    assert (delivered["by"], delivered["before"], delivered["files"]) == ("push", "b" * 40, FILES)
    # Nobody rolls for a push.
    assert planned.rolls == ()
    assert planned.lines == (
        f"push {folder}/dags as revision {revision_of(folder / 'dags')[:12]}, in place of {'b' * 12}",
    )


def test_what_is_live_is_looked_at_by_nobody(folder: Path) -> None:
    spec = load(folder, "{volume: {path: dags}}")
    deployed = Deployed(spec, processor(spec), {}, live=revision_of(folder / "dags"))
    assert deployed.plan(processor(spec)).is_empty
    assert deployed.looked == []


def test_whoever_may_not_ask_is_told_the_revision_alone(folder: Path) -> None:
    spec = load(folder, "{volume: {path: dags}}")
    delivered = Deployed(spec, processor(spec), None, live="b" * 40).plan(processor(spec)).delivered
    assert delivered is not None
    assert delivered.files is None
    assert str(delivered).endswith(f"in place of {'b' * 12}; which files differ could not be asked")


def test_files_of_the_image_are_told_with_who_rolls(folder: Path) -> None:
    spec = load(folder, "{image: {path: dags}}")
    deployed = Deployed(spec, processor(spec, "here/dags@sha256:1"), other_marks(folder))
    assert deployed.plan(processor(spec, "here/dags@sha256:1")).is_empty
    planned = deployed.plan(processor(spec, "here/dags@sha256:2"), ROLLS)
    assert deployed.looked == ["/opt/airflow/dags"]
    assert planned.to_dict()["rolls"] == ["dag-processor"]
    assert planned.delivered is not None
    assert (planned.delivered.by_image, planned.delivered.files) == (True, FILES)


def test_an_image_that_is_another_one_for_its_packages_brings_no_files(folder: Path) -> None:
    spec = load(folder, "{image: {path: dags}}")
    deployed = Deployed(spec, processor(spec, "here/dags@sha256:1"), fingerprints(folder / "dags"))
    assert deployed.plan(processor(spec, "here/dags@sha256:2"), ROLLS).is_empty
    assert deployed.looked == ["/opt/airflow/dags"]


ADDED = [{"file": f"{name}.py", "change": "added"} for name in ("changed", "new", "same")]


@pytest.mark.parametrize("before", [f"{{git: {{repo: {REPO}}}}}", "{path: dags}", "{volume: {}}"])
def test_an_image_after_another_way_brings_all_of_its_files_and_nobody_is_asked(folder: Path, before: str) -> None:
    old, new = load(folder, before, "old.yaml"), load(folder, "{image: {path: dags}}")
    deployed = Deployed(new, processor(old))
    planned = deployed.plan(processor(new, "here/dags@sha256:1"), ROLLS)
    assert planned.delivered is not None
    assert (planned.delivered.files, deployed.looked) == (ADDED, [])
    assert f"bring the DAG files of {folder}/dags with the image" in planned.lines


@pytest.mark.parametrize("before", [f"{{git: {{repo: {REPO}}}}}", "{volume: {}}"])
def test_a_first_push_has_nobody_to_ask(folder: Path, before: str) -> None:
    old, new = load(folder, before, "old.yaml"), load(folder, "{volume: {path: dags}}")
    deployed = Deployed(new, processor(old), {})
    delivered = deployed.plan(processor(new)).delivered
    assert delivered is not None
    assert str(delivered).endswith(f"as revision {revision_of(folder / 'dags')[:12]}, unless it is live already")
    assert (delivered.files, deployed.looked) == (None, [])


def test_what_is_delivered_is_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    mark = revisions._fingerprint

    def counted(path: Path) -> str:
        read.append(path)
        return mark(path)

    monkeypatch.setattr(revisions, "_fingerprint", counted)
    for dags, image in (("{volume: {path: dags}}", ""), ("{image: {path: dags}}", "here/dags@sha256:1")):
        spec = load(folder, dags)
        Deployed(spec, processor(spec, image), {}, live="b" * 40).plan(processor(spec, image.replace(":1", ":2")))
        plan_first(spec)
    assert len(read) == 4 * len(ADDED)


def test_before_the_first_landing_all_is_new_in_the_image(folder: Path) -> None:
    spec = load(folder, "{image: {path: dags}}")
    planned = plan_first(spec)
    assert planned.delivered is not None
    assert planned.delivered.files == ADDED
    assert Deployed(spec, None).plan(processor(spec, "here/dags@sha256:1")) == planned


def test_what_a_volume_has_is_not_known_before_its_place_is_there(folder: Path) -> None:
    """`down` keeps it: the next `up` may find the revision live, and push nothing."""
    spec = load(folder, "{volume: {path: dags}}")
    planned = plan_first(spec)
    assert planned.delivered is not None
    assert (planned.delivered.files, planned.delivered.before) == (None, "")
    assert planned.lines[-1].endswith("unless it is live already")
    # A cluster knows it, be its dag-processor gone.
    assert Deployed(spec, None).plan(processor(spec)) == planned
    assert Deployed(spec, None, live=revision_of(folder / "dags")).plan(processor(spec)).delivered is None
    other = Deployed(spec, None, live="b" * 40).plan(processor(spec)).delivered
    assert other is not None
    assert (other.before, other.files) == ("b" * 40, None)


@pytest.mark.parametrize(
    ("dags", "way"),
    [
        ("", None),
        ("{path: dags}", None),
        ("{volume: {}}", "what was pushed"),
        ("{image: {path: dags}}", "the image"),
        (f"{{git: {{repo: {REPO}, branch: main}}}}", f"git: {REPO} at main"),
        (SYNC, f"git-sync: {REPO} at refs/tags/stable, folder team"),
    ],
)
def test_the_first_landing_tells_the_way_where_the_file_names_one(folder: Path, dags: str, way: str | None) -> None:
    """A folder is what there is with nothing said."""
    spec = load(folder, dags)
    planned = plan_first(spec)
    assert [each.after for each in planned.ways] == ([way] if way else [])
    assert planned.is_empty is (way is None)
    assert Deployed(spec, None).plan(processor(spec, "here/dags@sha256:1")) == planned
