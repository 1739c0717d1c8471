"""DAGs from git: Airflow's bundles, how git gets in, and what the pods that clone mount for it.

Of those that git-sync brings the bundles and the settings of git; its containers are in git_sync.py.

No secret stands in the environment, in an address or on a command line: git reads it from the mounted
Secret, by the credential helper and the key file that these settings name (decision 0041).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence

from airstrip.checksum import checksum
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.metadata import deployment_labels
from airstrip.manifests.names import DAGS_DIR, GIT_DIR, GIT_MAP, GIT_SECRET, GIT_SECRET_DIR, UNKNOWN_NAME
from airstrip.manifests.volumes import Mount, map_mount
from airstrip.spec import GitBundle, Spec

CLONED_CLASS = "airflow.providers.git.bundles.git.GitDagBundle"
SYNCED_CLASS = "airstrip_git_sync.SyncedDagBundle"
"""Of files/git_sync, which lies beside our local settings."""
_LINK_REFRESH_SECONDS = 5
"""A look at a link costs nothing: what a push waits for is git-sync's own period."""
_SUFFIXES = {"token": "credential", "ssh_key": "ssh-key", "known_hosts": "known-hosts", "ca_cert": "ca"}
"""A bundle's field, and how its key in the Secret ends."""

_SSH_CONFIG = """\
# Of git's ssh alone. A server that does not answer ends an attempt instead of holding up the dag-processor.
Host *
  BatchMode yes
  ConnectTimeout 15
  ServerAliveInterval 15
  ServerAliveCountMax 3
  GlobalKnownHostsFile /dev/null
"""

_GIT_CONFIG = """\
# In place of the image's, which counts too; a task's own ~/.gitconfig comes after both.
[include]
	path = /etc/gitconfig
[http]
	lowSpeedLimit = 1
	lowSpeedTime = 30
"""


def git_bundles(spec: Spec) -> list[Object]:
    """As Airflow's setting lists them."""
    return [cloned_bundle(bundle) if bundle.sync is None else _synced_bundle(bundle) for bundle in spec.dags.git]


def _synced_bundle(bundle: GitBundle) -> Object:
    kwargs = {
        "root": sync_root(bundle),
        "refresh_interval": _LINK_REFRESH_SECONDS,
        **({"subdir": bundle.path} if bundle.path else {}),
    }
    return {"name": bundle.name, "classpath": SYNCED_CLASS, "kwargs": kwargs}


def sync_root(bundle: GitBundle) -> str:
    """What git-sync has of a repository, in every pod that mounts the volume."""
    return f"{DAGS_DIR}/{bundle.name}"


def cloned_bundle(bundle: GitBundle) -> Object:
    kwargs = {
        "repo_url": bundle.repo,
        "tracking_ref": bundle.ref,
        "git_conn_id": _connection_id(bundle),
        "refresh_interval": bundle.refresh,
        **({"subdir": bundle.path} if bundle.path else {}),
    }
    return {"name": bundle.name, "classpath": CLONED_CLASS, "kwargs": kwargs}


def git_settings(bundles: Sequence[GitBundle]) -> dict[str, str]:
    """The variables of whoever clones these. A connection holds paths, and no secret."""
    if not bundles:
        return {}
    connections = {f"AIRFLOW_CONN_{_connection_id(each).upper()}": _connection(each) for each in bundles}
    return {**connections, "GIT_CONFIG_SYSTEM": f"{GIT_DIR}/gitconfig"}


def _connection_id(bundle: GitBundle) -> str:
    return f"airstrip_git_{bundle.name.replace('-', '_')}"


def _connection(bundle: GitBundle) -> str:
    extra = {}
    if bundle.url.is_ssh:
        extra = {
            "key_file": secret_file(bundle, "ssh_key"),
            "known_hosts_file": secret_file(bundle, "known_hosts"),
            "ssh_config_file": f"{GIT_DIR}/ssh_config",
            "strict_host_key_checking": "yes",
        }
    return json.dumps({"conn_type": "git", "extra": extra})


def git_files(spec: Spec) -> dict[str, str]:
    """The contents of the ConfigMap, but for the program that tries them."""
    synced = {sync_config(bundle): _git_config([bundle]) for bundle in spec.dags.synced}
    return {"gitconfig": _git_config(spec.dags.git), "ssh_config": _SSH_CONFIG, **synced}


def sync_config(bundle: GitBundle) -> str:
    """git-sync's own file of settings for a repository."""
    return f"{bundle.name}.gitconfig"


