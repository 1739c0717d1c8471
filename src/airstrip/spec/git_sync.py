"""`dags.git.sync`: what git-sync does with a repository, where `via: sync`."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from airstrip.spec.fields import ImageReference, invalid, password_problem
from airstrip.spec.written import Written

DEFAULT_KEEP_HOURS = 24


def _webhook(text: str) -> str:
    if problem := password_problem(text):
        raise invalid("spec.secret-literal", *problem, secret=True)
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname or not text.isprintable() or " " in text:
        message = f"{text!r} is no address that git-sync can call"
        raise invalid("spec.bad-value", message, "Write http://host/path or https://host/path.")
    return text


Webhook = Annotated[str, AfterValidator(_webhook)]


class GitSyncFile(Written):
    """git-sync beside the dag-processor."""

    image: ImageReference | None = Field(None, description="Another image of git-sync v4. Default: upstream's.")
    depth: int = Field(1, ge=0, le=1_000_000, description="Commits of history that are fetched; 0 is all of it.")
    submodules: Literal["off", "shallow", "recursive"] = Field(
        "off",
        description="Fetched too: the repository's own, or theirs as well. Those of the same server get the token.",
    )
    keep_hours: int = Field(
        DEFAULT_KEEP_HOURS, ge=1, le=8760, description="Hours that a commit's files stay when a newer one is live."
    )
    webhook: Webhook | None = Field(None, description="An address that is told each new commit. No secret.")
