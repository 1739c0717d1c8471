from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from airstrip.images.environment import build_install_command, build_unpack_command, settle

SCRIPT = b"import sys\nprint(1)\n"
LONG = b"#!/bin/sh\n'''exec' '/home/a b/python3.13' \"$0\" \"$@\"\n' '''\n"


def install(venv: Path, first_line: bytes, python: str) -> Path:
    """What uv leaves below a prefix when a Python 3.13 runs it."""
    site = venv / "lib" / python / "site-packages"
    info = site / "demo-1.dist-info"
    info.mkdir(parents=True)
    (venv / "bin").mkdir()
    (venv / "bin" / "demo").write_bytes(first_line + SCRIPT)
    (venv / "bin" / "demo.sh").write_bytes(b"#!/bin/sh\necho python\n")
    (venv / "include" / "site" / python).mkdir(parents=True)
    (venv / ".lock").write_text("")
    (info / "RECORD").write_text(
        f"../../../bin/demo,sha256=old,1\n../../../include/site/{python}/demo.h,sha256=x,2\n"
        "demo/__init__.py,sha256=kept,3\ndemo-1.dist-info/RECORD,,\n"
    )
    return venv


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_environment_does_not_show_what_made_it(tmp_path: Path) -> None:
    one = install(tmp_path / "one", b"#!/usr/bin/python3.11\n", "python3.11")
    two = install(tmp_path / "two", LONG, "python3.13")

    settle(one)
    settle(two)

    assert contents(one) == contents(two)


def test_scripts_run_by_the_environment_and_are_recorded_so(tmp_path: Path) -> None:
    venv = install(tmp_path, LONG, "python3.13")

    settle(venv)

    script = (venv / "bin" / "demo").read_bytes()
    assert script == b"#!/opt/airflow/venv/bin/python\n" + SCRIPT
    assert (venv / "bin" / "demo.sh").read_bytes() == b"#!/bin/sh\necho python\n"
    digest = base64.urlsafe_b64encode(hashlib.sha256(script).digest()).rstrip(b"=").decode()
    record = venv / "lib/python3.11/site-packages/demo-1.dist-info/RECORD"
    assert record.read_text().splitlines() == [
        f"../../../bin/demo,sha256={digest},{len(script)}",
        "demo/__init__.py,sha256=kept,3",
        "demo-1.dist-info/RECORD,,",
    ]
    assert (venv / "bin" / "python").readlink() == Path("/usr/bin/python3.11")
    assert not (venv / ".lock").exists()
    assert "home = /usr/bin\n" in (venv / "pyvenv.cfg").read_text()


def test_only_locked_wheels_are_installed(tmp_path: Path) -> None:
    command = build_install_command(Path("uv"), tmp_path, tmp_path / "lock", tmp_path / "venv", tmp_path)

    assert {"--require-hashes", "--no-deps", "--only-binary", ":all:"} <= set(command.argv)
    assert command.argv[command.argv.index("--python-version") + 1] == "3.11"
    assert command.env["VIRTUAL_ENV"] is None


def test_nothing_goes_on_writing_after_us(tmp_path: Path) -> None:
    assert build_install_command(Path("uv"), tmp_path, tmp_path / "lock", tmp_path / "venv", tmp_path).tied
    assert build_unpack_command(tmp_path / "system", tmp_path / "rootfs").tied
