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


class TooLarge(Exception):
    """The folder has more than may be sent."""


class Absent(Exception):
    """What the repository has not got."""


def main(options: dict[str, Any], _: IO[bytes]) -> None:
    """`options`: `check` is the other program's path, `bundle` a name, `submodules`, and the `most` bytes to send.

    Says lines of JSON: parts of an archive, and at last `done` or `failed`.
    """
    voice = _Voice()
    answer: dict[str, Any]
    try:
        with voice.saying():
            answer = {"done": {"commit": _send(SimpleNamespace(**runpy.run_path(options["check"])), options, voice)}}
    except Absent as absent:
        answer = {"failed": str(absent)}
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


def _send(check: Any, options: dict[str, Any], voice: _Voice) -> str:
    """The commit."""
    kwargs = dict(check.git_bundles())[options["bundle"]]
    try:
        with check.entering(check.find_hook(), kwargs, _GIT_SECONDS) as (git, url):
            commit, _ = check.obtain(git, url, kwargs, files=True)
            if options["submodules"] != "off":
                deep = ["--recursive"] if options["submodules"] == "recursive" else []
                git.ok("submodule", "--quiet", "update", "--init", "--depth=1", *deep)
            _pack(Path(git.folder).resolve(), kwargs.get("subdir") or "", options["most"], voice)
            return str(commit)
    except check.Absent as absent:
        raise Absent(str(absent)) from None


def _pack(root: Path, subdir: str, most: int, voice: _Voice) -> None:
    folder = (root / subdir).resolve()
    if not folder.is_relative_to(root):
        raise Absent(f"the repository has no folder {subdir}, which leads out of it")
    with tempfile.TemporaryFile() as packed:
        with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
            _Packing(archive, root, folder, most).add(folder, Path())
        packed.seek(0)
        while chunk := packed.read(_CHUNK):
            voice.say({"data": base64.b64encode(chunk).decode()})


class _Packing:
    """A folder of the repository in an archive, in which each link leads where it leads in a clone, or goes.

    Of what is in the repository and not in the folder the first link to it becomes what is there, and others lead
    to that. So Airflow meets twice what it meets twice in a clone, and a circle ends.
    """

    def __init__(self, archive: tarfile.TarFile, root: Path, folder: Path, most: int) -> None:
        self._archive = archive
        self._root = root
        self._folder = folder
        self._most = most
        self._placed: dict[Path, Path] = {}
        """The folders that a link has become, by where they are."""

    def add(self, path: Path, name: Path) -> None:
        """`name` is its path in the archive. Raises TooLarge before there is more than `most` bytes in that."""
        real = self._in_repository(path)
        if real is None:
            return
        place = self._place(real)
        if place not in (None, name):
            self._write(_link(name, place))
        elif real.is_dir():
            if path != real:
                self._placed[real] = name
            for child in sorted(real.iterdir()):
                self.add(child, name / child.name)
        else:
            self._write(self._archive.gettarinfo(real, str(name)), real)

    def _in_repository(self, path: Path) -> Path | None:
        """What it leads to; None for what nobody may have, and for a link that leads nowhere or to itself."""
        try:
            real = path.resolve(strict=True)
        # Until Python 3.13 the latter for a link to itself.
        except (OSError, RuntimeError):
            return None
        is_inside = real.is_relative_to(self._root) and ".git" not in real.relative_to(self._root).parts
        return real if is_inside else None

    def _place(self, real: Path) -> Path | None:
        """Its path in the archive; None for what is not of the folder, and that no link has become yet."""
        if self._folder.is_relative_to(real):
            # Through what is around the folder Airflow comes to the folder again, as by a link to that.
            return Path()
        known = {**self._placed, self._folder: Path()}
        top = next((each for each in (real, *real.parents) if each in known), None)
        return None if top is None else known[top] / real.relative_to(top)

    def _write(self, member: tarfile.TarInfo, file: Path | None = None) -> None:
        if self._archive.offset + member.size > self._most:
            raise TooLarge(f"more than {self._most >> 20} MiB")
        if file is None:
            self._archive.addfile(member)
        else:
            with file.open("rb") as contents:
                self._archive.addfile(member, contents)


def _link(name: Path, place: Path) -> tarfile.TarInfo:
    member = tarfile.TarInfo(str(name))
    member.type = tarfile.SYMTYPE
    member.linkname = os.path.relpath(place, name.parent)
    return member
