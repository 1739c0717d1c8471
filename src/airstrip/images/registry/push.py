"""The course of a push: the tag is looked at, then blobs that the registry lacks go up, then the manifest."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

from airstrip.errors import ImageError
from airstrip.events import Emit, Progress, step
from airstrip.images.oci import blob_path
from airstrip.images.registry.destination import Destination
from airstrip.images.registry.held import HeldBlobs
from airstrip.images.registry.logins import Login, NoLogin
from airstrip.images.registry.session import RegistrySession
from airstrip.images.request import BuiltImage
from airstrip.images.store import ImageStore

_CHUNK = 1 << 20
_TRIES = 3
_PAUSE = 1.0
_BINARY = "application/octet-stream"


@dataclass(frozen=True)
class Pushed:
    """`reference` is by digest, `uploaded` in bytes."""

    reference: str
    tag: str
    uploaded: int


def push_image(
    image: BuiltImage,
    destination: Destination,
    login: Login | NoLogin | None,
    cache: Path,
    emit: Emit,
    *,
    overwrite: bool,
) -> Pushed:
    """The image by its digest, with a tag that names nothing else.

    A tag of another image is an error, unless `overwrite`. Raises ImageError.
    """
    where = f"{destination.registry}/{destination.repository}"
    with step(
        emit, "image.push", f"Push {image.reference.rpartition('/')[2].partition(':')[0]} to {where}"
    ) as progress:
        try:
            with RegistrySession(destination, login) as session:
                pushed = _Push(image, session, HeldBlobs(ImageStore(cache).root, destination), progress).run(overwrite)
        except httpx.TransportError as error:
            raise _unreachable(destination, error) from error
        progress.note = f"{pushed.uploaded / 1e6:.0f} MB" if pushed.uploaded else "it was there"
    return pushed


@dataclass
class _Push:
    image: BuiltImage
    session: RegistrySession
    held: HeldBlobs
    progress: Progress
    uploaded: int = 0

    def run(self, overwrite: bool) -> Pushed:
        destination = self.session.destination
        tag = destination.tag or self.image.reference.rpartition(":")[2]
        text = blob_path(self.image.layout, self.image.digest).read_bytes()
        manifest = json.loads(text)
        pushed = destination.named(self.image.digest)
        self.progress.say("asking for the tag")
        tagged = self._digest_of(tag)
        if tagged == self.image.digest:
            return Pushed(pushed, tag, 0)
        if tagged and not overwrite:
            raise _taken(destination, tag, tagged)
        for blob in (*manifest["layers"], manifest["config"]):
            self._ensure_blob(blob)
        self._put_manifest(tag, text, manifest["mediaType"])
        self.held.keep([blob["digest"] for blob in manifest["layers"]])
        return Pushed(pushed, tag, self.uploaded)

    def _digest_of(self, tag: str) -> str | None:
        accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "
        accept += "application/vnd.docker.distribution.manifest.v2+json, "
        accept += "application/vnd.docker.distribution.manifest.list.v2+json"
        response = self.session.send("HEAD", self.session.repository(f"manifests/{tag}"), headers={"Accept": accept})
        if response.status_code == 404:
            return None
        if response.status_code != 200:
            self.session.fail(response, f"the question for the tag {tag}")
        return str(response.headers.get("Docker-Content-Digest", "another image"))

    def _ensure_blob(self, blob: dict[str, Any]) -> None:
        """A broken connection is tried again: the blob is asked for first, for the break may have come after it."""
        for attempt in range(1, _TRIES + 1):
            try:
                self._upload_unless_there(str(blob["digest"]), int(blob["size"]))
                return
            except httpx.TransportError:
                if attempt == _TRIES:
                    raise
                self.progress.say("the connection broke; once more")
                time.sleep(_PAUSE * attempt)

    def _upload_unless_there(self, digest: str, size: int) -> None:
        session = self.session
        found = session.send("HEAD", session.repository(f"blobs/{digest}"))
        if found.status_code == 200:
            return
        begun = self._begin_upload(digest)
        if begun.status_code == 201:
            return
        if begun.status_code != 202:
            session.fail(begun, "the beginning of an upload")
        location = urljoin(str(begun.request.url), begun.headers["Location"])
        headers = {"Content-Type": _BINARY, "Content-Length": str(size)}
        done = session.send(
            "PUT", location, params={"digest": digest}, headers=headers, content=lambda: self._chunks(digest, size)
        )
        if done.status_code != 201:
            session.fail(done, f"a layer of {size // 1_000_000} MB")
        self.uploaded += size

    def _begin_upload(self, digest: str) -> httpx.Response:
        """Status 201 where another repository of the registry gave the layer. One that the login may not read, or a
        registry that mounts nothing, takes an upload all the same."""
        session = self.session
        url, headers = session.repository("blobs/uploads/"), {"Content-Length": "0"}
        if other := self.held.elsewhere(digest):
            with suppress(ImageError):
                mounted = session.send("POST", url, params={"mount": digest, "from": other}, headers=headers)
                if mounted.status_code in (201, 202):
                    return mounted
        return session.send("POST", url, headers=headers)

    def _chunks(self, digest: str, size: int) -> Iterator[bytes]:
        sent, said = 0, 0.0
        with blob_path(self.image.layout, digest).open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
                sent += len(chunk)
                if time.monotonic() - said > 0.5:
                    said = time.monotonic()
                    self.progress.say(f"{sent // 1_000_000} of {size // 1_000_000} MB of {digest[7:19]}")

    def _put_manifest(self, tag: str, text: bytes, media_type: str) -> None:
        url = self.session.repository(f"manifests/{tag}")
        headers = {"Content-Type": media_type, "Content-Length": str(len(text))}
        done = self.session.send("PUT", url, headers=headers, content=lambda: iter([text]))
        if done.status_code != 201:
            self.session.fail(done, "the manifest")
        if done.headers.get("Docker-Content-Digest", self.image.digest) != self.image.digest:
            raise ImageError(
                "registry.other-digest",
                f"{self.session.destination.registry} gave the image another digest",
                cause="It, or a proxy before it, changes manifests.",
                fix="Push to the registry itself, without what stands before it.",
            )


def _taken(destination: Destination, tag: str, tagged: str) -> ImageError:
    return ImageError(
        "registry.tag-taken",
        f"{destination.registry}/{destination.repository}:{tag} is another image: {tagged}",
        cause="Whoever names this tag would get a new image without having asked for it.",
        fix="Push under another tag; or replace it with --overwrite.",
    )


def _unreachable(destination: Destination, error: httpx.TransportError) -> ImageError:
    return ImageError(
        "registry.unreachable",
        f"the registry {destination.registry} cannot be reached: {error or type(error).__name__}",
        cause="Its name or port is wrong, it is down, its certificate is not trusted here, or a proxy stands between.",
        fix=f"Try: curl {destination.base_url}/v2/   Proxies are HTTPS_PROXY and NO_PROXY; own authorities of "
        "certificates go into SSL_CERT_FILE.",
    )
