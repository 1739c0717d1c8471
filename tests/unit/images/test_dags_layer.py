"""A folder of DAGs as an image's last layer: the same bytes from the same files."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from airstrip.errors import ImageError
from airstrip.events import Event, StepFinished, discard
from airstrip.images import BuiltImage, DagsRequest, ImagePlan, dags_layer, ensure_dags_image
from airstrip.images.dags import plan_dags_image
from airstrip.images.layer import EPOCH, Layer, write_layer
from airstrip.images.oci import RunSettings, blob_path, read_layers, write_layout

ABOVE = {"opt": (0, 0, 0o755), "opt/airflow": (50000, 0, 0o775)}
SETTINGS = RunSettings(user="1:1", working_dir="/", entrypoint=())


def request(folder: Path, files: dict[str, str]) -> DagsRequest:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return DagsRequest(folder, tuple(files))


def layer(wanted: DagsRequest) -> tuple[Layer, dict[str, tarfile.TarInfo]]:
    sink = io.BytesIO()
    written = dags_layer.write_dags_layer(wanted, sink, ABOVE)
    sink.seek(0)
    with tarfile.open(fileobj=sink) as archive:
        return written, {info.name: info for info in archive}


FILES = {"a.py": "a", "team/b.py": "b", "team/sub/c.sql": "c", "team-x/d.py": "d"}


def test_the_same_files_are_the_same_layer_whenever_and_by_whomever_they_were_saved(tmp_path: Path) -> None:
    first = request(tmp_path / "one", FILES)
    second = request(tmp_path / "two", dict(reversed(FILES.items())))
    (tmp_path / "two/team").chmod(0o700)
    (tmp_path / "two/team/b.py").chmod(0o600)
    os.utime(tmp_path / "two/a.py", (1, 1))
    (tmp_path / "two/team/b.py").unlink()
    (tmp_path / "two/team/b.py").write_text("b")
    assert layer(first)[0] == layer(second)[0]


def test_one_file_by_two_names_is_the_same_as_two_files(tmp_path: Path) -> None:
    two = request(tmp_path / "two", {"a.py": "x", "b.py": "x"})
    one = request(tmp_path / "one", {"a.py": "x"})
    os.link(tmp_path / "one/a.py", tmp_path / "one/b.py")
    assert layer(DagsRequest(one.folder, ("a.py", "b.py")))[0] == layer(two)[0]


@pytest.mark.parametrize("change", [{"a.py": "A"}, {"e.py": ""}])
def test_another_text_or_file_is_another_layer(tmp_path: Path, change: dict[str, str]) -> None:
    before = layer(request(tmp_path / "one", FILES))[0]
    assert layer(request(tmp_path / "two", FILES | change))[0].digest != before.digest


def test_pods_may_read_it_and_not_change_it(tmp_path: Path) -> None:
    wanted = request(tmp_path, {"team/run.sh": "x", "team/b.py": "b"})
    (tmp_path / "team/run.sh").chmod(0o700)
    (tmp_path / "team/b.py").chmod(0o600)
    (tmp_path / "team/link.py").symlink_to("b.py")
    found = layer(DagsRequest(tmp_path, (*wanted.files, "team/link.py")))[1]
    assert [(name, info.mode, info.uid, info.gid) for name, info in found.items()] == [
        ("opt", 0o755, 0, 0),
        ("opt/airflow", 0o775, 50000, 0),
        ("opt/airflow/dags", 0o755, 0, 0),
        ("opt/airflow/dags/team", 0o755, 0, 0),
        ("opt/airflow/dags/team/b.py", 0o644, 0, 0),
        ("opt/airflow/dags/team/link.py", 0o777, 0, 0),
        ("opt/airflow/dags/team/run.sh", 0o755, 0, 0),
    ]
    assert {info.mtime for info in found.values()} == {EPOCH}
    assert found["opt/airflow/dags/team/link.py"].linkname == "b.py"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Root reads whatever is there: one that went away meanwhile stands for one that is closed."""
    wanted = request(tmp_path, {"a.py": "x"})
    with pytest.raises(ImageError) as raised:
        layer(DagsRequest(tmp_path, (*wanted.files, "gone.py")))
    assert (raised.value.code, str(tmp_path / "gone.py") in raised.value.message) == ("dags.not-readable", True)


def base_image(cache: Path, word: str = "base") -> BuiltImage:
    root = cache / f"root-{word}"
    root.mkdir(parents=True)
    (root / "etc").write_text(word)
    archive = cache / f"{word}.tar"
    below = write_layer(root, archive)
    layout = cache / f"layout-{word}"
    reference = "localhost/airstrip/airflow:3.3.2-abcdef123456"
    return BuiltImage(reference, write_layout(layout, reference, [(below, archive)], SETTINGS), layout)


def planned(base: BuiltImage, wanted: DagsRequest, cache: Path) -> ImagePlan:
    return plan_dags_image(ImagePlan(base.reference, base.layout, base.digest), wanted, cache)


def test_the_image_is_the_base_and_one_layer_more_whose_files_decide_on_its_name(tmp_path: Path) -> None:
    base, cache = base_image(tmp_path), tmp_path / "cache"
    wanted = request(tmp_path / "dags", FILES)
    assert planned(base, wanted, cache).digest is None
    assert not cache.exists()

    made = ensure_dags_image(base, wanted, cache, discard)

    below, dags = read_layers(made.layout)
    assert (below,) == read_layers(base.layout)
    assert dags == layer(wanted)[0]
    assert blob_path(made.layout, below.digest).samefile(blob_path(base.layout, below.digest))
    assert made.reference.startswith("localhost/airstrip/airflow-dags:3.3.2-")
    assert planned(base, wanted, cache).image == made
    (wanted.folder / "a.py").write_text("changed")
    assert planned(base, wanted, cache).reference != made.reference
    assert planned(base, wanted, cache).digest is None


def test_it_is_made_once_and_again_over_another_base(tmp_path: Path) -> None:
    base, cache = base_image(tmp_path), tmp_path / "cache"
    wanted = request(tmp_path / "dags", FILES)
    made = ensure_dags_image(base, wanted, cache, discard)
    events: list[Event] = []
    assert ensure_dags_image(base, wanted, cache, events.append) == made
    assert isinstance(events[-1], StepFinished)
    assert events[-1].note == "cached"
    # As `image build --refresh` leaves it: the same name, other bytes.
    newer = base_image(tmp_path, "newer")
    assert planned(newer, wanted, cache).digest is None
    again = ensure_dags_image(newer, wanted, cache, discard)
    assert (again.reference, again.digest == made.digest) == (made.reference, False)
    assert read_layers(again.layout)[0] == read_layers(newer.layout)[0]
