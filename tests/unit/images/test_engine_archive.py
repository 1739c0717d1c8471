"""What an engine saves becomes layers as ours are."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from airstrip.errors import ImageError
from airstrip.images.containerfile.archive import read_archive
from airstrip.images.layer import EPOCH, Layer
from airstrip.images.oci import read_layers, write_layout
from airstrip.images.store import ImageStore

OURS = ("opt/airflow/venv",)


def layer(*files: str, time: int = 1_900_000_000) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as tar:
        for name in files:
            info = tarfile.TarInfo(name)
            info.mtime, info.uname, info.size = time, "someone", 2
            tar.addfile(info, io.BytesIO(b"ab"))
    return sink.getvalue()


def saved(file: Path, *layers: bytes, config: dict[str, object] | None = None, packed: bool = False) -> Path:
    """As `docker save` writes it; newer ones compress layers."""
    digests = [f"sha256:{hashlib.sha256(each).hexdigest()}" for each in layers]
    whole = {"architecture": "amd64", "os": "linux", "created": "now", "container": "x", **(config or {})}
    whole["rootfs"] = {"type": "layers", "diff_ids": digests}
    members = {f"{number}/layer.tar": gzip.compress(each) if packed else each for number, each in enumerate(layers)}
    manifest = [{"Config": "c.json", "RepoTags": None, "Layers": list(members)}]
    members |= {"c.json": json.dumps(whole).encode(), "manifest.json": json.dumps(manifest).encode()}
    with tarfile.open(file, "w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return file


def read(archive: Path, folder: Path) -> tuple[ImageStore, list[bytes], dict[str, object]]:
    store = ImageStore(folder / "cache")
    work = folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    store.root.mkdir(parents=True, exist_ok=True)
    contents = read_archive(archive, OURS, store, work)
    return store, [store.blob(each).read_bytes() for each in contents.layers], dict(contents.config)


def test_layers_of_ours_are_the_same_whenever_they_were_made(tmp_path: Path) -> None:
    ours = ("opt", "opt/airflow", "opt/airflow/venv/x")
    first = saved(tmp_path / "a.tar", layer(*ours), layer())
    second = saved(tmp_path / "b.tar", layer(*ours, time=1_950_000_000), config={"config": {"User": "1", "Image": "x"}})
    _, one, config = read(first, tmp_path / "one")
    _, two, other = read(second, tmp_path / "two")
    assert one == two
    with tarfile.open(fileobj=io.BytesIO(one[0])) as tar:
        assert {(info.mtime, info.uname) for info in tar} == {(EPOCH, "")}
    assert other["config"] == {"User": "1"}
    assert "container" not in config
    assert config["rootfs"] == {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(one[0]).hexdigest()}"]}


def test_a_base_s_layers_stay_as_they_are_and_are_never_compressed(tmp_path: Path) -> None:
    base = layer("etc/passwd", "opt/airflow/venv/x")
    archive = saved(tmp_path / "a.tar", base, packed=True)
    assert read(archive, tmp_path)[1] == [base]


def test_a_layer_that_an_image_has_twice_is_there_once(tmp_path: Path) -> None:
    base = layer("etc/passwd")
    store, contents, config = read(saved(tmp_path / "a.tar", base, base), tmp_path)
    digest = f"sha256:{hashlib.sha256(base).hexdigest()}"
    assert contents == [base, base]
    assert config["rootfs"] == {"type": "layers", "diff_ids": [digest, digest]}
    same = Layer(digest, len(base))
    write_layout(tmp_path / "layout", "x:1", [(same, store.blob(same))] * 2, config)
    assert read_layers(tmp_path / "layout") == (same, same)


def test_a_layer_that_the_store_has_is_taken_from_there(tmp_path: Path) -> None:
    base = layer("etc/passwd")
    digest = f"sha256:{hashlib.sha256(base).hexdigest()}"
    found = [read(saved(tmp_path / "a.tar", base), tmp_path)[0].held(digest) for _ in range(2)]
    assert found == [Layer(digest, len(base))] * 2
    # Nothing of it is read again.
    assert read(saved(tmp_path / "b.tar", base).rename(tmp_path / "c.tar"), tmp_path)[1] == [base]


@pytest.mark.parametrize("broken", ["empty", "cut", "other"])
def test_an_archive_that_is_not_one_is_told(broken: str, tmp_path: Path) -> None:
    archive = saved(tmp_path / "a.tar", layer("etc/passwd"))
    content = archive.read_bytes()
    wrong = {"empty": b"", "cut": content[:700], "other": content.replace(b"etc/passwd", b"etc/shadow")}[broken]
    archive.write_bytes(wrong)
    with pytest.raises(ImageError) as caught:
        read(archive, tmp_path)
    assert caught.value.code == "image.bad-archive"
