"""git-sync beside the dag-processor: one container for each repository, which writes into the DAGs' volume.

Of its contract this is used: `--root` is its alone; the link in it is switched in one step, and its target's last
part is the commit; `--git-config` sets options of git's own; a commit that is not live any more is kept for
`--stale-worktree-timeout`. https://github.com/kubernetes/git-sync
"""

from __future__ import annotations

from airstrip.manifests import pod_security
from airstrip.manifests.git import secret_file, secret_mount, sync_config, sync_root
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.names import DAG_PROCESSOR, GIT_DIR, GIT_MAP, GIT_SYNC_LINK
from airstrip.manifests.process import Resources
from airstrip.manifests.room import component_of
from airstrip.manifests.settings import variables
from airstrip.manifests.volumes import Mount, dags_mount, empty_mount, map_mount, mounts_of, volumes_of
from airstrip.spec import GitBundle, GitSync
from airstrip.spec.own_pods import GIT_SYNC_PREFIX

# v4.5.0, for all architectures: https://github.com/kubernetes/k8s.io, registry.k8s.io/images/k8s-staging-git-sync.
_IMAGE = "registry.k8s.io/git-sync/git-sync@sha256:0e64aedb0d0ae0a3bab880349a5109b2a31891d646dd61e433ca36ed220dff1f"
_UID = 65533
"""The image's own user: ssh wants one that it knows by name."""
_RESOURCES = Resources(cpu=50, memory=64, memory_limit=1024)
_HEAD = "HEAD"
_SYNC_MINUTES = 10
"""For one fetch, the first of a large repository too; git's own limits end one that stands still."""
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")

_SECRET, _TMP = "git-sync-secret", "git-sync-tmp"


def with_git_sync(inputs: Inputs, template: Object) -> Object:
    """The dag-processor's pod with git-sync in it; as it is where nothing comes that way."""
    bundles = inputs.spec.dags.synced
    if not bundles:
        return template
    spec = template["spec"]
    own = [_container(inputs, bundle) for bundle in bundles]
    volumes = {volume["name"]: volume for volume in (*spec["volumes"], *volumes_of(inputs, _mounts(inputs)))}
    # Kubernetes' own kind of sidecar. First: a sidecar of the file's may want to see the DAGs.
    sidecars = [*own, *spec.get("initContainers", [])]
    return {**template, "spec": {**spec, "initContainers": sidecars, "volumes": list(volumes.values())}}


def _mounts(inputs: Inputs) -> tuple[Mount, ...]:
    """The DAG processor's own container mounts the volume read-only, as tasks do."""
    return (
        dags_mount(inputs.spec, read_only=False),
        map_mount(GIT_MAP, GIT_DIR),
        *secret_mount(inputs, _SECRET, inputs.spec.dags.synced),
        empty_mount(_TMP, "/tmp"),
    )


def _container(inputs: Inputs, bundle: GitBundle) -> Object:
    """The DAG processor starts when there is a commit: at once where one was fetched before, server or not."""
    assert bundle.sync is not None, "only what git-sync brings has a container"
    is_live = {"exec": {"command": ["test", "-e", f"{sync_root(bundle)}/{GIT_SYNC_LINK}/."]}}
    return {
        "name": git_sync_container(bundle),
        "image": bundle.sync.image or _IMAGE,
        "imagePullPolicy": "IfNotPresent",
        # Kubernetes would take `$(NAME)` for a variable's value.
        "args": [argument.replace("$", "$$") for argument in _arguments(bundle, bundle.sync)],
        "env": variables({"HOME": "/tmp", **_ssh(bundle), **_proxies(inputs)}),
        "resources": _RESOURCES.to_object(),
        "restartPolicy": "Always",
        "securityContext": {**pod_security.CONTAINER, "runAsUser": _UID},
        "startupProbe": {**is_live, "periodSeconds": 1, "timeoutSeconds": 5, "failureThreshold": 60 * _SYNC_MINUTES},
        "volumeMounts": mounts_of(_mounts(inputs)),
    }


def git_sync_container(bundle: GitBundle) -> str:
    """Its name in the dag-processor's pod."""
    return f"{GIT_SYNC_PREFIX}{bundle.name}"


def _arguments(bundle: GitBundle, sync: GitSync) -> list[str]:
    """A server that is away for however long ends nothing: -1 is to try for ever."""
    found = {
        "repo": bundle.repo,
        "ref": full_ref(bundle),
        "root": sync_root(bundle),
        "link": GIT_SYNC_LINK,
        "period": f"{bundle.refresh}s",
        "depth": str(sync.depth),
        "submodules": sync.submodules,
        "stale-worktree-timeout": f"{sync.keep_hours}h",
        "max-failures": "-1",
        "sync-timeout": f"{_SYNC_MINUTES}m",
        "git-config": f"include.path:{GIT_DIR}/{sync_config(bundle)}",
        **({"webhook-url": sync.webhook} if sync.webhook else {}),
    }
    if bundle.url.is_ssh:
        found["ssh-key-file"] = secret_file(bundle, "ssh_key")
        found["ssh-known-hosts-file"] = secret_file(bundle, "known_hosts")
    return [f"--{name}={value}" for name, value in found.items()]


def git_sync_arguments(processor: Object, bundle: str) -> dict[str, str]:
    """Of the container in a Deployment of the DAG processor, by name; empty where it has none for the bundle."""
    containers = processor["spec"]["template"]["spec"].get("initContainers") or ()
    given = (each.get("args") or () for each in containers if each["name"] == f"{GIT_SYNC_PREFIX}{bundle}")
    pairs = (argument.removeprefix("--").partition("=") for arguments in given for argument in arguments)
    return {name: value.replace("$$", "$") for name, _, value in pairs}


def full_ref(bundle: GitBundle) -> str:
    """git fetches a tag where a branch has the same short name."""
    is_short = bundle.ref != _HEAD and not bundle.ref.startswith("refs/") and not bundle.is_commit
    return f"refs/heads/{bundle.ref}" if is_short else bundle.ref


def _ssh(bundle: GitBundle) -> dict[str, str]:
    """Time limits; git-sync adds the key and the known hosts."""
    return {"GIT_SSH_COMMAND": f"ssh -F {GIT_DIR}/ssh_config"} if bundle.url.is_ssh else {}


def ls_remote(bundle: GitBundle) -> tuple[str, ...]:
    """A command for that container: what the server has of the ref, and of the commit behind a tag with a text."""
    ssh = [f"{name}={value} {_ssh_options(bundle)}" for name, value in _ssh(bundle).items()]
    git = ("git", "-c", f"include.path={GIT_DIR}/{sync_config(bundle)}", "ls-remote", "--quiet", bundle.repo)
    return ("env", "GIT_TERMINAL_PROMPT=0", *ssh, *git, full_ref(bundle), f"{full_ref(bundle)}^{{}}")


def _ssh_options(bundle: GitBundle) -> str:
    known_hosts = secret_file(bundle, "known_hosts")
    return f"-i {secret_file(bundle, 'ssh_key')} -o StrictHostKeyChecking=yes -o UserKnownHostsFile={known_hosts}"


def _proxies(inputs: Inputs) -> dict[str, str]:
    """As the DAG processor has them: what else its environment holds is not git-sync's."""
    known = {**inputs.spec.airflow.variables, **component_of(inputs, DAG_PROCESSOR).env}
    return {name: value for name, value in known.items() if name.upper() in _PROXIES}
