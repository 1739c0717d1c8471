"""A folder as a project's data. S3 by a real client against a server: packages/airstrip-pods/tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from airstrip_pods import ProjectError, data_url, open_data


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_what_is_written_is_read(claim: Path) -> None:
    with open_data("sales", "out/2026/table.csv", "w") as file:
        file.write("größe\n1\n")
    with open_data("sales", "out/2026/table.csv", "r") as text:
        assert text.read() == "größe\n1\n"
    with open_data("sales", "out/2026/table.csv") as binary:
        assert binary.read() == "größe\n1\n".encode()
    assert (claim / "out/2026/table.csv").is_file()


def test_bytes_of_any_kind_are_written(claim: Path) -> None:
    with open_data("sales", "data.bin", "wb") as file:
        assert file.write(memoryview(b"abc")) == 3
        assert file.write(bytearray(b"de")) == 2
        assert file.tell() == 5
        with pytest.raises(TypeError):
            file.write("text")  # type: ignore[call-overload] # what a caller without types does
        with pytest.raises(OSError, match="seek"):
            file.seek(0)
    assert (claim / "data.bin").read_bytes() == b"abcde"


def test_nothing_is_seen_before_the_end(claim: Path) -> None:
    (claim / "table.csv").write_text("before")
    with open_data("sales", "table.csv", "w") as file:
        file.write("after" * 100_000)
        assert (claim / "table.csv").read_text() == "before"
        assert [name for name in names(claim) if not name.startswith(".")] == ["table.csv"]
    assert (claim / "table.csv").read_text() == "after" * 100_000
    assert names(claim) == ["table.csv"]


@pytest.mark.parametrize("mode", ["w", "wb"])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_what_was_there(claim: Path, mode: str, error: type[BaseException]) -> None:
    (claim / "table.csv").write_text("before")

    def write() -> None:
        with open_data("sales", "table.csv", mode) as file:
            file.write("half" if mode == "w" else b"half")
            raise error

    with pytest.raises(error):
        write()
    assert names(claim) == ["table.csv"]
    assert (claim / "table.csv").read_text() == "before"


@pytest.mark.parametrize("mode", ["w", "wb"])
def test_a_file_that_nobody_closed_is_not_written(claim: Path, mode: str) -> None:
    def write() -> None:
        open_data("sales", "table.csv", mode).write("half" if mode == "w" else b"half")

    with pytest.warns(ResourceWarning, match=r"table.csv was not closed"):
        write()
    assert names(claim) == []


_KILLED = """
import sys, time
from airstrip_pods import open_data
with open_data("sales", "table.csv", "wb") as file:
    for _ in range(1000):
        file.write(b"x" * 100_000)
    print("written", flush=True)
    time.sleep(60)
