"""What the verbs of task images, and `up`, do with the folders beside a file; for built ones, empty layouts stand."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from airstrip.errors import AirstripError, ImageError
from airstrip.events import Emit, Event, Warned, discard
from airstrip.images import find_task_image, plan_task_image
from airstrip.images.oci import RunSettings, write_layout
from airstrip.kube import Cluster
from airstrip.operations import Session, build_images, image_test, list_images, lock_images, new_image, push_image
from airstrip.operations.task_images import load_own, own_plans
from airstrip.spec import Spec, load_spec
from airstrip.targets.catalog import TARGET_SPECS
from airstrip.targets.target import Target

TASKS = "localhost/airstrip/tasks"


@dataclass
class Place:
    """What a target is asked here."""

    owns_cluster: ClassVar[bool] = True

    is_up: bool = True
    loaded: list[str] = field(default_factory=list)

    def describe(self) -> object:
        return object() if self.is_up else None

    def load_image(self, layout: Path, reference: str, emit: Emit) -> None:
        assert (layout / "index.json").is_file()
        self.loaded.append(reference)

    @property
    def target(self) -> Target:
        return cast(Target, self)


@dataclass
class PlaceWithRights(Place):
    """With a cluster in which every Job is complete at once."""

    may_change: bool = True

    def check_rights(self) -> None:
        if not self.may_change:
            raise AirstripError("usage.needs-root", "no")

    @property
    def cluster(self) -> Cluster:
        return cast(Cluster, self)

    def create(self, job: dict[str, Any]) -> dict[str, Any]:
        return {**job, "metadata": {**job["metadata"], "name": "check"}}

    def get(self, *_: str) -> dict[str, Any]:
        return {"status": {"conditions": [{"type": "Complete", "status": "True"}]}}

    def list(self, *_: str, label_selector: str) -> list[dict[str, Any]]:
        return []

    def delete(self, *_: str) -> None: ...


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spec:
    monkeypatch.setenv("AIRSTRIP_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("AIRSTRIP_UV", "/no/uv")
    file = tmp_path / "airstrip.yaml"
    file.write_text("apiVersion: airstrip/v1\nname: here\n")
    return load_spec(file, TARGET_SPECS)


def build(spec: Spec, name: str) -> str:
    """As a build leaves it; the digest."""
    assert spec.file is not None
    folder = spec.file.parent
    plan = plan_task_image(find_task_image(name, folder / "images"), folder / "cache")
    return write_layout(plan.layout, plan.reference, [], RunSettings(user="1:1", working_dir="/", entrypoint=()))


def rows(spec: Spec) -> dict[str, tuple[str, str]]:
    return {row["image"]: (row["source"], row["state"]) for row in list_images(spec).data["images"]}


def test_new_copies_the_library_s_of_its_name_the_named_or_the_simplest(
    spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    for name, origin in (("pandas-basic", None), ("sales", "geo-basic"), ("rides", None), ("more", "sales")):
        new_image(spec, name, origin)
    texts = {name: (tmp_path / "images" / name / "requirements.txt").read_text() for name in ("sales", "rides", "more")}
    assert "geopandas" in texts["sales"]
    assert texts["more"] == texts["sales"]
    assert "httpx" in texts["rides"]
    assert rows(spec)["pandas-basic"] == ("own", "absent")
    assert rows(spec)["geo-basic"] == ("library", "absent")


def test_who_is_not_root_is_not_told_that_nothing_is_built(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root's builds are in root's cache."""
    build(spec, "pandas-basic")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert {name: state for name, (_, state) in rows(spec).items() if name.startswith("p")} == {
        "pandas-basic": "current",
        "papermill-basic": "unknown",
        "python-basic": "unknown",
    }


def test_a_build_is_in_the_place_by_digest_and_by_the_name_that_dags_use(spec: Spec) -> None:
    new_image(spec, "sales", None)
    digest, place = build(spec, "sales"), Place()
    data = build_images(Session(spec, place.target), discard, names=["sales"], refresh=False).data
    assert data == {"tasks": {"sales": f"{TASKS}/sales@{digest}"}}
    assert place.loaded == [f"{TASKS}/sales@{digest}", f"{TASKS}/sales:current"]
    assert rows(spec)["sales"] == ("own", "current")


def test_where_the_place_is_not_up_it_is_built_alone(spec: Spec) -> None:
    build(spec, "pandas-basic")
    place = Place(is_up=False)
    build_images(Session(spec, place.target), discard, names=["pandas-basic"], refresh=False)
    assert place.loaded == []


def test_nothing_is_built_where_one_has_no_lock(spec: Spec, tmp_path: Path) -> None:
    for name in ("rides", "sales"):
        new_image(spec, name, None)
    build(spec, "rides")
    (tmp_path / "images" / "sales" / "requirements.lock").unlink()
    place = Place()
    with pytest.raises(ImageError) as caught:
        build_images(Session(spec, place.target), discard, names=["rides", "sales"], refresh=False)
    assert caught.value.code == "image.not-locked"
    assert place.loaded == []


