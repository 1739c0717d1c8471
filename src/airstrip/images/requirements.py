"""The Python packages of an Airflow image, every one with its version and hashes.

A lock ships for the default deployment; its first line names what it answers. Other extras or
requirements of the same Airflow are resolved with that lock as constraints, so that they change as
little as possible; other versions are resolved freely.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from airstrip.errors import ImageError
from airstrip.images.oci import architecture
from airstrip.images.request import AirflowImageRequest
from airstrip.process import Command, run
from airstrip.redaction import without_credentials

# Debian 12's Python and C library.
PYTHON = "3.11"
_PLATFORMS = {"amd64": "x86_64-manylinux_2_36", "arm64": "aarch64-manylinux_2_36"}

_UNKNOWN_EXTRA = re.compile(r"`apache-airflow[^`]*` does not have an extra named `([^`]+)`")
_LOCKS = Path(__file__).parent / "locks"


def airflow_requirement(request: AirflowImageRequest) -> str:
    return f"apache-airflow[{','.join(request.extras)}]=={request.version}"


def shipped_lock(request: AirflowImageRequest) -> Path | None:
    """The lock that ships for this version of Airflow."""
    lock = _LOCKS / f"airflow-{request.version}.lock"
    return lock if lock.is_file() else None


def is_answered_by(lock: Path, request: AirflowImageRequest) -> bool:
    """Whether the lock is exactly the answer to the request: the same extras and nothing besides."""
    answered = lock.read_text().partition("\n")[0].removeprefix("# ")
    return not request.requirements and answered == airflow_requirement(request)


def target_options() -> tuple[str, ...]:
    """uv's options for the image's Python; the uv and the Python that run here may be any."""
    return (
        "--python",
        sys.executable,
        "--python-version",
        PYTHON,
        "--python-platform",
        _PLATFORMS[architecture()],
        "--only-binary",
        ":all:",
        "--no-python-downloads",
        "--no-progress",
    )


def uv_environment(uv_cache: Path) -> dict[str, str | None]:
    """What uv must not take over from the environment that we run in, and its cache in ours."""
    return {
        "UV_CACHE_DIR": str(uv_cache),
        "VIRTUAL_ENV": None,
        "UV_PYTHON": None,
        "UV_COMPILE_BYTECODE": None,
        "NO_COLOR": "1",
    }


def build_resolve_command(request: AirflowImageRequest, uv: Path, uv_cache: Path, work: Path) -> Command:
    """The command that writes `work/requirements.lock`.

    Requirements go in by stdin: their URLs may hold a password.
    """
    lock = shipped_lock(request)
    constraints = ("--constraints", str(lock)) if lock else ()
    wanted = "\n".join((airflow_requirement(request), *request.requirements, ""))
    return Command(
        (
            str(uv),
            "pip",
            "compile",
            "-",
            *constraints,
            *target_options(),
            "--generate-hashes",
            "--no-header",
            "--no-annotate",
            "--output-file",
            str(work / "requirements.lock"),
        ),
        env=uv_environment(uv_cache),
        # A pyproject.toml or uv.toml of the folder that Airstrip was called from means nothing here.
        cwd=work,
        stdin=wanted.encode(),
        tied=True,
    )


def resolve_requirements(request: AirflowImageRequest, uv: Path, uv_cache: Path, work: Path) -> Path:
    """A file of hashed requirements for the request; asks the package index unless a lock answers.

    Raises ImageError with uv's own explanation when there is no such set.
    """
    lock = shipped_lock(request)
    if lock is not None and is_answered_by(lock, request):
        return lock
    done = run(build_resolve_command(request, uv, uv_cache, work), check=False)
    # uv only warns of these: the deployment would come up without what was asked for.
    unknown = sorted(set(_UNKNOWN_EXTRA.findall(done.stderr)))
    if unknown:
        raise ImageError(
            "image.unknown-extra",
            f"Airflow {request.version} has no extra named {', '.join(unknown)}",
            cause="A name under airflow.extras is misspelt, or belongs to another version of Airflow.",
            fix="Correct it; a provider without an extra goes under image.requirements by its package's name.",
        )
    if done.exit_code == 0:
        return work / "requirements.lock"
    raise resolve_error(request, done.stderr)


def resolve_error(request: AirflowImageRequest, output: str) -> ImageError:
    """What uv's failure means."""
    details = without_credentials(output.strip())
    if "No solution found" in output:
        held = f" Airflow {request.version} holds each of its own packages at one version."
        return ImageError(
            "image.unresolved",
            "the image's Python packages cannot be installed together",
            cause="uv found no set of versions that satisfies all of them without compiling any."
            + (held if shipped_lock(request) else ""),
            fix="Change airflow.version, airflow.extras or image.requirements as uv's explanation suggests.",
            details=details,
        )
    return ImageError(
        "image.resolve-failed",
        "uv could not work out the image's Python packages",
        cause="A requirement that cannot be read, or a package index that cannot be reached.",
        fix="See uv's message below; its index and certificates are set in uv's own configuration.",
        details=details,
    )
