from __future__ import annotations

import re
from pathlib import Path

import pytest

from airstrip.errors import ImageError
from airstrip.images import AirflowImageRequest
from airstrip.images.requirements import (
    are_answer,
    build_resolve_command,
    resolve_error,
    resolve_requirements,
    shipped_locks,
)

EXTRAS = ("cncf-kubernetes", "postgres", "fab")
DEFAULT = AirflowImageRequest("3.3.2", EXTRAS)


def fake_uv(folder: Path, script: str) -> Path:
    uv = folder / "uv"
    uv.write_text(f"#!/bin/sh\n{script}\n")
    uv.chmod(0o755)
    return uv


def test_the_default_needs_no_resolving(tmp_path: Path) -> None:
    (lock,) = shipped_locks(DEFAULT)

    assert resolve_requirements(DEFAULT, Path("/no/uv"), tmp_path, tmp_path).read_text() == lock.read_text()


def test_dags_from_git_need_no_resolving(tmp_path: Path) -> None:
    """The provider, and what it alone needs: the rest of the set is the default's."""
    request = AirflowImageRequest("3.3.2", (*EXTRAS, "git"))
    lock = resolve_requirements(request, Path("/no/uv"), tmp_path, tmp_path).read_text()

    def packages(text: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9.-]+)==", text, re.MULTILINE))

    (default,) = shipped_locks(DEFAULT)
    added = packages(lock) - packages(default.read_text())
    assert added == {"apache-airflow-providers-git", "gitdb", "gitpython", "smmap"}
    assert lock.startswith(default.read_text())


def test_the_shipped_lock_is_pinned_hashed_and_names_no_index() -> None:
    (lock,) = shipped_locks(DEFAULT)
    text = lock.read_text()

    pinned = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line)]
    assert len(pinned) > 150
    assert all(re.fullmatch(r"[a-z0-9._\[\],-]+==\S+( ; .*)? \\", line) for line in pinned)
    assert "://" not in text
    assert "--index" not in text


@pytest.mark.parametrize(
    "request_",
    [
        AirflowImageRequest("3.3.2", ("amazon", *EXTRAS)),
        AirflowImageRequest("3.3.2", EXTRAS, requirements=("pandas",)),
    ],
)
def test_other_needs_of_the_same_version_are_held_by_the_lock(request_: AirflowImageRequest, tmp_path: Path) -> None:
    (lock,) = shipped_locks(request_)
    assert not are_answer((lock,), request_)
    argv = build_resolve_command(request_, Path("uv"), tmp_path, tmp_path).argv
    assert argv[argv.index("--constraints") + 1] == str(lock)


def test_another_version_is_resolved_freely(tmp_path: Path) -> None:
    request = AirflowImageRequest("3.3.1", EXTRAS)

    assert shipped_locks(request) == ()
    assert "--constraints" not in build_resolve_command(request, Path("uv"), tmp_path, tmp_path).argv


def test_requirements_are_not_in_the_arguments(tmp_path: Path) -> None:
    request = AirflowImageRequest("3.3.2", EXTRAS, requirements=("mine @ https://me:pw@example.org/mine.whl",))
    command = build_resolve_command(request, Path("uv"), tmp_path, tmp_path)

    assert command.tied
    assert not any("pw" in argument for argument in command.argv)
    assert command.stdin == (
        b"apache-airflow[cncf-kubernetes,fab,postgres]==3.3.2\nmine @ https://me:pw@example.org/mine.whl\n"
    )


def test_uv_s_own_explanation_is_shown(tmp_path: Path) -> None:
    uv = fake_uv(tmp_path, "echo 'No solution found: because a>2 (https://me:pw@example.org)' >&2; exit 1")
    request = AirflowImageRequest("3.3.2", EXTRAS, requirements=("a>2",))

    with pytest.raises(ImageError) as caught:
        resolve_requirements(request, uv, tmp_path / "cache", tmp_path)

    assert caught.value.code == "image.unresolved"
    assert caught.value.details == "No solution found: because a>2 (https://***@example.org)"


def test_an_index_that_is_away_is_something_else() -> None:
    error = resolve_error(DEFAULT, "error: Failed to fetch: `https://example.org/simple/a/`")

    assert error.code == "image.resolve-failed"
    assert "Failed to fetch" in error.details


def test_an_extra_that_does_not_exist_is_no_mere_warning(tmp_path: Path) -> None:
    warning = "warning: The package `apache-airflow==3.3.2` does not have an extra named `amazone`"
    uv = fake_uv(tmp_path, f"echo '{warning}' >&2")

    with pytest.raises(ImageError) as caught:
        resolve_requirements(AirflowImageRequest("3.3.2", ("amazone",)), uv, tmp_path, tmp_path)

    assert caught.value.code == "image.unknown-extra"
    assert "amazone" in caught.value.message
