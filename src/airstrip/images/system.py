"""A Debian system as a layer, made by mmdebstrap from the packages of this machine's mirrors."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from airstrip.errors import CommandError, ImageError
from airstrip.events import Progress
from airstrip.images.layer import EPOCH, Layer, write_layer
from airstrip.images.recipe import SUITE, SystemRecipe
from airstrip.images.rootfs import clean, compile_bytecode, within
from airstrip.images.sources import host_sources, proxy_environment
from airstrip.images.store import ImageStore
from airstrip.process import Command, stream
from airstrip.redaction import without_credentials

_KEPT = ("http_proxy", "https_proxy", "no_proxy", "tmpdir")
_EXCLUDED = ("doc", "info", "lintian", "linda", "locale", "man")


def ensure_system_layer(
    recipe: SystemRecipe, store: ImageStore, work: Path, progress: Progress, *, refresh: bool
) -> Layer:
    """The recipe's layer out of the cache, or built; `refresh` builds it anew from today's packages."""
    cached = None if refresh else store.layer(recipe.key)
    if cached is not None:
        return cached
    require_builder()
    rootfs = work / "system"
    _install(recipe, work, rootfs, progress)
    progress.say("cleaning and compiling the Debian system")
    clean(rootfs, recipe.removals)
    if recipe.python_folders:
        compile_bytecode(rootfs, recipe.python_folders)
    _add_files(rootfs, recipe)
    progress.say("writing the Debian system's layer")
    archive = work / "system.tar"
    layer = write_layer(rootfs, archive)
    store.keep_layer(recipe.key, layer, archive)
    return layer


def require_builder() -> None:
    """Raises ImageError unless this process can build a system: root, with mmdebstrap installed."""
    if shutil.which("mmdebstrap") is None:
        raise ImageError(
            "image.no-mmdebstrap",
            "the image cannot be built: mmdebstrap is not installed",
            cause="It makes the Debian system that the image starts from.",
            fix="As root: apt-get install mmdebstrap. Or name a ready image under image.ref.",
        )
    if os.geteuid() != 0:
        raise ImageError(
            "image.needs-root",
            "the image cannot be built: this is not root",
            cause="Its files belong to several users, and Debian's packages are configured in a chroot.",
            fix="Run the same command as root, or with sudo.",
        )


def build_install_command(recipe: SystemRecipe, seed: Path, rootfs: Path, sources: Path | None) -> Command:
    """mmdebstrap's command line.

    It runs in mount and process namespaces of its own, so that whatever ends it, no mount of this
    machine's folders is left inside the new root, and no process goes on.
    """
    namespaces = ("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child")
    excluded = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in _EXCLUDED]
    return Command(
        (
            *namespaces,
            "--mount-proc",
            "mmdebstrap",
            "--mode=root",
            "--variant=minbase",
            "--format=directory",
            f"--include={','.join(recipe.packages)}",
            *excluded,
            # A system that a power cut leaves half made is thrown away, so nothing need reach the disk yet.
            "--dpkgopt=force-unsafe-io",
            # Licences must stay with what they cover.
            "--dpkgopt=path-include=/usr/share/doc/*/copyright",
            '--essential-hook=cat "$AIRSTRIP_SEED/passwd" >>"$1/etc/passwd"',
            '--essential-hook=cat "$AIRSTRIP_SEED/group" >>"$1/etc/group"',
            '--essential-hook=cp -R "$AIRSTRIP_SEED/files/." "$1"',
            SUITE,
            str(rootfs),
            *([str(sources)] if sources else []),
        ),
        # Packages' own scripts see this: no more of ours than what reaching the mirror takes.
        env={
            **{name: None for name in os.environ if name.lower() not in _KEPT},
            "AIRSTRIP_SEED": str(seed),
            "SOURCE_DATE_EPOCH": str(EPOCH),
            "DEBIAN_FRONTEND": "noninteractive",
            "LC_ALL": "C.UTF-8",
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            **proxy_environment(),
        },
        tied=True,
    )


def _install(recipe: SystemRecipe, work: Path, rootfs: Path, progress: Progress) -> None:
    seed = work / "seed"
    write_seed(recipe, seed)
    listed = host_sources(SUITE)
    sources = seed / "sources.list" if listed else None
    if sources:
        sources.write_text(listed)
    progress.say("installing Debian packages")
    try:
        stream(
            build_install_command(recipe, seed, rootfs, sources),
            lambda line: progress.say(line[3:].rstrip(".")) if _is_news(line) else None,
        )
    except CommandError as error:
        if error.code != "process.failed":
            raise
        raise ImageError(
            "image.system-failed",
            "the Debian system of the image could not be made",
            cause="A package that does not exist in Debian 12, or a mirror that cannot be reached.",
            fix="Check image.packages with `apt-cache policy NAME`, and that `apt-get update` works.",
            details=without_credentials(error.details),
        ) from error


def _is_news(line: str) -> bool:
    return line.startswith("I: ") and "--essential-hook" not in line and "success" not in line


def write_seed(recipe: SystemRecipe, seed: Path) -> None:
    """Writes what goes into the root before its packages are configured."""
    (seed / "files").mkdir(parents=True)
    users = "".join(f"{a.name}:x:{a.uid}:{a.gid}::{a.home}:/usr/sbin/nologin\n" for a in recipe.accounts)
    groups = "".join(f"{a.name}:x:{a.gid}:\n" for a in recipe.accounts if a.gid != 0)
    (seed / "passwd").write_text(users)
    (seed / "group").write_text(groups)
    _write_files(seed / "files", recipe.seeds)


def _add_files(rootfs: Path, recipe: SystemRecipe) -> None:
    for folder in recipe.folders:
        path = within(rootfs, folder.path)
        path.mkdir(parents=True, exist_ok=True)
        os.chown(path, folder.uid, folder.gid)
        path.chmod(folder.mode)
    _write_files(rootfs, recipe.files)


def _write_files(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = within(root, name)
        for parent in reversed(path.relative_to(root).parents):
            if not (root / parent).exists():
                (root / parent).mkdir()
                (root / parent).chmod(0o755)
        path.write_text(text)
        path.chmod(0o755 if text.startswith("#!") else 0o644)
