from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import airstrip_pods
from airstrip.images import BuiltImage
from airstrip.images.rootfs import compile_bytecode
from tests.image.rooted import run_inside

Root = tuple[Path, dict[str, Any]]

_IMPORTS = """
import importlib.util, sys
from airflow.providers.cncf.kubernetes.executors import kubernetes_executor as executor
import airflow.providers.fab, asyncpg, psycopg2
assert sys.prefix == "/opt/airflow/venv", sys.prefix
stale = [m.__name__ for m in list(sys.modules.values()) if (getattr(m, "__file__", None) or "").endswith(".py")
         and getattr(m, "__cached__", None) and open(m.__cached__, "rb").read(8)[4] != 1]
print(executor.KubernetesExecutor.__name__, stale)
"""


def test_airflow_runs_as_its_user_on_a_read_only_root(airflow_root: Root) -> None:
    root, config = airflow_root
    env = {"AIRFLOW_HOME": "/tmp"}

    assert run_inside(root, config, ["airflow", "version"], env=env).stdout.strip() == "3.3.2"
    done = run_inside(root, config, ["python", "-c", _IMPORTS], env=env)
    # Every module that was imported has bytecode with an unchecked hash, but for a link into /etc.
    assert done.stdout.strip() == "KubernetesExecutor ['sitecustomize']", done.stderr
    assert run_inside(root, config, ["id"]).stdout.startswith("uid=50000(airflow) gid=0(root)")


_PODS = """
import importlib.metadata, json, sys
import airstrip_pods
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
with airstrip_pods.open_data("sales", "out/table.csv", "w") as file:
    file.write("x")
operator = KubernetesPodOperator(task_id="task", **airstrip_pods.project("sales").operator)
print(json.dumps({
    "file": airstrip_pods.__file__,
    "bytecode": open(airstrip_pods.__cached__, "rb").read(8)[4],
    "version": importlib.metadata.version("airstrip-pods"),
    "data": airstrip_pods.open_data("sales", "out/table.csv", "r").read(),
    "labels": operator.labels,
}))
"""


def test_dags_find_the_pods_package(airflow_root: Root) -> None:
    root, config = airflow_root
    env = {"AIRFLOW_HOME": "/tmp", "AIRSTRIP_DATA_URL": "file:///tmp/data"}
    done = run_inside(root, config, ["python", "-c", _PODS], env=env)
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "file": "/opt/airflow/venv/lib/python3.11/site-packages/airstrip_pods/__init__.py",
        "bytecode": 1,
        "version": airstrip_pods.__version__,
        "data": "x",
        "labels": {"airstrip/project": "sales"},
    }, done.stderr


def test_the_pods_package_is_a_layer_of_its_own(airflow_image: BuiltImage) -> None:
    """A change of it builds some kilobytes anew."""
    blobs = airflow_image.layout / "blobs" / "sha256"
    manifest = json.loads((blobs / airflow_image.digest.removeprefix("sha256:")).read_bytes())
    *_, environment, pods = manifest["layers"]
    assert environment["size"] > 100_000_000
    assert pods["size"] < 500_000


_COLLECTING = """
import gc, os
for number in range(2):
    child = os.fork()
    if child == 0:
        print("child", gc.get_threshold(), gc.get_freeze_count(), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    print("parent", gc.get_threshold(), gc.get_freeze_count(), flush=True)
    garbage = []
    garbage.append(garbage)
"""


def test_garbage_is_collected_rarely_while_airflow_starts_and_as_usual_where_a_task_runs(airflow_root: Root) -> None:
    done = run_inside(*airflow_root, ["python", "-c", _COLLECTING])

    child, parent, second_child, second_parent = done.stdout.splitlines()
    frozen = int(child.split()[-1])
    assert frozen > 0, done.stderr
    assert child == second_child == f"child (700, 10, 10) {frozen}"
    assert parent == second_parent == f"parent (100000, 10, 10) {frozen}"


