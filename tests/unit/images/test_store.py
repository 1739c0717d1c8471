from __future__ import annotations

import fcntl
import json
import shutil
from pathlib import Path

import pytest

from airstrip.errors import ImageError, LockError
from airstrip.events import Event, Progress, StepProgress, discard
from airstrip.images import images_in_use, plan_postgresql_image, prune_images
from airstrip.images import store as store_module
from airstrip.images.layer import Layer, write_layer
from airstrip.images.oci import RunSettings, blob_path, read_config, read_layers, read_layout, write_layout
from airstrip.images.store import ImageStore, remove_tree

PROGRESS = Progress(discard, "image.test")
SETTINGS = RunSettings(user="50000:0", working_dir="/", entrypoint=("/bin/sh",), env={"A": "b"})


def keep_layer(store: ImageStore, key: str) -> Layer:
    with store.building("test", PROGRESS) as work:
        (work / "root").mkdir()
        (work / "root" / key).write_text(key)
        layer = write_layer(work / "root", work / "layer.tar")
        store.keep_layer(key, layer, work / "layer.tar")
    return layer


def keep_image(store: ImageStore, name: str, layer: Layer, key: str = "0") -> Path:
    layout = store.layout(name, key)
    with store.building("test", PROGRESS) as work:
        write_layout(work / "layout", f"localhost/{name}:1", [(layer, store.blob(layer))], SETTINGS)
        store.keep_layout(layout, work / "layout")
    return layout


def test_layers_are_found_by_what_made_them(tmp_path: Path) -> None:
    store = ImageStore(tmp_path)
    layer = keep_layer(store, "key")

    assert store.layer("key") == layer
    assert store.layer("other") is None
    store.blob(layer).write_text("cut")
    assert store.layer("key") is None


def test_layout_is_whole_or_not_there(tmp_path: Path) -> None:
    store = ImageStore(tmp_path)
    layer = keep_layer(store, "key")
    layout = keep_image(store, "airflow", layer)

    digest = read_layout(layout)
    assert digest is not None
    index = json.loads((layout / "index.json").read_text())
    assert index["manifests"][0]["digest"] == digest
    manifest = json.loads(blob_path(layout, digest).read_text())
    config = json.loads(blob_path(layout, manifest["config"]["digest"]).read_text())
    assert config["config"]["User"] == "50000:0"
    assert config["rootfs"]["diff_ids"] == [layer.digest]
    assert blob_path(layout, layer.digest).stat().st_nlink == 2

    blob_path(layout, layer.digest).unlink()
    assert read_layout(layout) is None
    assert read_layout(tmp_path / "none") is None


def test_a_rebuilt_layout_replaces_the_old(tmp_path: Path) -> None:
    store = ImageStore(tmp_path)
    first = read_layout(keep_image(store, "airflow", keep_layer(store, "one")))
    second = read_layout(keep_image(store, "airflow", keep_layer(store, "two")))

    assert second is not None
    assert first != second
    assert not list((store.root / "work").iterdir())


def interrupt(store: ImageStore) -> None:
    with store.building("test", PROGRESS) as work:
        (work / "half").write_text("")
        raise KeyboardInterrupt


