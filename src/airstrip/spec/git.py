"""`dags.git`: repositories that DAGs come from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from airstrip.spec.fields import FilePath, SecretReference, Text, invalid
from airstrip.spec.git_sync import GitSyncFile
from airstrip.spec.git_url import GitUrl, parse_git_url
from airstrip.spec.written import ITEMS, ONE, Written

DEFAULT_NAME = "main"
DEFAULT_REFRESH = 10
"""Seconds. With the look for changed files and the parsing, a push is seen within half a minute."""
DEFAULT_USERNAME = "git"
BUILT_IN_BUNDLE = "airstrip"
"""Of Airstrip's own DAGs: no bundle of the file has this name."""

_BUNDLE = re.compile(r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# git-check-ref-format(1), as far as one would write it.
_REF = re.compile(r"(?![/.-])(?!.*(\.\.|//|@\{|/\.|\.lock$|\.$|/$))[^\s\x00-\x20~^:?*\[\\\x7f]+")


def _repo(text: str) -> str:
    url = parse_git_url(text)
    if url is None:
        message = "this is no address of a git repository that pods can reach"
        fix = "Write https://host/path.git, ssh://git@host:port/path.git or git@host:path.git."
        raise invalid("spec.bad-repo", message, fix, secret=True)
    if url.holds_secret:
        message = "a password or token stands in the address, and a secret does not stand in the file"
        fix = "Take it out, and write `token: env:NAME`; change it if the file was shared."
        raise invalid("spec.secret-literal", message, fix, secret=True)
    return text


def _bundle(text: str) -> str:
    if text == BUILT_IN_BUNDLE:
        raise invalid("spec.bad-name", f"{text} is the bundle of Airstrip's own DAGs", "Choose another name.")
    if _BUNDLE.fullmatch(text):
        return text
    message = f"{text!r} is not a bundle's name: lower-case letters, digits and dashes, at most 40"
    raise invalid("spec.bad-name", message, "For example: marketing")


def _ref(text: str) -> str:
    if _REF.fullmatch(text):
        return text
    raise invalid("spec.bad-ref", f"{text!r} is not the name of a branch or tag", "Write its name alone: main")


def _commit(text: str) -> str:
    if _COMMIT.fullmatch(text):
        return text
    message = "a commit is named by all of its 40 hexadecimal digits"
    raise invalid("spec.bad-ref", message, "Write what `git rev-parse HEAD` prints.")


def _inside(text: str) -> str:
    parts = text.strip("/").split("/")
    if text.startswith("/") or {"", ".", ".."} & set(parts):
        message = f"{text!r} is not a folder inside of the repository"
        raise invalid("spec.bad-path", message, "Write it as the repository has it, without dots: team/dags")
    return "/".join(parts)


Repo = Annotated[str, AfterValidator(_repo)]
BundleName = Annotated[str, AfterValidator(_bundle), Field(json_schema_extra={"pattern": f"^{_BUNDLE.pattern}$"})]
Ref = Annotated[str, AfterValidator(_ref)]
Commit = Annotated[str, AfterValidator(_commit)]
Inside = Annotated[FilePath, AfterValidator(_inside)]


class GitFile(Written):
    """A repository, and how to get into it."""

    repo: Repo = Field(description="Its address: https, ssh or git@host:path.")
    name: BundleName = Field(DEFAULT_NAME, description="The bundle's name in Airflow.")
    branch: Ref | None = Field(None, description="Followed. Default: the repository's own default branch.")
    tag: Ref | None = Field(None, description="Instead of a branch; followed where it is moved.")
    commit: Commit | None = Field(None, description="Instead of a branch: this one for good.")
    path: Inside | None = Field(None, description="The folder of DAGs in it. Default: the whole repository.")
    via: Literal["bundle", "sync"] = Field(
        "bundle", description="Airflow's own GitDagBundle; or git-sync into a volume, so that task pods do not clone."
    )
    sync: GitSyncFile | None = Field(None, description="With `via: sync`: what git-sync does otherwise.")
    refresh: int = Field(DEFAULT_REFRESH, ge=5, le=3600, description="Seconds between two looks for new commits.")
    token: SecretReference | None = Field(None, description="A secret reference: the password or token, for https.")
    username: str | None = Field(
        None, description=f"Whose token it is, where the server asks. Default: {DEFAULT_USERNAME}."
    )
    ssh_key: SecretReference | None = Field(None, description="A secret reference: the private key, for ssh.")
    known_hosts: Text | None = Field(None, description="For ssh, the server's keys as ssh-keyscan prints them.")
    ca_cert: Text | None = Field(None, description="For https, the authority of a server's own certificate, as PEM.")

    @model_validator(mode="after")
    def _fits(self) -> GitFile:
        refs = [name for name in ("branch", "tag", "commit") if getattr(self, name) is not None]
        if len(refs) > 1:
            raise invalid("spec.conflict", f"{' and '.join(refs)} exclude each other", "Keep one of them.")
        if self.sync is not None and self.via != "sync":
            message = "`sync` is what git-sync does, and git-sync does not run here"
            raise invalid("spec.conflict", message, "Add `via: sync`, or remove `sync`.")
        url = parse_git_url(self.repo)
        assert url is not None, "its own validator has seen to that"
        _check_ssh(self, url) if url.is_ssh else _check_https(self)
        return self


def _check_ssh(written: GitFile, url: GitUrl) -> None:
    for name, key in (("token", "token"), ("username", "username"), ("ca_cert", "caCert")):
        if getattr(written, name) is not None:
            raise invalid("spec.conflict", f"{key} is for https, and the address is one for ssh", "Remove one of them.")
    if written.ssh_key is None:
        raise invalid("spec.missing-key", "ssh needs a key", "Add `sshKey: file:PATH` or another secret reference.")
    if written.known_hosts is None:
        port = "" if url.port == 22 else f"-p {url.port} "
        message = f"ssh without knownHosts would take anybody for {url.host}"
        fix = f"Run `ssh-keyscan {port}{url.host} > known_hosts`, compare it with what the server's owner says, and add"
        raise invalid("spec.missing-key", message, f"{fix} `knownHosts: {{file: known_hosts}}`.")


def _check_https(written: GitFile) -> None:
    for name, key in (("ssh_key", "sshKey"), ("known_hosts", "knownHosts")):
        if getattr(written, name) is not None:
            raise invalid("spec.conflict", f"{key} is for ssh, and the address is one for https", "Remove one of them.")
    if written.username is not None and written.token is None:
        raise invalid("spec.conflict", "a username without a token means nothing", "Add `token: env:NAME`.")
    if written.username is not None and not written.username.isprintable():
        raise invalid("spec.bad-value", "the username has a control character", "Remove it.")


class GitFiles(Written):
    """One repository, or a list of them: each is a bundle of its own."""

    one: GitFile | None = Field(None, alias=ONE)
    items: Annotated[tuple[GitFile, ...], Field(strict=False)] = Field((), alias=ITEMS)

    @model_validator(mode="before")
    @classmethod
    def _wrap(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {ONE: value}
        if isinstance(value, list) and value:
            return {ITEMS: value}
        fix = "Write {repo: https://host/path.git}, or a list of such."
        raise invalid("spec.wrong-type", "must be a mapping, or a list of mappings", fix)

    @model_validator(mode="after")
    def _differ(self) -> GitFiles:
        names = [written.name for written in self.all]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise invalid("spec.conflict", f"two repositories have the name {twice}", "Give each a `name`.")
        return self

    @property
    def all(self) -> tuple[GitFile, ...]:
        return self.items if self.one is None else (self.one,)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        properties = handler.resolve_ref_schema(handler(core))["properties"]
        several = {"type": "array", "items": properties[ITEMS]["items"], "minItems": 1}
        return {"anyOf": [properties[ITEMS]["items"], several]}
