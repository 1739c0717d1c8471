"""The lock of a task image: its requirements, and what airstrip_pods needs, with versions and hashes."""

from __future__ import annotations

import re
import tempfile
from importlib.metadata import requires
from pathlib import Path

from airstrip.errors import ImageError
from airstrip.events import Emit, step
from airstrip.images.conda.environment import CondaEnvironment, check_locked
from airstrip.images.conda.solver import run_rattler
from airstrip.images.pods_package import DISTRIBUTION
from airstrip.images.requirements import build_compile_command
from airstrip.images.store import ImageStore
from airstrip.images.tasks.definition import LOCK, REQUIREMENTS, TaskImage
from airstrip.process import run
from airstrip.redaction import without_credentials
from airstrip.report_file import write_report

_CONDA_PYTHON = re.compile(r"(?:\S+::)?python\b(?![-_.])")


def lock_task_image(image: TaskImage, cache: Path, uv: Path, emit: Emit) -> bool:
    """Writes the lock anew, of the newest versions that the requirements allow; whether it changed.

    Raises ImageError with uv's own explanation where there is no such set.
    """
    with step(emit, "image.lock", f"Resolve the packages of {image.name}") as progress:
        before = image.lock.read_text(encoding="utf-8") if image.lock.is_file() else ""
        text = f"{image.lock_head}\n{_resolved(image, ImageStore(cache), uv)}"
        if text == before:
            progress.note = "unchanged"
            return False
        write_report(image.lock, text, private=False)
        count = text.count("\n- conda: ") if image.conda else text.count("==")
        progress.note = f"{count} packages"
    return True


def require_lock(image: TaskImage) -> Path:
    """Raises ImageError where it is not there, the requirements have changed since, or it holds credentials."""
    if image.is_locked:
        if image.conda:
            check_locked(image.lock)
        return image.lock
    cause = "Its requirements have changed since." if image.lock.exists() else "Nobody made one yet."
    raise ImageError(
        "image.not-locked",
        f"the image {image.name} has no lock of its requirements: {image.lock}",
        cause=f"{cause} It is built from a lock alone, so that it is the same wherever it is built.",
        fix=f"./airstrip image lock {image.name}",
    )


def pods_requirements() -> tuple[str, ...]:
    """What airstrip_pods, which every task image has, imports of others."""
    return tuple(line for line in requires(DISTRIBUTION) or () if "extra ==" not in line)


def _resolved(image: TaskImage, store: ImageStore, uv: Path) -> str:
    if image.conda:
        return _solved(image, image.conda, store, uv)
    with tempfile.TemporaryDirectory(prefix="airstrip-lock-") as folder:
        work = Path(folder)
        wanted = (*image.requirements, *pods_requirements())
        done = run(build_compile_command(wanted, uv, store.uv_cache, work), check=False)
        if done.exit_code == 0:
            return (work / LOCK).read_text(encoding="utf-8")
    raise _unresolved(image, without_credentials(done.stderr.strip()))


def _solved(image: TaskImage, conda: CondaEnvironment, store: ImageStore, uv: Path) -> str:
    """With what airstrip_pods imports, where there is a Python in it."""
    has_python = any(_CONDA_PYTHON.match(spec) for spec in conda.specs)
    specs = [*conda.specs, *(pods_requirements() if has_python else ())]
    with tempfile.TemporaryDirectory(prefix="airstrip-lock-") as folder:
        work = Path(folder)
        asked = {"do": "solve", "channels": conda.channels, "specs": specs, "lock": str(work / LOCK)}
        if said := run_rattler(asked, store, uv, work):
            raise ImageError(
                "image.conda-unresolved",
                f"the conda packages of the image {image.name} cannot be installed together, or were not found",
                cause="A channel has no such package for this system, or could not be reached.",
                fix=f"Change {conda.file} as rattler's words suggest.",
                details=said,
            )
        return (work / LOCK).read_text(encoding="utf-8")


def _unresolved(image: TaskImage, output: str) -> ImageError:
    file = image.folder / REQUIREMENTS
    if "No solution found" in output:
        return ImageError(
            "image.unresolved",
            f"the Python packages of the image {image.name} cannot be installed together",
            cause="uv found no set of versions that satisfies all of them without compiling any.",
            fix=f"Change {file} as uv's explanation suggests.",
            details=output,
        )
    return ImageError(
        "image.resolve-failed",
        f"uv could not work out the Python packages of the image {image.name}",
        cause=f"A requirement in {file} that cannot be read, or a package index that cannot be reached.",
        fix="See uv's message below; its index and certificates are set in uv's own configuration.",
        details=output,
    )