def test_the_programs_that_airflow_needs_are_there(airflow_root: Root) -> None:
    root, config = airflow_root

    assert config["Entrypoint"] == ["/usr/bin/tini", "--"]
    assert run_inside(root, config, [*config["Entrypoint"], "pgrep", "--version"]).stdout.startswith("pgrep")
    assert (root / "etc/ssl/certs/ca-certificates.crt").stat().st_size > 100_000


_CLONING = """
import contextlib, importlib.metadata, json, os
extra = {"key_file": "/run/key", "known_hosts_file": "/run/known", "ssh_config_file": "/run/config"}
extra["strict_host_key_checking"] = "yes"
os.environ["AIRFLOW_CONN_HERE"] = json.dumps({"conn_type": "git", "extra": extra})
from airflow.providers.git.bundles.git import GitDagBundle
from airflow.providers.git.hooks.git import GitHook
hook = GitHook(git_conn_id="here", repo_url="git@host:dags.git")
with hook.configure_hook_env():
    print(hook.env["GIT_SSH_COMMAND"], importlib.metadata.version("apache-airflow-providers-git"))
"""


def test_git_is_there_where_dags_come_from_it_and_nowhere_else(airflow_root: Root, git_root: Root) -> None:
    root, config = git_root

    assert run_inside(root, config, ["git", "--version"]).stdout.startswith("git version")
    assert run_inside(root, config, ["ssh", "-V"]).returncode == 0
    # The hook as check_git.py and the bundle use it.
    done = run_inside(root, config, ["python", "-c", _CLONING], env={"AIRFLOW_HOME": "/tmp"})
    strict = "-o StrictHostKeyChecking=yes -o UserKnownHostsFile=/run/known -F /run/config"
    # Airflow's own warnings go before it.
    assert done.stdout.endswith(f"\nssh -i /run/key -o IdentitiesOnly=yes {strict} 0.5.0\n"), done.stderr
    for name in ("git", "ssh"):
        assert not (airflow_root[0] / "usr/bin" / name).exists()
    assert not list(airflow_root[0].glob("opt/airflow/venv/lib/python3.11/site-packages/airflow/providers/git"))


def test_group_0_may_write_where_airflow_writes_and_nowhere_else(airflow_root: Root) -> None:
    root, _ = airflow_root

    for name in ("", "dags", "logs", "config"):
        status = (root / "opt/airflow" / name).stat()
        assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (50000, 0, 0o775)
    for path in (root / "opt/airflow/venv").rglob("*"):
        status = path.lstat()
        assert (status.st_uid, status.st_gid) == (0, 0)
        assert path.is_symlink() or not status.st_mode & 0o022


def test_nothing_of_this_machine_is_in_it(airflow_root: Root, postgresql_root: Root) -> None:
    for root, _ in (airflow_root, postgresql_root):
        for name in ("etc/resolv.conf", "etc/hostname", "etc/machine-id", "etc/apt/sources.list"):
            assert not (root / name).exists(), name
        for name in ("etc/apt/sources.list.d", "etc/ssl/private", "var/lib/apt/lists", "var/log", "tmp"):
            assert not (root / name).exists() or not list((root / name).iterdir()), name
        assert not any(root.glob("etc/ssh/ssh_host_*"))
        assert not list(root.glob("etc/**/99mmdebstrap"))


def test_compiling_runs_nothing_that_a_requirement_brought(airflow_root: Root) -> None:
    """A wheel may bring a .pth, which Python runs at its start, and a `python._pth`, which sets what is imported."""
    root, _ = airflow_root
    venv = root / "opt/airflow/venv"
    brought = {
        venv / "lib/python3.11/site-packages/evil.pth": "import os; os.system('touch /tmp/ran')\n",
        venv / "bin/python._pth": "/nowhere\n",
        root / "opt/airflow/brought/module.py": "",
    }
    (root / "opt/airflow/brought").mkdir()
    try:
        for path, text in brought.items():
            path.write_text(text)
        compile_bytecode(root, ("opt/airflow/brought",))
        assert not (root / "tmp/ran").exists()
        assert (root / "opt/airflow/brought/__pycache__/module.cpython-311.pyc").is_file()
    finally:
        for path in (*brought, root / "tmp/ran"):
            path.unlink(missing_ok=True)
        shutil.rmtree(root / "opt/airflow/brought")
