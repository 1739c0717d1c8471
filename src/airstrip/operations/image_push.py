"""Pushes a built task image to a registry."""

from __future__ import annotations

from pathlib import Path

from airstrip import images
from airstrip.answers import PushedData
from airstrip.errors import UsageError
from airstrip.events import Emit
from airstrip.images import Login
from airstrip.operations.references import read_reference, secret_reader
from airstrip.operations.session import Session
from airstrip.operations.task_images import images_folder, require_built
from airstrip.paths import cache_dir
from airstrip.result import Result
from airstrip.spec import is_built_reference


def push_image(
    session: Session,
    name: str,
    destination: str,
    emit: Emit,
    *,
    username: str | None,
    password: str | None,
    overwrite: bool,
) -> Result[PushedData]:
    """The image as its folder is now. Raises ImageError, UsageError."""
    where = images.parse_destination(destination)
    image = images.find_task_image(name, images_folder(session.spec))
    login = _named(session, username, password) or images.find_login(where.registry)
    with images.images_in_use(cache_dir()):
        built = require_built(image, session.spec)
        pushed = images.push_image(built, where, login, cache_dir(), emit, overwrite=overwrite)
    data: PushedData = {
        "image": name,
        "reference": pushed.reference,
        "tag": pushed.tag,
        "uploaded": pushed.uploaded,
    }
    return Result("image push", data)


def _named(session: Session, username: str | None, password: str | None) -> Login | None:
    """No error repeats the password's word: somebody may have taken it for the password itself."""
    if username is None and password is None:
        return None
    if not username or password is None or not is_built_reference(password):
        raise UsageError(
            "usage.bad-login",
            "a login is a name and a reference to a password",
            cause="The password itself is no word of a command: other users of this machine could see it.",
            fix="--username NAME --password env:VARIABLE, file:PATH or k8s:NAME/KEY",
        )
    read = secret_reader(session.cluster, session.spec) if password.startswith("k8s:") else None
    secret = read_reference(password, Path(), read)
    assert secret is not None
    return Login(username, secret, password)