"""


def test_a_process_that_is_killed_in_the_middle_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "sales").mkdir()
    (tmp_path / "sales" / "table.csv").write_text("before")
    environment = {**os.environ, "AIRSTRIP_DATA_URL": f"file://{tmp_path}", "AIRSTRIP_PROJECT": "sales"}
    with subprocess.Popen([sys.executable, "-c", _KILLED], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert (tmp_path / "sales" / "table.csv").read_text() == "before"
    (left,) = (name for name in names(tmp_path / "sales") if name != "table.csv")
    assert left.startswith(".table.csv.")
    assert left.endswith(".part")


def test_a_full_disk_leaves_what_was_there(claim: Path) -> None:
    """A limit of the file's size in its stead: it fails in the same places, and needs no root."""
    program = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "from airstrip_pods import open_data\n"
        "file = open_data('sales', 'table.csv', 'w')\n"
        "try:\n    file.write('x' * 60_000); file.flush()\nexcept OSError: print('refused')\n"
        "try:\n    file.close()\nexcept OSError as error: print(error)\n"
    )
    (claim / "sales").mkdir()
    (claim / "sales" / "table.csv").write_text("before")
    environment = {**os.environ, "AIRSTRIP_DATA_URL": f"file://{claim}"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    refused, at_the_end = done.stdout.splitlines()
    assert refused == "refused"
    assert "was not written" in at_the_end, done.stderr
    assert names(claim / "sales") == ["table.csv"]
    assert (claim / "sales" / "table.csv").read_text() == "before"


def test_content_is_on_the_disk_before_it_has_its_name(claim: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen by the calls: a power cut cannot be had here."""
    calls: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        calls.append("fsync")
        fsync(descriptor)

    def renamed(path: Path, target: Path) -> Path:
        calls.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    with open_data("sales", "table.csv", "w") as file:
        file.write("x")
    assert calls == ["fsync", "rename", "fsync"]


@pytest.mark.parametrize("path", ["/etc/passwd", "../other/table.csv", "a/../../b", "a/..", "/opt/data/x"])
@pytest.mark.parametrize("mode", ["r", "wb"])
def test_a_path_that_leaves_the_project_is_refused(claim: Path, path: str, mode: str) -> None:
    with pytest.raises(ValueError, match="leaves the project"):
        open_data("sales", path, mode)
    assert names(claim) == []


@pytest.mark.parametrize("path", ["", ".", "folder/", "a\0b"])
def test_what_is_no_file_is_refused(claim: Path, path: str) -> None:
    with pytest.raises(ValueError, match="not the path of a file"):
        open_data("sales", path, "wb")


@pytest.mark.parametrize("mode", ["rb", "wb"])
def test_a_link_that_leaves_the_project_is_refused(claim: Path, tmp_path: Path, mode: str) -> None:
    (tmp_path / "secret").write_text("secret")
    (claim / "file").symlink_to(tmp_path / "secret")
    (claim / "folder").symlink_to(tmp_path)
    for path in ("file", "folder/secret"):
        with pytest.raises(ValueError, match="through a link"):
            open_data("sales", path, mode)
    assert (tmp_path / "secret").read_text() == "secret"


def test_a_link_within_the_project_is_followed(claim: Path) -> None:
    (claim / "2026.csv").write_text("old")
    (claim / "latest.csv").symlink_to("2026.csv")
    with open_data("sales", "latest.csv", "w") as file:
        file.write("new")
    assert (claim / "latest.csv").is_symlink()
    assert (claim / "2026.csv").read_text() == "new"


@pytest.mark.parametrize("mode", ["a", "ab", "r+", "x", "U"])
def test_a_mode_that_cannot_keep_the_promise_is_refused(claim: Path, mode: str) -> None:
    with pytest.raises(ValueError, match="as a whole"):
        open_data("sales", "table.csv", mode)


def test_new_folders_are_as_open_as_the_projects_own(claim: Path) -> None:
    claim.chmod(0o2775)
    with open_data("sales", "a/b/table.csv", "w") as file:
        file.write("x")
    assert {(claim / name).stat().st_mode & 0o7777 for name in ("a", "a/b")} == {0o2775}


def test_a_file_has_the_rights_that_any_new_file_has(claim: Path) -> None:
    with open_data("sales", "table.csv", "w") as file:
        file.write("x")
    (claim / "plain").touch()
    assert (claim / "table.csv").stat().st_mode == (claim / "plain").stat().st_mode


def test_the_longest_names_can_be_written(claim: Path) -> None:
    for name in ("x" * 255, "ü" * 127):
        with open_data("sales", name, "w") as file:
            file.write("x")
        assert (claim / name).read_text() == "x"


def test_a_missing_file_is_pythons_own_error(claim: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no-such\.csv"):
        open_data("sales", "no-such.csv")


def test_a_pod_of_another_project_is_told_so(claim: Path) -> None:
    with pytest.raises(ProjectError, match=r"a pod of the project 'sales'.*airstrip_pods\.project\('other'\)"):
        open_data("other", "table.csv")


def test_a_pod_without_data_is_told_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airstrip_pods.data.DATA_DIR", str(tmp_path / "none"))
    for mode in ("rb", "wb"):
        with pytest.raises(ProjectError, match=r"no data of the project 'sales'.*KubernetesPodOperator.*@task"):
            open_data("sales", "table.csv", mode)


def test_data_is_below_a_base_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for base in (f"file://{tmp_path}/", str(tmp_path)):
        monkeypatch.setenv("AIRSTRIP_DATA_URL", base)
        assert data_url("sales") == f"{base.rstrip('/')}/sales"
        with open_data("sales", "in/table.csv", "w") as file:
            file.write(base)
        assert (tmp_path / "sales/in/table.csv").read_text() == base


def test_the_url_can_be_asked_for_any_project_anywhere(claim: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert data_url("sales") == data_url("other") == f"file://{claim}"
    monkeypatch.setenv("AIRSTRIP_DATA_URL", "s3://bucket/prefix")
    assert data_url("other") == "s3://bucket/prefix/other"


def test_a_store_that_shows_half_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRSTRIP_DATA_URL", "ftp://host/folder")
    with pytest.raises(ProjectError, match=r"cannot be in ftp://.*s3://"):
        open_data("sales", "table.csv", "wb")


def test_a_store_whose_client_lacks_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.setenv("AIRSTRIP_DATA_URL", "s3://bucket")
    with pytest.raises(ProjectError, match=r"Add s3fs to .* requirements\.txt.* image\.requirements"):
        open_data("sales", "table.csv")


def test_two_writers_at_once_leave_one_of_the_two_whole(claim: Path) -> None:
    program = (
        "import sys\nfrom airstrip_pods import open_data\n"
        "for _ in range(50):\n"
        "    with open_data('sales', 'table.csv', 'w') as file:\n"
        "        file.write(sys.argv[1] * 100_000)\n"
    )
    environment = {**os.environ, "AIRSTRIP_DATA_URL": f"file://{claim}"}
    (claim / "sales").mkdir()
    writers = [subprocess.Popen([sys.executable, "-c", program, word], env=environment) for word in "ab"]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        if (claim / "sales/table.csv").exists():
            text = (claim / "sales/table.csv").read_text()
            assert len(text) == 100_000
            seen |= set(text)
            assert len(set(text)) == 1
        time.sleep(0.001)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen <= {"a", "b"}
    assert names(claim / "sales") == ["table.csv"]
