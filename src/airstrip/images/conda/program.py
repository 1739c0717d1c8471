"""Solves and installs conda packages: run by itself, in an environment that has py-rattler, and with no other module.

One JSON object on stdin says what to do; `solve` writes a lock (rattler's form, as pixi's), `install` a prefix from it.
What fails is one line on stderr that begins with its kind, and exit code 3.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

# Not there where this file is only read.
rattler: Any = importlib.import_module("rattler") if __name__ == "__main__" else None


async def solve(asked: Mapping[str, Any]) -> None:
    """The newest packages for the image's system, which is not this machine's."""
    virtual = [
        rattler.GenericVirtualPackage(
            rattler.PackageName(name), rattler.Version(version), rattler.package.BuildString(build)
        )
        for name, version, build in asked["virtual"]
    ]
    subdir = asked["subdir"]
    records = await rattler.solve(
        asked["channels"],
        asked["specs"],
        # Of their own, neither of the two logs in.
        gateway=rattler.Gateway(cache_dir=Path(asked["cache"]) / "repodata", client=rattler.Client.default_client()),
        platforms=[subdir, "noarch"],
        virtual_packages=virtual,
    )
    require_digests(records)
    platform = rattler.LockPlatform(
        subdir, virtual_packages=[f"{name}={version}" for name, version, _ in asked["virtual"]]
    )
    lock = rattler.LockFile([platform])
    lock.set_channels("default", [rattler.LockChannel(channel) for channel in asked["channels"]])
    for record in sorted(records, key=lambda each: each.name.normalized):
        lock.add_conda_package("default", platform, record)
    lock.to_path(Path(asked["lock"]))


def require_digests(records: Sequence[Any]) -> None:
    """rattler compares what it downloads with the digest that it is told, if it is; a file of this machine it takes."""
    for record in records:
        if not record.sha256:
            raise ValueError(f"{record.file_name} has no sha256 in its channel, and so cannot be locked")
        url = urlsplit(str(record.url))
        if url.scheme in ("", "file"):
            found = hashlib.sha256(Path(unquote(url.path)).read_bytes()).hexdigest()
            if found != record.sha256.hex():
                raise ValueError(f"{record.url} has the sha256 {found}, and {record.sha256.hex()} is wanted")


async def install(asked: Mapping[str, Any]) -> None:
    """Exactly the packages of the lock; `prefix` is where the files are put, `inside` what they are told of it."""
    lock = rattler.LockFile.from_path(Path(asked["lock"]))
    platform = next(each for each in lock.platforms() if str(each.subdir) == asked["subdir"])
    records = lock.default_environment().conda_repodata_records_for_platform(platform) or []
    require_digests(records)
    await rattler.install(
        records,
        target_prefix=asked["prefix"],
        alternative_target_prefix=asked["inside"],
        cache_dir=Path(asked["cache"]) / "pkgs",
        platform=rattler.Subdir(asked["subdir"]),
        # A package's own scripts would run on this machine.
        execute_link_scripts=False,
        client=rattler.Client.default_client(),
        show_progress=False,
    )


def main() -> int:
    asked = json.load(sys.stdin)
    try:
        asyncio.run({"solve": solve, "install": install}[asked["do"]](asked))
    except Exception as error:  # whatever rattler raises is told, and judged by whoever called
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # Threads of rattler's own may still be there, which an interpreter that ends in order can stumble over.
    os._exit(code)
