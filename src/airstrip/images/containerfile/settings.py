"""How uv reaches the package index inside a build: as it does outside, by what it is set up with on this machine.

As secrets of the build: a build argument would stand in the image's history, a copied file in a layer of the engine's.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from airstrip.images.containerfile.render import SECRETS_FOLDER

_NAMES = re.compile(
    r"UV_(?:DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|INDEX_STRATEGY|INDEX_\w+_(?:USERNAME|PASSWORD)|INSECURE_HOST"
    r"|HTTP_TIMEOUT)|(?i:https?_proxy|all_proxy|no_proxy)"
)
_SECRET = re.compile(r"@|PASSWORD")
_PASSWORD = re.compile(r"\bpassword\s+(\S+)|://(?:[^\s/@:\"']*:)?([^\s/@\"']+)@")
"""A netrc's, which may stand on a line with its host, and a URL's."""


@dataclass(frozen=True)
class BuildSecrets:
    """Files by their name in the build; `words` are what must not be told of them."""

    files: Mapping[str, Path]
    words: tuple[str, ...]


def write_secrets(folder: Path, environment: Mapping[str, str]) -> BuildSecrets:
    """Makes `folder`, for nobody else, with what the build of this environment needs to be told."""
    folder.mkdir(mode=0o700)
    known = {"uv.toml": _settings_file(environment), "netrc": _netrc(environment), "certificates": _bundle(environment)}
    files = {name: path for name, path in known.items() if path is not None and path.is_file()}
    variables = {name: value for name, value in environment.items() if _NAMES.fullmatch(name)}
    for variable, name in (("UV_CONFIG_FILE", "uv.toml"), ("NETRC", "netrc"), ("SSL_CERT_FILE", "certificates")):
        if name in files:
            variables[variable] = f"{SECRETS_FOLDER}/{name}"
    script = folder / "uv.env"
    script.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(variables.items())))
    words = [value for name, value in variables.items() if _SECRET.search(f"{name}={value}")]
    for text in [files[name].read_text(errors="replace") for name in ("uv.toml", "netrc") if name in files]:
        words += [text, *(found[1] or found[2] for found in _PASSWORD.finditer(text))]
    return BuildSecrets({"uv.env": script, **files}, tuple(words))


def _settings_file(environment: Mapping[str, str]) -> Path | None:
    """uv's: the named one, else the user's, else the machine's."""
    named = environment.get("UV_CONFIG_FILE")
    own = Path(environment.get("XDG_CONFIG_HOME") or _home(environment) / ".config") / "uv" / "uv.toml"
    return next((path for path in (Path(named or "/"), own, Path("/etc/uv/uv.toml")) if path.is_file()), None)


def _netrc(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("NETRC") or _home(environment) / ".netrc")


def _bundle(environment: Mapping[str, str]) -> Path | None:
    """Certificates of who signs for the index, where this machine names its own."""
    named = environment.get("SSL_CERT_FILE")
    return Path(named) if named else None


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("HOME") or Path.home())
