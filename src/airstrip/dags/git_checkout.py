"""The DAG files of a repository, as whoever clones it gets them. A program, which is sent into a pod and run there.

That is a pod of the check of git, whose program (`check`) knows how to get in: the same hook, settings and Secret.
Nothing of what it fetches is run. The standard library, and that program.
"""

from __future__ import annotations

import base64
import json
import os
import runpy
import subprocess  # noqa: TID251 - this runs in the image, where process.py is not
import sys
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

_CHUNK = 48 * 1024
_SAY_SECONDS = 10.0
_GIT_SECONDS = 540
"""For a fetch: git's own limits end one that stands still."""
_FILTER = "--filter=blob:none"


class TooLarge(Exception):
    """The folder has more than may be sent."""


def main(options: dict[str, Any], _: IO[bytes]) -> None:
    """`options`: `check` is the other program's path, `bundle` a name, `submodules`, and the `most` bytes to send.

    Says lines of JSON: parts of an archive, and at last `done` or `failed`.
    """
    voice = _Voice()
    answer: dict[str, Any]
    try:
        with voice.saying():
            answer = {"done": _send(SimpleNamespace(**runpy.run_path(options["check"])), options, voice)}
    except subprocess.CalledProcessError as error:
        answer = {"failed": (error.stderr or "").strip() or f"git ended with {error.returncode}"}
    # Of Airflow's hook, of the other program, or of the disk.
    except Exception as error:
        answer = {"failed": f"{type(error).__name__}: {error}", "large": isinstance(error, TooLarge)}
    voice.say(answer)


class _Voice:
    """On stdout; says something while a fetch does not: a connection without traffic may be cut."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def say(self, line: dict[str, Any]) -> None:
        with self._lock:
            print(json.dumps(line), flush=True)

    @contextmanager
    def saying(self) -> Iterator[None]:
        thread = threading.Thread(target=self._say_on, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _say_on(self) -> None:
        while not self._ended.wait(_SAY_SECONDS):
            self.say({"working": True})


def _send(check: Any, options: dict[str, Any], voice: _Voice) -> dict[str, Any]:
    """The commit."""
    kwargs = dict(check.git_bundles())[options["bundle"]]
    hook = check.find_hook()(git_conn_id=kwargs["git_conn_id"], repo_url=kwargs["repo_url"])
    with hook.configure_hook_env(), tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch).resolve()
        commit = _check_out(check, _git(check, root, hook.env), hook.repo_url, kwargs["tracking_ref"])
        if options["submodules"] != "off":
            deep = ["--recursive"] if options["submodules"] == "recursive" else []
            _git(check, root, hook.env).ok("submodule", "--quiet", "update", "--init", "--depth=1", *deep)
        _pack(root, (root / (kwargs.get("subdir") or "")).resolve(), options["most"], voice)
    return {"commit": commit}


def _git(check: Any, root: Path, env: dict[str, str]) -> Any:
    class WithFiles(check.Git):  # type: ignore[misc]
        """Where the check of git leaves files out, they are what is wanted here."""

        def run(self, *arguments: str) -> Any:
            return super().run(*(each for each in arguments if each != _FILTER))

    return WithFiles(root, env, _GIT_SECONDS)


def _check_out(check: Any, git: Any, url: str, ref: str) -> str:
    commit = check.find_ref(git, url, ref)
    git.ok("init", "--quiet", ".")
    git.ok("remote", "add", "origin", url)
    found = str(check.fetch(git, ref, commit))
    git.ok("checkout", "--quiet", "--detach", found)
    return found


def _pack(root: Path, folder: Path, most: int, voice: _Voice) -> None:
    """A link that leads out of the folder, but not of the repository, becomes what is there; any other goes."""
    with tempfile.TemporaryFile() as packed:
        with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
            for path in _entries(folder):
                _add(archive, root, folder, path)
                if archive.offset > most:
                    raise TooLarge(f"more than {most >> 20} MiB")
        packed.seek(0)
        while chunk := packed.read(_CHUNK):
            voice.say({"data": base64.b64encode(chunk).decode()})


def _entries(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        yield from (Path(place, name) for name in folders if Path(place, name).is_symlink())
        yield from (Path(place, name) for name in sorted(files) if name != ".git")


def _add(archive: tarfile.TarFile, root: Path, folder: Path, path: Path) -> None:
    target = path.resolve()
    leads_out = path.is_symlink() and not target.is_relative_to(folder)
    if leads_out and (not target.exists() or not target.is_relative_to(root) or folder.is_relative_to(target)):
        return
    archive.add(target if leads_out else path, str(path.relative_to(folder)), recursive=leads_out)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.stdin.buffer)
