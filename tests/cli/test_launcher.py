"""The launcher, run for real: homes and clones with spaces, links, machines that lack this or that."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from airstrip import __version__
from tests.cli.machine import FAILING_SHIM, ROOT, Machine

# One process for all: the machine that is ready is made once.
pytestmark = pytest.mark.xdist_group("launcher")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path / "a machine")
    machine.prepare()
    return machine


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine with uv, with a failing shim, and with a clone of its own that was started once."""
    machine = Machine(tmp_path_factory.mktemp("ready machine"))
    machine.prepare()
    machine.take_uv()
    machine.program("python3.13", FAILING_SHIM)
    clone = machine.folder / "a clone"
    for name in ("src", "scripts", "packages"):
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("airstrip", "pyproject.toml", "uv.lock", "README.md"):
        shutil.copy(ROOT / name, clone)
    before = sorted(clone.rglob("*"))
    first = machine.run("--version", launcher=clone / "airstrip")
    assert first.returncode == 0, first.stderr
    assert first.stdout == f"airstrip {__version__}\n"
    assert "Preparing" in first.stderr
    assert sorted(clone.rglob("*")) == before, "nothing is written into the clone"
    return machine


def test_the_second_start_is_quiet_and_needs_no_search(ready: Machine) -> None:
    second = ready.run("--version", launcher=ready.folder / "a clone" / "airstrip", AIRSTRIP_UV="")
    assert (second.returncode, second.stderr) == (0, "")


def test_the_uv_of_the_first_start_may_be_named(ready: Machine) -> None:
    """As a program does that was started by the launcher and starts it again."""
    clone = ready.folder / "a clone"
    for name in ("uv", str(ready.programs / "uv")):
        again = ready.run("--version", launcher=clone / "airstrip", AIRSTRIP_UV=name)
        assert (again.returncode, again.stderr) == (0, "")
    other = ready.run("--version", launcher=clone / "airstrip", AIRSTRIP_UV="/no/such/uv")
    assert other.returncode == 2


