"""The licences of everything that is linked into the programs, beside them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_NAMES = re.compile(r"(licen[cs]e|copying|copyright|notice|patents)", re.IGNORECASE)
_CODE = {".go", ".s", ".c", ".h", ".proto", ".sh", ".py"}
# The standard library's LICENSE and PATENTS, word for word; an installed Go may lack the files.
_SAME_AS_GO = "golang.org/x/sys"
# Linked statically into runc and pause; wherever the system keeps the text.
_C_LIBRARIES = {
    "libseccomp": ("/usr/share/doc/libseccomp-dev/copyright", "/usr/share/licenses/libseccomp*/LICENSE"),
    "glibc": ("/usr/share/doc/libc6-dev/copyright", "/usr/share/licenses/glibc*/COPYING*"),
}


@dataclass(frozen=True)
class Package:
    """A Go package that is linked; the standard library's have no module."""

    path: str
    folder: Path
    module: str = ""
    version: str = ""
    module_folder: Path = Path()


def parse_packages(listing: Iterable[str]) -> list[Package]:
    """The lines of `GoBuild.list_arguments`; what go says besides (downloads) is left out."""
    packages = []
    for line in listing:
        fields = line.split("\t")
        if len(fields) == 5:
            path, folder, module, version, module_folder = fields
            packages.append(Package(path, Path(folder), module, version, Path(module_folder)))
        elif len(fields) == 3:
            packages.append(Package(fields[0], Path(fields[1])))
    return packages


def collect_licences(packages: Iterable[Package], out: Path) -> list[str]:
    """Copies every licence text to `out`, one folder for each module and C library.

    Returns what has none, whose folder stays empty: run it here, but do not give it to others.
    """
    wanted: dict[str, set[tuple[Path, Path]]] = {"go": set()}
    for package in packages:
        if package.version:
            texts = wanted.setdefault(f"{package.module}@{package.version}", set())
            texts.update(_along(package))
        if package.module == _SAME_AS_GO:
            wanted["go"].update(_texts(package.module_folder, package.module_folder))
    for library, patterns in _C_LIBRARIES.items():
        found = [path for pattern in patterns for path in sorted(Path("/").glob(pattern.lstrip("/")))]
        wanted[library] = {(path, Path(path.name)) for path in found}
    for name, texts in wanted.items():
        (out / name).mkdir(parents=True, exist_ok=True)
        for source, relative in texts:
            target = out / name / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    return sorted(name for name, texts in wanted.items() if not texts)


def _along(package: Package) -> Iterator[tuple[Path, Path]]:
    """Texts from the package's folder up to its module's: code that came from elsewhere has its own."""
    folder = package.folder
    while folder != package.module_folder.parent:
        yield from _texts(folder, package.module_folder)
        folder = folder.parent


def _texts(folder: Path, root: Path) -> Iterator[tuple[Path, Path]]:
    for path in folder.iterdir():
        if _NAMES.match(path.name) and path.suffix not in _CODE and path.is_file():
            yield path, path.relative_to(root)