def _git_config(bundles: Sequence[GitBundle]) -> str:
    """Credentials count for their repository alone: a token is not sent to another of the same server."""
    text = _GIT_CONFIG
    for bundle in bundles:
        if bundle.token:
            file = secret_file(bundle, "token")
            helper = f'!f() {{ test \\"$1\\" != get || cat {file}; }}; f'
            # Some servers send the one address on to the other.
            plain = bundle.repo.removesuffix("/").removesuffix(".git")
            for url in (plain, f"{plain}.git", *_submodules(bundle)):
                text += f'[credential "{url}"]\n\thelper =\n\thelper = "{helper}"\n'
        if bundle.ca_cert:
            origin = f"https://{bundle.url.host}:{bundle.url.port}/"
            text += f'[http "{origin}"]\n\tsslCAInfo = {secret_file(bundle, "ca_cert")}\n'
    return text


def _submodules(bundle: GitBundle) -> tuple[str, ...]:
    """Where else the token counts: submodules are other repositories, mostly of the same server."""
    has_submodules = bundle.sync is not None and bundle.sync.submodules != "off"
    return (f"https://{bundle.url.host}:{bundle.url.port}/",) if has_submodules else ()


def secret_file(bundle: GitBundle, field: str) -> str:
    return f"{GIT_SECRET_DIR}/{_key(bundle, field)}"


def _key(bundle: GitBundle, field: str) -> str:
    return f"{bundle.name}.{_SUFFIXES[field]}"


def git_references(spec: Spec) -> dict[str, str]:
    """What the Secret is made of: references and texts, by the Secret's keys."""
    return {
        _key(bundle, field): text
        for bundle in spec.dags.git
        for field in _SUFFIXES
        if (text := str(getattr(bundle, field)))
    }


def build_git_secrets(spec: Spec, texts: Mapping[str, str], key: str | None = "") -> tuple[Object, ...]:
    """A Secret for each namespace whose pods clone, of the texts that the references stand for.

    Named by what is in it, as the ConfigMaps are: a token that is refused takes nothing from pods that run.
    `key` is the deployment's own: whoever sees the name, and no Secret, cannot try passwords on it. Where there is none
    yet (None), the name is not known either.
    Tasks have nothing of what git-sync reads: that is the control plane's.
    """
    if not texts:
        return ()
    control_only = {_key(bundle, field) for bundle in spec.dags.synced for field in _SUFFIXES} & texts.keys()
    usernames = {_key(bundle, "token"): bundle.username for bundle in spec.dags.git}
    data = {name: _content(text, usernames.get(name)) for name, text in texts.items()}
    tasks = {name: text for name, text in data.items() if name not in control_only}
    suffix = UNKNOWN_NAME if key is None else checksum([key, data, sorted(control_only)])[:10]
    metadata = {"name": f"{GIT_SECRET}-{suffix}", "labels": deployment_labels(spec)}
    return tuple(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {**metadata, "namespace": namespace},
            "type": "Opaque",
            "immutable": True,
            "data": {name: base64.b64encode(text.encode()).decode() for name, text in own.items()},
        }
        for namespace in (spec.all_namespaces if spec.airflow.executor == "kubernetes" else (spec.namespaces.control,))
        if (own := data if namespace == spec.namespaces.control else tasks)
    )


def tasks_namespace(spec: Spec) -> str:
    """Where tasks run: their own pods' namespace, or the scheduler's."""
    return spec.namespaces.workers if spec.airflow.executor == "kubernetes" else spec.namespaces.control


def _content(text: str, username: str | None) -> str:
    """A token as git's credential helpers answer; every other file ends with a line break, as ssh demands of keys."""
    text = text.strip("\r\n")
    return f"{text}\n" if username is None else f"username={username}\npassword={text}\n"


def git_mounts(inputs: Inputs) -> tuple[Mount, ...]:
    """What git reads in a pod that clones; what git-sync alone reads is not among it."""
    return (map_mount(GIT_MAP, GIT_DIR), *secret_mount(inputs, GIT_SECRET, inputs.spec.dags.cloned))


def secret_mount(inputs: Inputs, volume: str, bundles: Sequence[GitBundle]) -> tuple[Mount, ...]:
    """The Secret's part of these; the group may read it, which is root's: pods' users are in it."""
    keys = [_key(bundle, field) for bundle in bundles for field in _SUFFIXES if getattr(bundle, field)]
    if not keys:
        return ()
    is_part = len(keys) < len(git_references(inputs.spec))
    source = {
        "secretName": inputs.git_secret or GIT_SECRET,
        "defaultMode": 0o440,
        **({"items": [{"key": key, "path": key} for key in keys]} if is_part else {}),
    }
    return (({"name": volume, "secret": source}, {"name": volume, "mountPath": GIT_SECRET_DIR, "readOnly": True}),)
