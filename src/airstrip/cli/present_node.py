"""What the verbs of `node` answer, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airstrip.cli.tables import columns, state

_NAMES = {"cniPlugins": "CNI plugins", "kubernetes": "Kubernetes", "coredns": "CoreDNS", "go": "built with Go"}


def present_status(data: Mapping[str, Any]) -> list[str]:
    lines = [f"{data['name']}: {state(data['state'])}"]
    if data["running"]:
        lines += columns(
            [
                ("API server", str(data["apiUrl"])),
                ("port", f"{data['port']} of this machine's loopback"),
                ("pid", str(data["pid"])),
                ("since", str(data["startedAt"])),
            ]
        )
    components = [
        (name, state(component["state"]) + _restarts(component["restarts"]))
        for name, component in data["components"].items()
    ]
    lines += ["", "components", *columns(components)] if components else []
    return lines + _versions(data["versions"])


def _restarts(count: int) -> str:
    return "" if not count else f", {count} restart{'s' if count != 1 else ''}"


def _versions(versions: Mapping[str, str]) -> list[str]:
    rows = [(_NAMES.get(name, name), version) for name, version in versions.items()]
    return ["", "versions", *columns(rows)] if rows else []


def present_build(data: Mapping[str, Any]) -> list[str]:
    """Of a build, or of `--check`, which says what one would need."""
    if "hasSources" not in data:
        return [f"The node's programs are in {data['folder']}", *_versions(data["versions"])]
    binaries, go = data["binaries"], data["go"]
    rows = [("programs", binaries["folder"] if binaries else "not built yet")]
    if data["hasSources"]:
        fallback = f"none that fits ({data['goAccepted']}); a build installs {data['goToInstall']}"
        rows.append(("Go", f"{go['version']}, {go['path']}" if go else fallback))
    lacking = ", ".join(data["missingPackages"])
    rows.append(("packages", f"missing: {lacking}" if lacking else "all there"))
    rows += [("space", _room(room)) for room in data["space"]]
    return [_verdict(data), *columns(rows), *(_versions(binaries["versions"]) if binaries else [])]


def _verdict(data: Mapping[str, Any]) -> str:
    if data["missingPackages"]:
        return "Packages are missing; `./airstrip node build` asks to install them."
    if data["binaries"]:
        return "The node's programs are built."
    if not data["hasSources"]:
        return "The node's programs are not here, and an installed Airstrip cannot build them."
    return "A build is needed, and can be done." if data["ok"] else "A build is needed, and has not enough space."


def _room(room: Mapping[str, Any]) -> str:
    return f"{_gigabytes(room['freeBytes'])} free, a build needs {_gigabytes(room['neededBytes'])}: {room['folder']}"


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"


def present_stop(data: Mapping[str, Any]) -> list[str]:
    return [f"The node {data['name']} is stopped. Its data is kept."]


def present_prune(data: Mapping[str, Any]) -> list[str]:
    if data["everything"]:
        return [f"The node {data['name']} is gone, and so is its data."]
    return [f"The node {data['name']} is stopped, and its image store is empty. Its data is kept."]


def present_kubeconfig(data: Mapping[str, Any]) -> list[str]:
    return [str(data["kubeconfig"])]
