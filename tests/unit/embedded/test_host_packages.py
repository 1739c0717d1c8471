"""What the host must have: the data, what proves presence, asking, and apt-get's ways to fail."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from airstrip.embedded import host_packages
from airstrip.embedded.host_packages import HostPackage
from airstrip.errors import AirstripError, NodeError

Script = Callable[[str, str], None]


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Puts a shell script on a PATH that has nothing else of ours."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(host_packages, "_SBIN", ())
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    def write(name: str, text: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\nHERE={tmp_path}\n{text}\n")
        (folder / name).chmod(0o755)

    return write


def _package(name: str = "frobnicator") -> HostPackage:
    return HostPackage(name, "node", "frobnicates", executables=(name,))


def test_data_is_complete() -> None:
    packages = host_packages._packages()
    assert {package.kind for package in packages} == {"build", "node", "image"}
    assert all(package.purpose and (package.executables or package.files) for package in packages)
    assert {"gcc", "libc6-dev", "libseccomp-dev", "pkg-config"} <= {
        package.name for package in packages if package.kind == "build"
    }


def test_every_file_must_match_one_pattern(tmp_path: Path) -> None:
    package = HostPackage("x", "build", "", files=(("/usr/include/x.h",), ("/usr/lib64/x.a", "/usr/lib/*/x.a")))
    (tmp_path / "usr/include").mkdir(parents=True)
    (tmp_path / "usr/include/x.h").touch()
    assert not package.is_present(tmp_path)
    (tmp_path / "usr/lib/some-arch").mkdir(parents=True)
    (tmp_path / "usr/lib/some-arch/x.a").touch()
    assert package.is_present(tmp_path)


def test_one_error_names_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_packages, "missing", lambda *_kinds: (_package("one"), _package("two")))
    with pytest.raises(NodeError) as caught:
        host_packages.require("node", "image")
    assert caught.value.code == "host.packages-missing"
    assert "one (frobnicates); two (frobnicates)" in caught.value.message


def test_fix_is_the_command(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    script("apt-get", "exit 0")
    monkeypatch.setattr(host_packages, "missing", lambda *_kinds: (_package("one"), _package("two")))
    with pytest.raises(NodeError) as caught:
        host_packages.require("node")
    assert caught.value.fix.endswith("apt-get update && apt-get install -y --no-install-recommends one two")


def test_installs_after_asking(script: Script) -> None:
    script("apt-get", 'echo "$@" >> "$HERE/calls"; cp "$0" "$(dirname "$0")/frobnicator"')
    questions: list[str] = []

    def confirm(question: str) -> bool:
        questions.append(question)
        return True

    host_packages.install([_package()], confirm)
    assert len(questions) == 1
    assert "frobnicator (frobnicates)" in questions[0]
    assert _package().is_present()


def test_nothing_to_install_asks_nothing() -> None:
    host_packages.install([], lambda question: pytest.fail(question))


def test_fresh_machine_gets_package_lists_first(script: Script, tmp_path: Path) -> None:
    script(
        "apt-get",
        'echo "$1" >> "$HERE/calls"\n'
        'if [ "$1" = update ]; then touch "$HERE/lists"; exit 0; fi\n'
        '[ -e "$HERE/lists" ] || { echo "E: Unable to locate package" >&2; exit 100; }\n'
        'cp "$0" "$(dirname "$0")/frobnicator"',
    )
    host_packages.install([_package()], lambda _question: True)
    assert (tmp_path / "calls").read_text().split() == ["install", "update", "install"]


def test_apt_get_that_fails_is_quoted(script: Script) -> None:
    script("apt-get", 'echo "E: no space left" >&2; exit 100')
    with pytest.raises(AirstripError) as caught:
        host_packages.install([_package()], lambda _question: True)
    assert caught.value.code == "host.packages-not-installed"
    assert "E: no space left" in caught.value.details


@pytest.mark.parametrize("reason", ["no", "user", "no apt"])
def test_not_installed_without_consent_or_means(script: Script, monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    script("apt-get", 'touch "$HERE/called"')
    if reason == "user":
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
    if reason == "no apt":
        monkeypatch.setattr(host_packages, "_has_apt", lambda: False)
    with pytest.raises(NodeError) as caught:
        host_packages.install([_package()], lambda _question: reason != "no")
    assert caught.value.code == "host.packages-missing"
    assert caught.value.fix


def test_sbin_counts_as_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_packages, "_SBIN", (str(tmp_path),))
    assert not _package().is_present()
    (tmp_path / "frobnicator").touch(mode=0o755)
    assert _package().is_present()
