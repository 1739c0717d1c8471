from __future__ import annotations

import os
import tarfile
from pathlib import Path

from airstrip.images.layer import EPOCH, write_layer


def make_tree(root: Path, names: list[str]) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        path.chmod(0o640)
    return root


def entries(archive: Path) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(archive) as tar:
        return {info.name: info for info in tar}


def test_bytes_do_not_depend_on_order_or_time(tmp_path: Path) -> None:
    names = ["b/two", "a", f"long/{'x' * 120}/{'y' * 120}"]
    first = make_tree(tmp_path / "one", names)
    second = make_tree(tmp_path / "two", names[::-1])
    os.utime(second / "a", (1, 1))

    assert write_layer(first, tmp_path / "1.tar") == write_layer(second, tmp_path / "2.tar")
    assert (tmp_path / "1.tar").read_bytes() == (tmp_path / "2.tar").read_bytes()


def test_links_stay_links_and_sockets_stay_away(tmp_path: Path) -> None:
    root = make_tree(tmp_path / "root", ["a"])
    os.link(root / "a", root / "b")
    (root / "c").symlink_to("/a")
    os.mkfifo(root / "d")

    write_layer(root, tmp_path / "layer.tar")

    found = entries(tmp_path / "layer.tar")
    assert list(found) == ["a", "b", "c"]
    assert (found["b"].type, found["b"].linkname) == (tarfile.LNKTYPE, "a")
    assert (found["c"].type, found["c"].linkname) == (tarfile.SYMTYPE, "/a")
    assert {info.mtime for info in found.values()} == {EPOCH}


def test_folders_above_keep_their_mode(tmp_path: Path) -> None:
    root = make_tree(tmp_path / "root", ["opt/airflow/venv/bin/airflow", "opt/airflow/dags/mine.py"])
    (root / "opt/airflow").chmod(0o775)

    def read_only(info: tarfile.TarInfo) -> None:
        info.mode = 0o444

    write_layer(root, tmp_path / "layer.tar", "opt/airflow/venv", read_only)

    modes = {name: info.mode for name, info in entries(tmp_path / "layer.tar").items()}
    assert list(modes) == [
        "opt",
        "opt/airflow",
        "opt/airflow/venv",
        "opt/airflow/venv/bin",
        "opt/airflow/venv/bin/airflow",
    ]
    assert modes["opt/airflow"] == 0o775
    assert modes["opt/airflow/venv"] == 0o444


def test_digest_is_of_the_file(tmp_path: Path) -> None:
    import hashlib

    layer = write_layer(make_tree(tmp_path / "root", ["a"]), tmp_path / "layer.tar")

    content = (tmp_path / "layer.tar").read_bytes()
    assert layer.digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert layer.size == len(content)
