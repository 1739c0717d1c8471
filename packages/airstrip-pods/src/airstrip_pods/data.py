"""A project's data: the same code reads and writes a folder, NFS, S3, GCS or OCI Object Storage.

Who this is, the workload's own identity says; there are no keys here. Through fsspec, whether Airflow is there or
not: its ObjectStoragePath would bring connections, which a task image without Airflow has not, and it completes an
upload that an exception cut off. What it is good for takes `data_url` as well.
"""

from __future__ import annotations

import io
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, Literal, TextIO, cast, overload
from urllib.parse import urlsplit

from airstrip_pods.conventions import DATA_DIR, STORE_CLIENTS, check_project
from airstrip_pods.errors import ProjectError
from airstrip_pods.surroundings import project_data, require_pod_of
from airstrip_pods.writing import Destination, ObjectDestination, PathDestination, TextWriter, Writer

_FOLDERS = ("", "file", "local")
_MODES = ("r", "rt", "rb", "w", "wt", "wb")


def data_url(project: str) -> str:
    """Where the project's data is, without a slash at the end: file:///opt/data, s3://bucket/prefix/PROJECT.

    A path stands in it as it is, with its spaces: as fsspec has it, and not as a browser.
    Asks nobody, so a DAG file may call it for any project while it is parsed.
    """
    return project_data(check_project(project)) or f"file://{DATA_DIR}"


@overload
def open_data(project: str, path: str, mode: Literal["rb", "wb"] = "rb") -> BinaryIO: ...


@overload
def open_data(
    project: str,
    path: str,
    mode: Literal["r", "rt", "w", "wt"],
    *,
    encoding: str = "utf-8",
    newline: str | None = None,
) -> TextIO: ...


@overload
def open_data(
    project: str, path: str, mode: str, *, encoding: str = "utf-8", newline: str | None = None
) -> IO[Any]: ...


def open_data(
    project: str, path: str, mode: str = "rb", *, encoding: str = "utf-8", newline: str | None = None
) -> IO[Any]:
    """Opens a file of the project's data; `path` is relative to it. Modes: r, w, with b for bytes.

    What is written appears under its name, whole, when the file is closed. An exception within `with`, or a process
    that ends, leaves what was there before. Files that are written cannot seek; folders are made as needed.
    Raises ValueError for a path that leaves the project, FileNotFoundError, and ProjectError in a pod that has not
    the project's data.
    """
    if mode not in _MODES:
        raise ValueError(f"mode {mode!r}: one of {', '.join(_MODES)}. A file is written anew, as a whole.")
    require_pod_of(project)
    names = _names(path)
    url = data_url(project)
    protocol = urlsplit(url).scheme
    if protocol in _FOLDERS:
        binary = _open_in_folder(project, url.removeprefix(f"{protocol}://"), names, writes=mode[0] == "w")
    else:
        binary = _open_object(url, protocol, names, writes=mode[0] == "w")
    if "b" in mode:
        return binary
    wrapper = TextWriter if mode[0] == "w" else io.TextIOWrapper
    return wrapper(binary, encoding=encoding, newline=newline)


def _names(path: str) -> tuple[str, ...]:
    """The parts of a path within a project."""
    parts = PurePosixPath(path).parts
    if not parts or path.endswith("/") or "\0" in path:
        raise ValueError(f"{path!r} is not the path of a file.")
    if parts[0].startswith("/") or ".." in parts:
        raise ValueError(f"{path!r} leaves the project: a path is relative to the project's data, as in out/table.csv.")
    return parts


def _open_in_folder(project: str, root: str, names: tuple[str, ...], *, writes: bool) -> IO[bytes]:
    folder = _folder(project, Path(root))
    path = folder.joinpath(*names).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"{'/'.join(names)!r} leaves the project through a link.")
    return _writer(PathDestination(path), str(path)) if writes else path.open("rb")


def _folder(project: str, root: Path) -> Path:
    """The project's folder. The claim's was mounted; below a base it is made by whoever writes first."""
    if project_data(project) or root.is_dir():
        return root
    raise ProjectError(
        f"This pod has no data of the project {project!r}: there is no {root}.",
        fix=f"Make the pod with airstrip_pods.project({project!r}): KubernetesPodOperator(..., **that.operator), or "
        "@task(**that.task) under KubernetesExecutor. Under LocalExecutor tasks reach data in an object store only.",
    )


def _open_object(url: str, protocol: str, names: tuple[str, ...], *, writes: bool) -> IO[bytes]:
    if protocol not in STORE_CLIENTS:
        raise ProjectError(
            f"Project data cannot be in {protocol}://.",
            fix=f"Use a folder, or one of {', '.join(f'{name}://' for name in STORE_CLIENTS)}.",
        )
    from fsspec.core import url_to_fs

    try:
        files, root = url_to_fs(url)
    except ImportError as error:
        raise ProjectError(
            f"This image cannot read {protocol}://: {error}",
            fix=f"Add {STORE_CLIENTS[protocol]} to the image's requirements.txt, and lock and build it again; for "
            "Airflow's own image, to image.requirements in the file, then run: ./airstrip up",
        ) from error
    path = f"{root.rstrip('/')}/{'/'.join(names)}"
    if not writes:
        # What this process has listed before is kept, and others write meanwhile.
        files.invalidate_cache(path.rpartition("/")[0])
        opened: IO[bytes] = files.open(path, "rb")
        return opened
    return _writer(ObjectDestination(files.open(path, "wb")), f"{url}/{'/'.join(names)}")


def _writer(destination: Destination, name: str) -> IO[bytes]:
    return cast("IO[bytes]", Writer(destination, name))
