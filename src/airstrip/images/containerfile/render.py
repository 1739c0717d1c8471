"""The Containerfile's text. Pure: the same recipe gives the same lines.

Three stages, of which the last takes folders only: what an engine leaves behind where it mounts something (empty files)
is in no layer of the image.
"""

from __future__ import annotations

import json
import shlex
from pathlib import PurePosixPath

from airstrip.images.containerfile.recipe import ContainerRecipe
from airstrip.images.environment import SITE_PACKAGES, VENV
from airstrip.images.recipe import SystemRecipe
from airstrip.images.requirements import PYTHON

SECRETS = ("uv.env", "uv.toml", "netrc", "certificates")
"""Of the build, none of which need be there; uv.env says where the others are."""

SECRETS_FOLDER = "/run/secrets"
_PYTHON = f"/usr/bin/python{PYTHON}"
_ENV = f"{SECRETS_FOLDER}/uv.env"


def render_containerfile(recipe: ContainerRecipe) -> str:
    """For BuildKit (Docker 20.10 and newer) and Podman 4: `RUN --mount` is what they have in common."""
    stages = (_system(recipe), _environment(), _modules(), _image(recipe))
    return "\n".join((_head(recipe), *("\n".join((*stage, "")) for stage in stages)))


def _head(recipe: ContainerRecipe) -> str:
    return (
        f"# {recipe.name}: written by `airstrip image containerfile {recipe.name}`; changes here are lost.\n"
        f"# Every Python package is one of requirements.lock, by version and hash.\n"
    )


def _system(recipe: ContainerRecipe) -> tuple[str, ...]:
    if recipe.builder.base is None:
        packages = ", ".join(recipe.system.packages)
        return (
            f"# Debian 12 with {packages}:",
            "# Airstrip makes it, and brings it into the engine under this name.",
            f"FROM {recipe.base} AS system",
        )
    return (f"FROM {recipe.base} AS system", "USER 0:0", _debian(recipe.system), _places(recipe.system))


def _debian(system: SystemRecipe) -> str:
    return _run(
        "apt-get update",
        f"DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends {' '.join(system.packages)}",
        "rm -rf /var/lib/apt/lists/*",
    )


def _places(system: SystemRecipe) -> str:
    """The account may be there under another name: its number is what counts."""
    accounts = [
        f"(getent passwd {each.uid} || echo "
        f"{shlex.quote(f'{each.name}:x:{each.uid}:{each.gid}::{each.home}:/usr/sbin/nologin')} >>/etc/passwd)"
        for each in system.accounts
    ]
    folders = [f"install -d -o {each.uid} -g {each.gid} -m {each.mode:o} /{each.path}" for each in system.folders]
    return _run(*accounts, *folders)


def _environment() -> tuple[str, ...]:
    """Bytecode by unchecked hashes, as our own builder has it: it does not depend on files' times."""
    mounts = (
        "--mount=type=bind,source=uv,target=/mnt/uv",
        "--mount=type=bind,source=requirements.lock,target=/mnt/requirements.lock",
        "--mount=type=cache,target=/mnt/cache",
        *(f"--mount=type=secret,id={name}" for name in SECRETS),
    )
    options = "--no-deps --require-hashes --only-binary :all: --link-mode copy --compile-bytecode --no-progress"
    return (
        "FROM system AS environment",
        _run(
            f"if [ -e {_ENV} ]; then . {_ENV}; fi",
            "export UV_CACHE_DIR=/mnt/cache PYC_INVALIDATION_MODE=UNCHECKED_HASH PYTHONHASHSEED=0",
            f"/mnt/uv venv --no-config --no-python-downloads --python {_PYTHON} /{VENV}",
            f"/mnt/uv pip install --python /{VENV}/bin/python {options}"
            " \\\n        --requirements /mnt/requirements.lock",
            f"rm -f /{VENV}/.lock /{VENV}/.gitignore",
            options=mounts,
        ),
    )


def _modules() -> tuple[str, ...]:
    folder = f"/{VENV}/{SITE_PACKAGES}"
    return (
        "FROM system AS modules",
        f"COPY site-packages {folder}",
        _run(f"{_PYTHON} -I -S -m compileall -q -f --invalidation-mode unchecked-hash {folder}"),
    )


def _image(recipe: ContainerRecipe) -> tuple[str, ...]:
    settings = recipe.settings
    return (
        "FROM system",
        f"COPY --from=environment /{VENV} /{VENV}",
        f"COPY --from=modules /{VENV} /{VENV}",
        *(f"COPY {PurePosixPath(path).name} {path}" for path in recipe.files),
        *(f"ENV {name}={_value(recipe, name, value)}" for name, value in settings.env.items()),
        f"WORKDIR {settings.working_dir}",
        f"USER {settings.user}",
        f"STOPSIGNAL {settings.stop_signal}",
        f"ENTRYPOINT {json.dumps(list(settings.entrypoint))}",
        f"CMD {json.dumps(list(settings.command))}",
    )


def _value(recipe: ContainerRecipe, name: str, value: str) -> str:
    """A base of the user's may have programs in places of its own."""
    if name == "PATH" and recipe.builder.base:
        return f'"/{VENV}/bin:$PATH"'
    return json.dumps(value)


def _run(*commands: str, options: tuple[str, ...] = ()) -> str:
    return "RUN " + " \\\n    ".join((*options, " \\\n    && ".join(commands)))
