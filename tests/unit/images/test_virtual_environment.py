"""The image's Python packages on an author's machine: the same lock, and what is run for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from airstrip.errors import ImageError
from airstrip.images import AirflowImageRequest, find_virtual_environment
from airstrip.images.lock import ensure_lock, known_lock, requirements_key
from airstrip.images.requirements import shipped_locks
from airstrip.images.store import ImageStore
from airstrip.images.virtual_environment import (
    VirtualEnvironment,
    build_sync_command,
    ensure_virtual_environment,
    with_tools,
)

DEFAULT = AirflowImageRequest("3.3.2", ("cncf-kubernetes", "fab", "postgres"))
TOOLS = "# comment\niniconfig==2.3.1 \\\n    --hash=sha256:aa\npytest==9.2.0 \\\n    --hash=sha256:bb\n"
# What the tests have uv answer; its cache and its index are not asked.
FAKE = """#!/bin/sh
case "$1 $2" in
"pip compile") echo "resolved" >>"$LOG"; cp "$LOCK" requirements.lock ;;
venv*) echo "{words}" >&2; exit {code} ;;
esac
"""


def test_the_tools_are_added_where_the_lock_has_none() -> None:
    assert with_tools("six==1 \\\n    --hash=sha256:00\n", TOOLS) == (
        "six==1 \\\n    --hash=sha256:00\n" + TOOLS.removeprefix("# comment\n") + "\n"
    )


def test_a_tool_that_the_author_asked_for_stays_as_it_is() -> None:
    lock = "PyTest==8.0 \\\n    --hash=sha256:00\n"
    combined = with_tools(lock, TOOLS)
    assert "pytest==9.2.0" not in combined
    assert "sha256:bb" not in combined
    assert "iniconfig==2.3.1" in combined


def test_the_shipped_lock_answers_the_default_without_asking(tmp_path: Path) -> None:
    assert known_lock(DEFAULT, ImageStore(tmp_path)) == shipped_locks(DEFAULT)[0]


def test_what_was_resolved_once_is_kept_until_it_is_asked_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request = AirflowImageRequest("3.3.2", DEFAULT.extras, ("pandas>=2",))
    store, uv = ImageStore(tmp_path / "cache"), fake_uv(tmp_path, monkeypatch)
    store.root.mkdir(parents=True)
    assert known_lock(request, store) is None
    for expected, refresh in ((1, False), (1, False), (2, True)):
        work = tmp_path / f"work-{expected}-{refresh}"
        work.mkdir(exist_ok=True)
        lock = ensure_lock(request, store, uv, work, refresh=refresh)
        assert lock == known_lock(request, store) == store.lock(requirements_key(request))
        assert (tmp_path / "log").read_text().count("resolved") == expected
    assert lock.parent.stat().st_mode & 0o077 == 0, "a URL in it may hold a password"


def test_debian_packages_change_no_lock_and_requirements_do() -> None:
    plain = AirflowImageRequest("3.3.2", DEFAULT.extras)
    assert requirements_key(plain) == requirements_key(AirflowImageRequest("3.3.2", DEFAULT.extras, (), ("jq",)))
    assert requirements_key(plain) != requirements_key(AirflowImageRequest("3.3.2", DEFAULT.extras, ("six",)))


@pytest.mark.parametrize(
    ("words", "code"),
    [("No interpreter found for Python 3.11", "dev.no-python"), ("error: disk full", "dev.environment-failed")],
)
def test_uv_cannot_make_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, code: str) -> None:
    uv = fake_uv(tmp_path, monkeypatch, words=words, code=2)
    with pytest.raises(ImageError) as raised:
        ensure_virtual_environment(DEFAULT, tmp_path / "cache", uv, lambda _: None)
    assert raised.value.code == code
    assert find_virtual_environment(DEFAULT, tmp_path / "cache") is None


def test_it_is_compiled_by_its_own_python_into_its_own_folder(tmp_path: Path) -> None:
    environment = VirtualEnvironment(tmp_path / "env", "key")
    command = build_sync_command(environment, Path("/uv"), tmp_path, tmp_path / "lock", tmp_path)
    assert "--compile-bytecode" in command.argv
    assert "--require-hashes" in command.argv
    assert command.env["PYTHONPYCACHEPREFIX"] is None


def fake_uv(folder: Path, monkeypatch: pytest.MonkeyPatch, *, words: str = "", code: int = 0) -> Path:
    uv = folder / "uv"
    uv.write_text(FAKE.format(words=words, code=code))
    uv.chmod(0o755)
    (folder / "resolved.lock").write_text("six==1 \\\n    --hash=sha256:00\n")
    monkeypatch.setenv("LOG", str(folder / "log"))
    monkeypatch.setenv("LOCK", str(folder / "resolved.lock"))
    return uv
