"""Pushing to a real registry: what goes up, what does not go up twice, what is refused, and who is let in."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from airstrip.errors import ImageError
from airstrip.events import discard
from airstrip.images import BuiltImage, ensure_task_image, find_login, find_task_image, parse_destination, push_image
from airstrip.images.layer import Layer
from airstrip.images.oci import RunSettings, write_layout
from airstrip.images.registry.push import Pushed
from airstrip.paths import cache_dir
from tests.image.registry import PASSWORD, Registry, running_registry, without_mounts

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_SETTINGS = RunSettings(user="1:1", working_dir="/", entrypoint=("/bin/true",))


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with running_registry(tmp_path_factory.mktemp("open")) as running:
        yield running


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with running_registry(tmp_path_factory.mktemp("guarded"), login=True) as running:
        yield running


@pytest.fixture(autouse=True)
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Docker's configuration, and no other."""
    folder = tmp_path / "docker"
    folder.mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    for name in ("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    return folder / "config.json"


def small(folder: Path, *contents: bytes) -> BuiltImage:
    """An image of these layers, which nobody runs."""
    folder.mkdir(parents=True)
    layers = []
    for content in contents:
        digest = hashlib.sha256(content).hexdigest()
        (folder / digest).write_bytes(content)
        layers.append((Layer(f"sha256:{digest}", len(content)), folder / digest))
    reference = f"localhost/airstrip/tasks/small:{hashlib.sha256(b''.join(contents)).hexdigest()[:12]}"
    return BuiltImage(reference, write_layout(folder / "layout", reference, layers, _SETTINGS), folder / "layout")


def push(image: BuiltImage, destination: str, cache: Path, *, overwrite: bool = False) -> Pushed:
    where = parse_destination(destination)
    return push_image(image, where, find_login(where.registry), cache, discard, overwrite=overwrite)


def layout_files(image: BuiltImage) -> list[Path]:
    return sorted((image.layout / "blobs" / "sha256").iterdir())


def test_a_built_image_is_in_the_registry_by_the_same_digest(registry: Registry, uv: Path, tmp_path: Path) -> None:
    image = ensure_task_image(find_task_image("python-basic", tmp_path), cache_dir(), uv, discard)
    pushed = push(image, f"{registry.host}/data/python-basic:1", tmp_path)
    assert pushed.reference == f"{registry.host}/data/python-basic@{image.digest}"
    assert pushed.tag == "1"
    sizes = [path.stat().st_size for path in layout_files(image) if path.name != image.digest.removeprefix("sha256:")]
    assert pushed.uploaded == sum(sizes)
    for name in ("1", image.digest):
        answer = registry.get(f"data/python-basic/manifests/{name}", accept=_MANIFEST)
        assert f"sha256:{hashlib.sha256(answer.content).hexdigest()}" == image.digest
    for path in layout_files(image)[:3]:
        if path.stat().st_size < 10_000_000 and path.name != image.digest.removeprefix("sha256:"):
            assert registry.get(f"data/python-basic/blobs/sha256:{path.name}").content == path.read_bytes()


def test_nothing_goes_up_twice_and_other_repositories_mount(registry: Registry, tmp_path: Path) -> None:
    first = small(tmp_path / "a", b"system" * 1000, b"first")
    assert push(first, f"{registry.host}/shared/first", tmp_path).uploaded > 6000
    assert push(first, f"{registry.host}/shared/first", tmp_path).uploaded == 0
    # One layer, and another configuration; the system comes from the repository that has it.
    second = small(tmp_path / "b", b"system" * 1000, b"second")
    assert 0 < push(second, f"{registry.host}/shared/second", tmp_path).uploaded < 1000
    # What this machine believes is past: it goes up.
    third = small(tmp_path / "c", b"third" * 1000)
    known = {f"sha256:{hashlib.sha256(b'third' * 1000).hexdigest()}": "shared/nowhere"}
    (tmp_path / "images" / "pushed" / f"{registry.host.replace(':', '_')}.json").write_text(json.dumps(known))
    assert push(third, f"{registry.host}/shared/third", tmp_path).uploaded > 5000


def test_a_layer_of_a_repository_that_the_login_may_not_read_goes_up(registry: Registry, tmp_path: Path) -> None:
    """As with a robot account for each repository."""
    with without_mounts(registry) as limited:
        push(small(tmp_path / "a", b"system" * 1000, b"first"), f"{limited.host}/limited/first", tmp_path)
        second = small(tmp_path / "b", b"system" * 1000, b"second")
        assert push(second, f"{limited.host}/limited/second", tmp_path).uploaded > 6000


def test_a_tag_is_never_moved_unless_asked(registry: Registry, tmp_path: Path) -> None:
    first, second = small(tmp_path / "a", b"one"), small(tmp_path / "b", b"two")
    push(first, f"{registry.host}/tags:1", tmp_path)
    with pytest.raises(ImageError) as caught:
        push(second, f"{registry.host}/tags:1", tmp_path)
    assert caught.value.code == "registry.tag-taken"
    assert first.digest in caught.value.message
    assert registry.get(f"tags/manifests/{second.digest}", accept=_MANIFEST).status_code == 404

    own = push(second, f"{registry.host}/tags", tmp_path)
    assert own.tag == second.reference.rpartition(":")[2]
    push(second, f"{registry.host}/tags:1", tmp_path, overwrite=True)
    assert registry.get("tags/manifests/1", accept=_MANIFEST).headers["Docker-Content-Digest"] == second.digest


@pytest.mark.parametrize("way", ["file", "helper", "store", "store-alone"])
def test_docker_s_logins_are_taken(
    guarded: Registry, docker: Path, tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = {"auth": base64.b64encode(f"builder:{PASSWORD}".encode()).decode()}
    configs: dict[str, object] = {
        "file": {"auths": {guarded.host: stored}},
        "helper": {"credHelpers": {guarded.host: "tests"}},
        "store": {"credsStore": "tests", "auths": {guarded.host: {}}},
        # As clouds' own instructions have it: nobody ran `docker login`.
        "store-alone": {"credsStore": "tests"},
    }
    docker.write_text(json.dumps(configs[way]))
    helper = tmp_path / "docker-credential-tests"
    answer = json.dumps({"Username": "builder", "Secret": PASSWORD})
    helper.write_text(f'#!/bin/sh\nread name\n[ "$name" = {guarded.host} ] && [ "$1" = get ] && echo \'{answer}\'\n')
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    image = small(tmp_path / "a", way.encode())
    push(image, f"{guarded.host}/guarded/{way}:1", tmp_path)
    found = guarded.get(f"guarded/{way}/manifests/1", accept=_MANIFEST, password=PASSWORD)
    assert found.headers["Docker-Content-Digest"] == image.digest


@pytest.mark.parametrize(
    "config", [None, {"auths": {"other.example.org": {"auth": "YTpi"}}}, {"credsStore": "not-on-this-machine"}]
)
def test_without_a_login_it_is_said_how_to_get_one(
    guarded: Registry, docker: Path, tmp_path: Path, config: object
) -> None:
    if config:
        docker.write_text(json.dumps(config))
    with pytest.raises(ImageError) as caught:
        push(small(tmp_path / "a", b"x"), f"{guarded.host}/guarded/none", tmp_path)
    assert caught.value.code == "registry.login-refused"
    assert "without a login" in caught.value.message
    assert f"docker login {guarded.host}" in caught.value.fix


def test_a_wrong_password_is_told_apart_and_not_repeated(guarded: Registry, docker: Path, tmp_path: Path) -> None:
    docker.write_text(json.dumps({"auths": {guarded.host: {"auth": base64.b64encode(b"builder:hunter2").decode()}}}))
    with pytest.raises(ImageError) as caught:
        push(small(tmp_path / "a", b"x"), f"{guarded.host}/guarded/wrong", tmp_path)
    assert caught.value.code == "registry.login-refused"
    assert f"as builder, by {docker}" in caught.value.message
    assert "hunter2" not in json.dumps(caught.value.to_dict())


def test_a_registry_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ImageError) as caught:
        push(small(tmp_path / "a", b"x"), "127.0.0.1:9/none", tmp_path)
    assert caught.value.code == "registry.unreachable"


def test_a_registry_that_finds_another_content_refuses_it(registry: Registry, tmp_path: Path) -> None:
    """A layout that a disk has spoilt."""
    image = small(tmp_path / "a", b"as it was")
    (spoilt,) = (path for path in layout_files(image) if path.read_bytes() == b"as it was")
    spoilt.unlink()
    spoilt.write_bytes(b"as it is.")
    with pytest.raises(ImageError) as caught:
        push(replace(image), f"{registry.host}/spoilt", tmp_path)
    assert caught.value.code == "registry.refused"
    assert "digest" in caught.value.details.lower()
