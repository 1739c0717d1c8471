"""Who to log in to a registry as: by docker's configuration, or podman's, and the credential helpers in it."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from airstrip.errors import CommandError, ImageError
from airstrip.process import Command, run
from airstrip.redaction import without_credentials

_DOCKER_HUB = ("https://index.docker.io/v1/", "docker.io", "index.docker.io", "registry-1.docker.io")
"""First the name by which docker itself knows it."""
_IDENTITY = "<token>"
_HELPER_SECONDS = 60.0
_STORE_SECONDS = 10.0
"""For the helper of all registries: one that lets everybody in waits for no longer than that."""


@dataclass(frozen=True)
class Login:
    """`origin` says, for people, where it is from. `is_identity`: the secret is a refresh token, not a password."""

    username: str
    secret: str = field(repr=False)
    origin: str
    is_identity: bool = False


@dataclass(frozen=True)
class NoLogin:
    """Nobody logged in by docker, and the helper of all registries fails: for whoever is refused without a login."""

    failure: ImageError


def find_login(registry: str) -> Login | NoLogin | None:
    """None where nobody is logged in.

    Raises ImageError where the helper of this registry, or of its login, does not answer.
    """
    names = _DOCKER_HUB if registry == "docker.io" else (registry, f"https://{registry}", f"http://{registry}")
    failed: NoLogin | None = None
    for file in _files():
        config = _read(file)
        for name in names:
            if login := _login(config, name, file):
                return login
        found = _of_store(config, names)
        if isinstance(found, Login):
            return found
        failed = failed or found
    return failed


def _files() -> list[Path]:
    """Podman's first where it is named, then docker's."""
    found = [Path(named)] if (named := os.environ.get("REGISTRY_AUTH_FILE")) else []
    folder = os.environ.get("DOCKER_CONFIG")
    docker = Path(folder) if folder else Path(os.environ.get("HOME", "/")) / ".docker"
    found.append(docker / "config.json")
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        found.append(Path(runtime) / "containers" / "auth.json")
    return [path for path in found if path.is_file()]


def _read(file: Path) -> Mapping[str, Any]:
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        # The text of a JSON error is a place in the file, never a part of it.
        raise ImageError(
            "registry.bad-config",
            f"the logins of {file} cannot be read: {error}",
            cause="It is docker's own file, in JSON, and may hold a login for the registry.",
            fix="Mend it, or name another folder in DOCKER_CONFIG.",
        ) from None
    return config if isinstance(config, dict) else {}


def _login(config: Mapping[str, Any], name: str, file: Path) -> Login | None:
    """As docker looks: the registry's own helper, then what the file holds, then the helper of all."""
    if helper := (config.get("credHelpers") or {}).get(name):
        return _ask(str(helper), name)
    entry = (config.get("auths") or {}).get(name)
    if isinstance(entry, dict) and (login := _stored(entry, file)):
        return login
    if (store := config.get("credsStore")) and entry is not None:
        return _ask(str(store), name)
    return None


def _of_store(config: Mapping[str, Any], names: Sequence[str]) -> Login | NoLogin | None:
    """Of a registry that nobody logged in to: a cloud's helper knows its own, and may fail for any other."""
    store = config.get("credsStore")
    if not store or any(name in (config.get("auths") or {}) for name in names):
        return None
    try:
        return _ask(str(store), names[0], _STORE_SECONDS)
    except ImageError as error:
        return NoLogin(error)


def _stored(entry: Mapping[str, Any], file: Path) -> Login | None:
    if token := entry.get("identitytoken"):
        return Login(_IDENTITY, str(token), str(file), is_identity=True)
    try:
        username, colon, secret = base64.b64decode(str(entry.get("auth", ""))).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return Login(username, secret, str(file)) if colon else None


def _ask(helper: str, name: str, seconds: float = _HELPER_SECONDS) -> Login | None:
    program = f"docker-credential-{helper}"
    try:
        done = run(Command((program, "get"), stdin=name.encode()), check=False, timeout=seconds)
    except CommandError as error:
        raise _helper_failed(program, name, error.message) from error
    if done.exit_code != 0:
        said = (done.stdout + done.stderr).strip()
        if "credentials not found" in said:
            return None
        raise _helper_failed(program, name, said)
    try:
        answer = json.loads(done.stdout)
        username, secret = str(answer["Username"]), str(answer["Secret"])
    except (ValueError, KeyError, TypeError):
        raise _helper_failed(program, name, "its answer is not what a credential helper gives") from None
    return Login(username, secret, program, is_identity=username == _IDENTITY)


def _helper_failed(program: str, name: str, said: str) -> ImageError:
    return ImageError(
        "registry.helper-failed",
        f"{program} gives no login for {name}",
        cause="Docker's configuration names this helper; it is not installed, or not logged in itself.",
        fix=f"Log in as your cloud's tool does, then try: echo {name} | {program} get",
        details=without_credentials(said),
    )
