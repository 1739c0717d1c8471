"""A Debian system as a folder: writing into it, and running its Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from airstrip.errors import ImageError
from airstrip.images import rootfs as rootfs_module
from airstrip.images import system
from airstrip.images.recipe import Folder, SystemRecipe
from airstrip.images.rootfs import compile_bytecode, within
from airstrip.process import Command, Completed

Ran = list[Command]


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder and a file of this machine."""
    host = tmp_path / "host"
    host.mkdir()
    (host / "file").write_text("ours")
    return host


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    return root


def test_a_link_as_the_last_component_is_not_followed(root: Path, outside: Path) -> None:
    (root / "etc/file").symlink_to(outside / "file")
    (root / "etc/dangling").symlink_to(outside / "new")
    (root / "etc/folder").symlink_to(outside)

    for name in ("etc/file", "etc/dangling", "etc/folder", "etc/folder/x", "etc/..", "../host"):
        with pytest.raises(ImageError) as caught:
            within(root, name)
        assert caught.value.code == "image.outside-root", name
    assert within(root, "etc/plain") == root / "etc/plain"


@pytest.mark.parametrize(
    "recipe",
    [
        SystemRecipe((), files={"etc/link": "theirs"}),
        SystemRecipe((), folders=(Folder("etc/link", 50000, 0, 0o777),)),
    ],
)
def test_neither_files_nor_owners_are_changed_through_a_link(recipe: SystemRecipe, root: Path, outside: Path) -> None:
    target = outside if recipe.folders else outside / "file"
    before = target.stat()
    (root / "etc/link").symlink_to(target)

    with pytest.raises(ImageError):
        system._add_files(root, recipe)

    assert (outside / "file").read_text() == "ours"
    assert (target.stat().st_uid, target.stat().st_mode) == (before.st_uid, before.st_mode)


def compiler(monkeypatch: pytest.MonkeyPatch, exit_code: int, stdout: str = "", stderr: str = "") -> Ran:
    """Puts a compiler that ends so in the place of the chroot's; returns what is run."""
    ran: Ran = []

    def run(command: Command, *, check: bool) -> Completed:
        ran.append(command)
        return Completed(command, exit_code, stdout, stderr)

    monkeypatch.setattr(rootfs_module, "run", run)
    return ran


@pytest.fixture
def modules(root: Path) -> Callable[[], None]:
    for number in range(3):
        (root / "etc" / f"m{number}.py").write_text("")
    return lambda: compile_bytecode(root, ("etc",))


def test_compiling_runs_nothing_that_was_installed(
    monkeypatch: pytest.MonkeyPatch, modules: Callable[[], None]
) -> None:
    """A .pth is run by `site`; a `python._pth` beside an environment's python says what is imported."""
    ran = compiler(monkeypatch, 0)
    modules()

    assert ran
    for command in ran:
        argv = list(command.argv)
        assert argv[argv.index("PYTHONHASHSEED=0") + 1 :][:3] == ["/usr/bin/python3", "-I", "-S"]


def test_a_compiler_without_modules_would_compile_what_it_imports(
    monkeypatch: pytest.MonkeyPatch, modules: Callable[[], None]
) -> None:
    ran = compiler(monkeypatch, 0)
    modules()
    assert sorted(command.stdin or b"" for command in ran) == [b"/etc/m0.py", b"/etc/m1.py", b"/etc/m2.py"]


def test_a_module_that_is_no_python_does_not_fail_an_image(
    monkeypatch: pytest.MonkeyPatch, modules: Callable[[], None]
) -> None:
    compiler(monkeypatch, 1, stdout="*** Error compiling '/etc/m0.py'...\nSyntaxError: invalid syntax\n")
    modules()


@pytest.mark.parametrize(
    ("exit_code", "stderr"),
    [
        (126, "chroot: failed to run command '/usr/bin/env': Permission denied"),
        (127, "/usr/bin/env: 'python3': No such file or directory"),
        (-9, ""),
        (1, "Fatal Python error: init_fs_encoding: failed to get the Python codec"),
    ],
)
def test_a_compiler_that_cannot_run_fails_the_image(
    exit_code: int, stderr: str, monkeypatch: pytest.MonkeyPatch, modules: Callable[[], None]
) -> None:
    compiler(monkeypatch, exit_code, stderr=stderr)
    with pytest.raises(ImageError) as caught:
        modules()
    assert caught.value.code == "image.compile-failed"
    assert str(exit_code) in caught.value.message
    assert caught.value.details == stderr