def test_an_interrupted_build_leaves_nothing_to_trip_over(tmp_path: Path) -> None:
    store = ImageStore(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        interrupt(store)
    assert not (store.root / "work" / "test").exists()
    killed = store.root / "work" / "test"
    killed.mkdir()
    (killed / "half").write_text("")

    with store.building("test", PROGRESS) as work:
        assert not list(work.iterdir())


def test_two_builds_of_one_image_do_not_collide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ImageStore(tmp_path)
    said: list[Event] = []
    monkeypatch.setattr(store_module, "_LOCK_TIMEOUT", 0.0)
    store.root.mkdir()
    with (store.root / "test.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(LockError) as caught, store.building("test", Progress(said.append, "image.test")):
            pass
    assert caught.value.code == "image.locked"
    assert any(isinstance(event, StepProgress) and "waiting" in event.message for event in said)


def test_a_full_disk_is_said_before(tmp_path: Path) -> None:
    store = ImageStore(tmp_path)
    store.root.mkdir()
    store.require_space(0)

    with pytest.raises(ImageError) as caught:
        store.require_space(10**9)
    assert caught.value.code == "image.no-space"


def test_prune_keeps_what_is_used(tmp_path: Path) -> None:
    store = ImageStore(tmp_path)
    kept, dropped = keep_layer(store, "kept"), keep_layer(store, "dropped")
    layout = keep_image(store, "airflow", kept)
    other = keep_image(store, "postgresql", dropped)

    freed = store.prune({layout})

    assert freed == dropped.size
    assert read_layout(layout) is not None
    assert not other.exists()
    assert store.layer("kept") == kept
    assert store.layer("dropped") is None


def test_two_deployments_share_a_base_that_either_keeps(tmp_path: Path) -> None:
    """Without its record the base would be made from today's packages, which nobody asked for."""
    store = ImageStore(tmp_path)
    base = keep_layer(store, "base")
    one = keep_image(store, "airflow", base, "one")
    two = keep_image(store, "airflow", base, "two")
    # A refresh that found nothing new: the blob is another file, linked to the refreshed image alone.
    assert keep_layer(store, "base") == base
    keep_image(store, "airflow", base, "one")

    store.prune({two})

    assert not one.exists()
    assert read_layout(two) is not None
    assert store.layer("base") == base


def test_a_copied_cache_is_pruned_as_the_original(tmp_path: Path) -> None:
    """A copy has no hard links between its layers and its images."""
    store, copy = ImageStore(tmp_path / "original"), ImageStore(tmp_path / "copy")
    layer = keep_layer(store, "key")
    layout = keep_image(store, "airflow", layer)
    shutil.copytree(store.root, copy.root)

    assert copy.prune({copy.layout("airflow", "0")}) == 0
    assert copy.layer("key") == layer
    assert read_layout(copy.root / "layouts" / layout.name) is not None


def test_prune_counts_downloaded_packages(tmp_path: Path) -> None:
    store = ImageStore(tmp_path)
    (store.uv_cache / "wheels").mkdir(parents=True)
    (store.uv_cache / "wheels" / "a.whl").write_bytes(b"12345")
    (store.uv_cache / "link").symlink_to("wheels")

    assert store.prune(set()) == 5
    assert not store.uv_cache.exists()


def test_prune_keeps_what_it_waited_for(tmp_path: Path) -> None:
    """An image that was not there when it was planned, and is built while prune waits for the lock."""
    plan = plan_postgresql_image(tmp_path)
    assert not plan.cached
    store = ImageStore(tmp_path)
    layer = keep_layer(store, "key")
    keep_image(store, "postgresql", layer, plan.layout.name.removeprefix("postgresql-"))

    prune_images(tmp_path, [plan], discard)

    assert read_layout(plan.layout) is not None
    assert store.layer("key") == layer


def test_a_prune_waits_for_whoever_lands_and_these_not_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `up` has found in the cache is still there when it is brought to the node."""
    layout = keep_image(ImageStore(tmp_path), "airflow", keep_layer(ImageStore(tmp_path), "key"))
    monkeypatch.setattr(store_module, "_LOCK_TIMEOUT", 0.0)
    said: list[Event] = []
    with images_in_use(tmp_path), images_in_use(tmp_path):
        with pytest.raises(LockError) as caught:
            prune_images(tmp_path, [], said.append)
        assert read_layout(layout) is not None
    assert caught.value.code == "image.locked"
    assert any(isinstance(event, StepProgress) and "landing" in event.message for event in said)

    with ImageStore(tmp_path).unused(PROGRESS), pytest.raises(LockError), images_in_use(tmp_path):
        pass
    prune_images(tmp_path, [], discard)
    assert read_layout(layout) is None


def test_a_mount_is_seen_through_links_and_spaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "my work"
    (folder / "dev").mkdir(parents=True)
    (tmp_path / "link").symlink_to(folder.parent)
    line = f"36 35 0:5 / {tmp_path}/my\\040work/dev rw - devtmpfs devtmpfs rw\n"
    monkeypatch.setattr(Path, "read_text", lambda path: line)

    for path in (folder, tmp_path / "link" / "my work"):
        with pytest.raises(ImageError) as caught:
            remove_tree(path)
        assert caught.value.code == "image.mounted"


def test_nothing_mounted_is_ever_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "work"
    (folder / "system" / "dev").mkdir(parents=True)
    line = f"36 35 0:5 / {folder}/system/dev rw - devtmpfs devtmpfs rw\n"
    monkeypatch.setattr(Path, "read_text", lambda path: line)

    with pytest.raises(ImageError) as caught:
        remove_tree(folder)
    assert caught.value.code == "image.mounted"
    assert (folder / "system" / "dev").is_dir()


def test_the_same_layer_twice_is_there_once_and_counts_twice(tmp_path: Path) -> None:
    """As in a base of which two steps made the same."""
    store = ImageStore(tmp_path)
    layer = keep_layer(store, "key")
    write_layout(tmp_path / "layout", "localhost/twice:1", [(layer, store.blob(layer))] * 2, SETTINGS)

    assert read_layers(tmp_path / "layout") == (layer, layer)
    assert read_config(tmp_path / "layout")["rootfs"]["diff_ids"] == [layer.digest] * 2