def test_a_link_is_followed_and_the_callers_folder_kept(ready: Machine) -> None:
    elsewhere = ready.folder / "else where"
    elsewhere.mkdir()
    (ready.folder / "land").symlink_to("a clone/airstrip")
    done = ready.run("init", launcher=ready.folder / "land", cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    assert (elsewhere / "airstrip.yaml").is_file()


def test_modules_of_the_callers_folder_are_not_imported(ready: Machine) -> None:
    folder = ready.folder / "own modules"
    folder.mkdir()
    (folder / "typer.py").write_text("raise SystemExit('the wrong typer')")
    assert ready.run("--version", launcher=ready.folder / "a clone" / "airstrip", cwd=folder).returncode == 0


def test_the_environment_lies_in_the_cache_that_is_named(ready: Machine, tmp_path: Path) -> None:
    cache = tmp_path / "a cache"
    done = ready.run("--version", AIRSTRIP_CACHE_DIR=str(cache))
    assert done.returncode == 0, done.stderr
    assert (cache / "environments").is_dir()
    assert not (ready.home / ".config").exists()


def test_bytecode_is_kept_in_the_cache_for_whoever_wants_none_beside_their_files(ready: Machine) -> None:
    """Its start would take three seconds more, each time."""
    kept = ready.home / ".cache" / "airstrip" / "bytecode"
    shutil.rmtree(kept, ignore_errors=True)
    done = ready.run("--version", launcher=ready.folder / "a clone" / "airstrip", PYTHONDONTWRITEBYTECODE="1")
    assert (done.returncode, done.stderr) == (0, "")
    assert list(kept.rglob("*.pyc"))


def test_a_change_of_the_lock_prepares_again(ready: Machine) -> None:
    clone = ready.folder / "a clone"
    with (clone / "pyproject.toml").open("a") as file:
        file.write("\n# changed\n")
    assert "Preparing" in ready.run("--version", launcher=clone / "airstrip").stderr
    assert ready.run("--version", launcher=clone / "airstrip").stderr == ""


def test_without_a_uv_that_is_new_enough_the_pinned_one_is_installed(machine: Machine) -> None:
    machine.program("uv", "#!/bin/sh\necho 'uv 0.4.30'\n")
    done = machine.run("--version")
    assert done.returncode == 0, done.stderr
    assert "Installing uv" in done.stderr
    (installed,) = (machine.home / ".cache" / "airstrip" / "uv").iterdir()
    assert f"uv=={installed.name} " in (ROOT / "scripts" / "uv.requirements").read_text()
    assert [path.name for path in installed.iterdir()] == ["uv"], "nothing is left of the installation"


def test_a_uv_whose_hash_differs_is_not_run(machine: Machine, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    for name in ("scripts", "packages"):
        shutil.copytree(ROOT / name, clone / name)
    for name in ("airstrip", "pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, clone)
    requirements = clone / "scripts" / "uv.requirements"
    first, *_ = requirements.read_text().splitlines()
    requirements.write_text(f"{first}\n    --hash=sha256:{'0' * 64}\n")
    done = machine.run("--version", launcher=clone / "airstrip")
    assert done.returncode == 1
    assert "could not be installed" in done.stderr
    assert list((machine.home / ".cache" / "airstrip" / "uv").glob("*/*")) == []


def test_a_wrong_airstrip_uv_is_a_usage_error_in_json_too(machine: Machine) -> None:
    done = machine.run("status", "--json", AIRSTRIP_UV="/no/such/uv")
    assert done.returncode == 2
    document = json.loads(done.stdout)
    assert document["exitCode"] == 2
    assert document["errors"][0]["code"] == "launcher.bad-uv"
    assert "/no/such/uv" in document["errors"][0]["message"]
    assert done.stderr == ""


def test_with_json_what_other_programs_say_is_json_too(machine: Machine) -> None:
    uv = 'if [ "$1" = --version ]; then echo uv 99.0.0; else echo "no \\"network\\" \\033[31mhere"; exit 3; fi'
    machine.program("uv", f"#!/bin/sh\n{uv}\n")
    done = machine.run("up", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["errors"][0]["code"] == "launcher.environment"
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert {event["event"] for event in events} == {"notice"}
    assert any('no "network"' in event["message"] for event in events)


@pytest.fixture
def no_ensurepip(machine: Machine) -> Machine:
    """Debian's python3 without python3-venv; apt-get puts it there."""
    installed = machine.folder / "installed"
    machine.program(
        "python3",
        f'#!/bin/sh\ncase "$*" in *ensurepip*) [ -e "{installed}" ] || exit 1 ;; esac\nexec "{sys.executable}" "$@"\n',
    )
    log = f'echo "$*" >>"{machine.folder}/apt.log"\n'
    then = f'case "$*" in *install*) : >"{installed}" ;; esac\n'
    machine.program("apt-get", f"#!/bin/sh\n{log}{then}")
    machine.program("id", "#!/bin/sh\necho 0\n")
    if os.geteuid() != 0:
        pytest.skip("a machine's root is played by root")
    return machine


def test_without_ensurepip_and_nobody_to_ask_the_command_is_printed(no_ensurepip: Machine) -> None:
    done = no_ensurepip.run("up")
    assert done.returncode == 2
    assert "apt-get install -y --no-install-recommends python3-venv" in done.stderr
    assert not (no_ensurepip.folder / "apt.log").exists()


def test_yes_anywhere_installs_without_a_question(no_ensurepip: Machine) -> None:
    done = no_ensurepip.run("--version", "--yes")
    assert "Installing python3-venv" in done.stderr
    log = (no_ensurepip.folder / "apt.log").read_text().splitlines()
    assert log[-1].endswith("python3-venv")
    assert "Preparing" in done.stderr


def test_who_is_not_root_is_told_what_root_has_to_do(no_ensurepip: Machine) -> None:
    no_ensurepip.program("id", "#!/bin/sh\necho 1000\n")
    done = no_ensurepip.run("up", "--yes")
    assert done.returncode == 1
    assert "As root, or with sudo: apt-get install" in done.stderr


def test_without_a_python_that_is_new_enough_nothing_is_tried(machine: Machine) -> None:
    machine.take_uv()
    machine.program("python3", FAILING_SHIM)
    done = machine.run("up")
    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be handed a home that is not its own")
def test_root_does_not_write_into_a_home_that_it_does_not_own(machine: Machine) -> None:
    os.chown(machine.home, 1000, 1000)
    found = bootstrap('locate_cache; echo "$AIRSTRIP_CACHE_DIR"', machine.environment)
    assert found == f"{pwd.getpwuid(0).pw_dir}/.cache/airstrip"


@pytest.mark.parametrize(
    ("uv", "set_by_user", "expected"),
    [
        ("/cache/uv/1.0/uv", "", "/cache/uv/downloads"),
        ("/cache/uv/1.0/uv", "/mine", "/mine"),
        ("/usr/bin/uv", "", ""),
    ],
)
def test_only_the_uv_that_we_install_downloads_into_our_cache(uv: str, set_by_user: str, expected: str) -> None:
    environment = {"PATH": os.environ["PATH"], "UV_CACHE_DIR": set_by_user, "AIRSTRIP_CACHE_DIR": "/cache"}
    assert bootstrap(f'UV={uv}; locate_downloads; echo "$UV_CACHE_DIR"', environment) == expected


def bootstrap(script: str, environment: dict[str, str]) -> str:
    """What a script prints that has sourced bootstrap.sh."""
    text = f'set -eu; ROOT="{ROOT}"; . "$ROOT/scripts/bootstrap.sh"; {script}'
    done = subprocess.run(["sh", "-c", text], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(("arguments", "code"), [(("-k", "no_such_test"), 0), (("-o", "python_files=none"), 1)])
def test_a_group_without_tests_passes_only_where_some_were_chosen(arguments: tuple[str, ...], code: int) -> None:
    done = subprocess.run(
        [str(ROOT / "scripts" / "test"), "golden", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
