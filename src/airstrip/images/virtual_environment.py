"""The Airflow image's Python packages as a virtual environment on this machine: what `dev` and `test` run in.

    CACHE/dev/KEY/     the environment; KEY is a hash of the lock and of airstrip_pods, so that equal needs share one
    CACHE/dev/KEY.ok   written last: an environment without it was cut off, and is made anew. Held while it is in use

The same lock as the image's, with pytest beside it where the lock has none, and the same airstrip_pods. Its
Python has the image's minor version: wheels and a lock are for one.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from airstrip.errors import ImageError
from airstrip.events import Emit, Progress, step
from airstrip.images.environment import add_start_up
from airstrip.images.lock import ensure_lock, known_lock
from airstrip.images.pods_package import PACKAGE, pods_digest, pods_files
from airstrip.images.request import AirflowImageRequest
from airstrip.images.requirements import PYTHON, uv_environment
from airstrip.images.store import ImageStore, remove_tree
from airstrip.process import Command, run
from airstrip.redaction import without_credentials

# Raise it when something here makes another environment of the same lock.
_FORMAT = 2
# Installed with bytecode, and what is downloaded for it.
_NEEDED_MB = 1500

_TOOLS = Path(__file__).parent / "locks" / "tools.lock"
# The environment's own Python compiles, which would put it elsewhere, or nowhere.
_ITS_OWN_BYTECODE = {"PYTHONPYCACHEPREFIX": None, "PYTHONDONTWRITEBYTECODE": None}
_NAME = re.compile(r"([A-Za-z0-9._-]+)==")


@dataclass(frozen=True)
class VirtualEnvironment:
    """`key` is the hash that it is made by."""

    folder: Path
    key: str

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        return self.folder / "lib" / f"python{PYTHON}" / "site-packages"


def ensure_virtual_environment(request: AirflowImageRequest, cache: Path, uv: Path, emit: Emit) -> VirtualEnvironment:
    """Out of the cache, without a network; else made by uv. Raises ImageError, LockError."""
    store = ImageStore(cache)
    with step(emit, "dev.environment", f"Make the environment of Airflow {request.version}") as progress:
        made = find_virtual_environment(request, cache)
        if made is not None:
            progress.note = "cached"
            return made
        with store.in_use(), store.building("environment", progress) as work:
            store.require_space(_NEEDED_MB)
            progress.say("resolving Python packages")
            lock = ensure_lock(request, store, uv, work)
            return _ensure_made(lock, store, uv, work, progress)


def find_virtual_environment(request: AirflowImageRequest, cache: Path) -> VirtualEnvironment | None:
    """The environment, where it was made before."""
    lock = known_lock(request, ImageStore(cache))
    environment = _named(lock, cache) if lock else None
    return environment if environment and is_whole(environment) else None


def _named(lock: Path, cache: Path) -> VirtualEnvironment:
    inputs = f"{_FORMAT} {PYTHON} {pods_digest()}\n".encode() + lock.read_bytes() + _TOOLS.read_bytes()
    key = hashlib.sha256(inputs).hexdigest()[:24]
    return VirtualEnvironment(environments_folder(cache) / key, key)


def environments_folder(cache: Path) -> Path:
    return cache.absolute() / "dev"


def is_whole(environment: VirtualEnvironment) -> bool:
    """Its Python, too: that of the machine may have gone since."""
    return stamp_of(environment).is_file() and environment.python.exists()


def stamp_of(environment: VirtualEnvironment) -> Path:
    return environment.folder.with_suffix(".ok")


def _ensure_made(lock: Path, store: ImageStore, uv: Path, work: Path, progress: Progress) -> VirtualEnvironment:
    environment = _named(lock, store.root.parent)
    if is_whole(environment):
        progress.note = "made by another Airstrip"
        return environment
    stamp_of(environment).unlink(missing_ok=True)
    remove_tree(environment.folder)
    environment.folder.parent.mkdir(parents=True, exist_ok=True)
    _make(build_venv_command(environment, uv, store.uv_cache, work))
    progress.say("installing and compiling Python packages")
    wanted = work / "wanted.lock"
    wanted.write_text(with_tools(lock.read_text(), _TOOLS.read_text()))
    _install(build_sync_command(environment, uv, store.uv_cache, wanted, work))
    add_start_up(environment.site_packages)
    _add_pods(environment)
    stamp_of(environment).touch()
    return environment


def with_tools(lock: str, tools: str) -> str:
    """The lock, and those of the tools that it has no version of itself."""
    named = {_plain(name) for name in _NAME.findall(lock)}
    blocks = re.split(r"\n(?=[A-Za-z0-9])", tools)
    missing = [block for block in blocks if (found := _NAME.match(block)) and _plain(found[1]) not in named]
    return "\n".join((lock.rstrip("\n"), *missing, ""))


def _plain(name: str) -> str:
    return re.sub(r"[._-]+", "-", name).lower()


def build_venv_command(environment: VirtualEnvironment, uv: Path, uv_cache: Path, work: Path) -> Command:
    """The command that makes an empty environment of the image's minor version of Python."""
    return Command(
        (str(uv), "venv", "--python", PYTHON, "--no-python-downloads", "--no-project", str(environment.folder)),
        env=uv_environment(uv_cache),
        cwd=work,
        tied=True,
    )


def build_sync_command(environment: VirtualEnvironment, uv: Path, uv_cache: Path, lock: Path, work: Path) -> Command:
    """The command that installs exactly the packages of `lock`, with bytecode.

    Without it an import takes twice the time, and imports are most of what an author waits for.
    """
    options = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "--compile-bytecode", "--no-progress")
    return Command(
        (str(uv), "pip", "install", "--python", str(environment.python), *options, "--requirements", str(lock)),
        env={**uv_environment(uv_cache), **_ITS_OWN_BYTECODE},
        cwd=work,
        tied=True,
    )


def _add_pods(environment: VirtualEnvironment) -> None:
    """What DAGs import of ours, as the image has it, and compiled as all else."""
    for name, content in pods_files().items():
        path = environment.site_packages / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    compiled = (str(environment.python), "-m", "compileall", "-q", str(environment.site_packages / PACKAGE))
    run(Command(compiled, env=_ITS_OWN_BYTECODE, tied=True))


def _make(command: Command) -> None:
    done = run(command, check=False)
    if done.exit_code == 0:
        return
    if "No interpreter found" in done.stderr:
        raise ImageError(
            "dev.no-python",
            f"there is no Python {PYTHON} on this machine",
            cause=f"The image has Python {PYTHON}, and its packages are locked for that; uv found none.",
            fix=f"Install it: apt-get install python{PYTHON}   (as root), or: uv python install {PYTHON}",
        )
    raise _failed("uv could not make the environment", done.stderr)


def _install(command: Command) -> None:
    done = run(command, check=False)
    if done.exit_code != 0:
        raise _failed("uv could not install the environment's packages", done.stderr)


def _failed(message: str, output: str) -> ImageError:
    return ImageError(
        "dev.environment-failed",
        message,
        cause="The package index could not be reached, a package has no wheel for this machine, or the disk is full.",
        fix="See uv's message below; its index and certificates are set in uv's own configuration.",
        details=without_credentials(output.strip()),
    )
