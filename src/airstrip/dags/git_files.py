"""DAG files of git on this machine, by a pod that gets into the repository as whoever clones it."""

from __future__ import annotations

import base64
import json
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from airstrip.dags import git_checkout
from airstrip.dags.pod import Joined
from airstrip.dags.sending import MOST_MIB
from airstrip.dags.volume import BOOT
from airstrip.errors import AirstripError
from airstrip.kube import Cluster, run_in_pod
from airstrip.redaction import without_credentials

_SECONDS = 600.0
_IN_MEMORY = 1 << 24
_OF_SSH = "fatal: Could not read from remote repository."


def fetch_files(
    cluster: Cluster,
    pod: str,
    job: Mapping[str, Any],
    options: Mapping[str, Any],
    into: Path,
    say: Callable[[str], None],
) -> str:
    """Puts the files of one bundle into a folder that is there; returns the commit.

    `job` made the pod; `options` are for git_checkout. Raises AirstripError with git's own words.
    """
    program = Path(git_checkout.__file__).read_text(encoding="utf-8")
    header = json.dumps({"program": program, "most": MOST_MIB << 20, **options}).encode() + b"\n"
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as packed, tempfile.TemporaryFile() as nothing:
        lines = run_in_pod(
            cluster,
            pod,
            job["metadata"]["namespace"],
            container=job["spec"]["template"]["spec"]["containers"][0]["name"],
            argv=["python", "-c", BOOT],
            stdin=Joined(header, nothing),
            timeout=_SECONDS,
        )
        said: Mapping[str, Any] = {}
        say(f"fetching {options['bundle']}")
        for said in filter(None, map(_read, lines)):
            packed.write(base64.b64decode(said.get("data", "")))
        if "done" not in said:
            raise _failed(str(options["bundle"]), said)
        packed.seek(0)
        with tarfile.open(fileobj=packed, mode="r:gz") as archive:
            archive.extractall(into, filter=_kept)
    return str(said["done"]["commit"])


def _read(line: str) -> Mapping[str, Any]:
    """A line of the program's own; others are of what it imports, such as Airflow's warnings."""
    with suppress(ValueError):
        found = json.loads(line)
        if isinstance(found, dict):
            return found
    return {}


def _kept(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """Whoever writes to the repository writes nothing else on this machine, and no link leads to it."""
    try:
        return tarfile.data_filter(member, folder)
    except tarfile.FilterError:
        return None


def _failed(bundle: str, said: Mapping[str, Any]) -> AirstripError:
    if said.get("large"):
        return AirstripError(
            "dags.git-too-large",
            f"the DAG files of the bundle {bundle} are too large to be checked",
            cause=f"Their folder has {said['failed'].removeprefix('TooLarge: ')}.",
            fix="Keep data out of it, or name a folder of the repository: `path` under dags.git.",
        )
    words = without_credentials(str(said.get("failed") or "it said nothing"))
    return AirstripError(
        "dags.git-not-fetched",
        f"the DAG files of the bundle {bundle} could not be fetched to check them: {_telling(words)}",
        cause="The server does not answer any more, or does not let the deployment in.",
        fix="See what is wrong: ./airstrip doctor",
        details=words,
    )


def _telling(words: str) -> str:
    """The line that says most: what git ends by; but of ssh the one before that, as git then says no more than that."""
    lines = [line.strip() for line in (words.partition(_OF_SSH)[0].strip() or words).splitlines()]
    return next((line for line in reversed(lines) if line.startswith(("fatal: ", "error: "))), lines[-1]).rstrip(".")
