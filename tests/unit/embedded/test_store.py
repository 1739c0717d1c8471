from __future__ import annotations

import contextlib
import io
import json
import os
import tarfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from airstrip.embedded import store
from airstrip.embedded.image_archive import image_blobs, read_layout
from airstrip.embedded.pause import build_pause_archive
from airstrip.embedded.settings import PAUSE_IMAGE
from airstrip.errors import NodeError
from airstrip.events import discard
from tests.unit.embedded.test_components import CONFIG


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    """The sandbox image's archive, unpacked, with one blob more that belongs to no image."""
    folder = tmp_path / "layout"
    with tarfile.open(fileobj=io.BytesIO(build_pause_archive(b"program", "x86_64"))) as archive:
        for member in filter(tarfile.TarInfo.isfile, archive):
            content = archive.extractfile(member)
            assert content is not None
            (folder / member.name).parent.mkdir(parents=True, exist_ok=True)
            (folder / member.name).write_bytes(content.read())
    (folder / "blobs/sha256/stray").write_text("not of this image")
    return folder


def test_pause_archive_is_the_same_each_time_and_names_itself() -> None:
    archive = build_pause_archive(b"program", "x86_64")
    assert archive == build_pause_archive(b"program", "x86_64")
    assert archive != build_pause_archive(b"other", "x86_64")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        index = files.extractfile("index.json")
        assert index is not None
        (manifest,) = json.load(index)["manifests"]
        assert f"blobs/{manifest['digest'].replace(':', '/')}" in files.getnames()
    assert manifest["annotations"] == {"io.containerd.image.name": PAUSE_IMAGE}


def test_layout_is_streamed_with_its_own_blobs_and_the_wanted_name(layout: Path, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    entry = read_layout(layout)
    stop = threading.Event()
    writer = threading.Thread(
        target=store._stream,
        args=(layout, entry, image_blobs(layout, entry), "localhost/x:1", fifo, stop),
    )
    writer.start()
    with fifo.open("rb") as source, tarfile.open(fileobj=source, mode="r|") as archive:
        files = {}
        for member in archive:
            content = archive.extractfile(member)
            assert content is not None
            files[member.name] = content.read()
    writer.join(5)
    assert not writer.is_alive()
    (manifest,) = json.loads(files["index.json"])["manifests"]
    assert manifest["annotations"] == {"io.containerd.image.name": "localhost/x:1"}
    assert len([name for name in files if name.startswith("blobs/")]) == 3
    assert "blobs/sha256/stray" not in files


def test_stream_ends_when_nobody_reads(layout: Path, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    stop = threading.Event()
    entry = read_layout(layout)
    arguments = (layout, entry, image_blobs(layout, entry), "localhost/x:1", fifo, stop)
    writer = threading.Thread(target=store._stream, args=arguments)
    writer.start()
    stop.set()
    writer.join(5)
    assert not writer.is_alive()


def test_layers_that_the_node_has_are_left_out_and_nothing_else(layout: Path) -> None:
    entry = read_layout(layout)
    manifest, config, *layers = image_blobs(layout, entry)
    assert layers
    assert image_blobs(layout, entry, without={f"sha256:{layers[0].name}"}) == [
        manifest,
        config,
        *layers[1:],
    ]
    assert image_blobs(layout, entry, without={f"sha256:{config.name}"}) == [manifest, config, *layers]


@pytest.mark.parametrize("text", ["", "{}", '{"manifests": []}', '{"manifests": [{}, {}]}'])
def test_folder_that_is_no_layout_of_one_image_is_an_error(tmp_path: Path, text: str) -> None:
    if text:
        (tmp_path / "index.json").write_text(text)
    with pytest.raises(NodeError) as error:
        read_layout(tmp_path)
    assert error.value.code == "node.image-unreadable"


def test_prune_takes_images_and_programs_and_leaves_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "stopped", lambda *_: contextlib.nullcontext([]))
    config = replace(CONFIG, state_dir=tmp_path)
    for name in ("containerd", "programs", "etcd", "volumes"):
        (tmp_path / name).mkdir()
    store.prune_node(config, discard)
    assert {path.name for path in tmp_path.iterdir()} == {"etcd", "volumes"}
