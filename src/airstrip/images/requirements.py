"""The Python packages of an Airflow image, every one with its version and hashes.

A lock ships for the default deployment; its first line names what it answers. So does, for an extra of
Airstrip's own choice, a list of the packages that it adds to that lock. Other extras or requirements of
the same Airflow are resolved with these as constraints, so that they change as little as possible; other
versions are resolved freely.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
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
_HEAD = re.compile(r"# apache-airflow\[(?P<extras>[^\]]*)\]==.*")
_LOCKS = Path(__file__).parent / "locks"


def airflow_requirement(request: AirflowImageRequest) -> str:
    return f"apache-airflow[{','.join(request.extras)}]=={request.version}"


def shipped_locks(request: AirflowImageRequest) -> tuple[Path, ...]:
    """The lock that ships for this version of Airflow, and what extras of the request add to it."""
    lock = _LOCKS / f"airflow-{request.version}.lock"
    if not lock.is_file():
        return ()
    added = (_LOCKS / f"airflow-{request.version}+{extra}.lock" for extra in request.extras)
    return (lock, *(each for each in added if each.is_file()))


def are_answer(locks: Sequence[Path], request: AirflowImageRequest) -> bool:
    """Whether the locks are exactly the answer to the request: the same extras and nothing besides."""
    answered = [_HEAD.fullmatch(lock.read_text().partition("\n")[0]) for lock in locks]
    extras = {extra for found in answered if found for extra in found["extras"].split(",")}
    return bool(locks) and not request.requirements and extras == set(request.extras)


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
    """The command that writes `work/requirements.lock`."""
    wanted = (airflow_requirement(request), *request.requirements)
    return build_compile_command(wanted, uv, uv_cache, work, constraints=shipped_locks(request))


def build_compile_command(
    wanted: Sequence[str], uv: Path, uv_cache: Path, work: Path, *, constraints: Sequence[Path] = ()
) -> Command:
    """The command that writes `work/requirements.lock` for these requirements.

    They go in by stdin: their URLs may hold a password.
    """
    return Command(
        (
            str(uv),
            "pip",
            "compile",
            "-",
            *(word for lock in constraints for word in ("--constraints", str(lock))),
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
        stdin="\n".join((*wanted, "")).encode(),
        tied=True,
    )


def resolve_requirements(request: AirflowImageRequest, uv: Path, uv_cache: Path, work: Path) -> Path:
    """A file of hashed requirements for the request; asks the package index unless a lock answers.

    Raises ImageError with uv's own explanation when there is no such set.
    """
    locks, answer = shipped_locks(request), work / "requirements.lock"
    if are_answer(locks, request):
        answer.write_text("".join(lock.read_text() for lock in locks))
        return answer
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
        return answer
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
            + (held if shipped_locks(request) else ""),
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