def test_up_loads_what_is_built_and_warns_of_the_rest(spec: Spec, tmp_path: Path) -> None:
    for name in ("built", "changed", "broken", "unlocked"):
        new_image(spec, name, None)
    digest = build(spec, "built")
    (tmp_path / "images" / "broken" / "check.py").unlink()
    (tmp_path / "images" / "unlocked" / "requirements.lock").unlink()
    place, events = Place(), cast(list[Event], [])
    load_own(spec, place.target, events.append)
    assert place.loaded == [f"{TASKS}/built@{digest}", f"{TASKS}/built:current"]
    warned = {event.code: event for event in events if isinstance(event, Warned)}
    assert set(warned) == {"image.no-check", "image.not-locked", "image.not-built"}
    assert warned["image.not-built"].fix.endswith("image build changed")


def test_a_prune_keeps_own_images(spec: Spec) -> None:
    new_image(spec, "sales", None)
    build(spec, "pandas-basic")
    assert [plan.reference.rpartition(":")[0] for plan in own_plans(spec)] == [f"{TASKS}/sales"]


def test_the_library_s_lock_is_not_written(spec: Spec) -> None:
    with pytest.raises(AirstripError) as caught:
        lock_images(spec, ["pandas-basic"], discard)
    assert caught.value.code == "image.of-library"
    assert lock_images(spec, [], discard).data == {"changed": [], "unchanged": []}


def test_without_a_file_they_lie_where_the_command_is_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AIRSTRIP_CACHE_DIR", str(tmp_path / "cache"))
    spec: Any = load_spec(None, TARGET_SPECS)
    new_image(spec, "sales", None)
    assert (tmp_path / "images" / "sales" / "requirements.lock").is_file()


def run_check(spec: Spec, place: PlaceWithRights) -> tuple[str, list[str]]:
    """The image whose check is run, and the codes of what is warned of."""
    events: list[Event] = []
    session = Session(spec, place.target)
    session.cluster = place.cluster
    reference = image_test.test_image(session, "sales", events.append, timeout=5.0).data["reference"]
    return reference, [event.code for event in events if isinstance(event, Warned)]


def test_who_may_not_bring_an_image_tests_what_was_built_last(spec: Spec, tmp_path: Path) -> None:
    """Root's cache is not theirs: whether the folder has changed since is not known to them."""
    new_image(spec, "sales", None)
    digest, place, other = build(spec, "sales"), PlaceWithRights(), PlaceWithRights(may_change=False)
    assert run_check(spec, place) == (f"{TASKS}/sales@{digest}", [])
    assert place.loaded == [f"{TASKS}/sales@{digest}", f"{TASKS}/sales:current"]
    (tmp_path / "images" / "sales" / "check.py").write_text("# Another one.\n")
    assert run_check(spec, other) == (f"{TASKS}/sales:current", ["image.as-built"])
    assert other.loaded == []
    with pytest.raises(ImageError) as caught:
        run_check(spec, place)
    assert caught.value.code == "image.not-built"


def push(spec: Spec, *, username: str | None = None, password: str | None = None) -> None:
    login = {"username": username, "password": password}
    push_image(Session(spec, Place().target), "sales", "127.0.0.1:9/sales", discard, overwrite=False, **login)


def test_only_what_is_built_as_it_is_now_is_pushed(spec: Spec) -> None:
    new_image(spec, "sales", None)
    with pytest.raises(ImageError) as caught:
        push(spec)
    assert caught.value.code == "image.not-built"
    build(spec, "sales")
    with pytest.raises(ImageError) as caught:
        push(spec)
    assert caught.value.code == "registry.unreachable"


@pytest.mark.parametrize(("username", "password"), [("me", "hunter2"), ("me", None), (None, "env:T"), ("me", "aws:x")])
def test_a_login_is_a_name_and_a_reference(spec: Spec, username: str | None, password: str | None) -> None:
    new_image(spec, "sales", None)
    with pytest.raises(AirstripError) as caught:
        push(spec, username=username, password=password)
    assert caught.value.code == "usage.bad-login"
    assert "hunter2" not in str(caught.value.to_dict())


def test_a_password_is_read_by_its_reference(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    new_image(spec, "sales", None)
    build(spec, "sales")
    with pytest.raises(AirstripError) as caught:
        push(spec, username="me", password="env:NOT_SET_HERE")
    assert caught.value.code == "reference.no-variable"
    monkeypatch.setenv("NOT_SET_HERE", "hunter2")
    with pytest.raises(AirstripError) as caught:
        push(spec, username="me", password="env:NOT_SET_HERE")
    assert caught.value.code == "registry.unreachable"
