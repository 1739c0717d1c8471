"""What the file says of settings, variables and components is in force: in the processes, and inside of tasks."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from airstrip.kube import Cluster
from tests.landing import NAME, Landing, eventually

DAGS = Path(__file__).parent / "dags"
PROCESSES = {"api-server", "scheduler", "dag-processor", "triggerer"}


@pytest.fixture(scope="module")
def mended(landing: Landing) -> Iterator[None]:
    """At the end: each test writes the whole file that it needs."""
    yield
    for name in ("settings.py", "talker.py"):
        (landing.dags / name).unlink(missing_ok=True)


def pods(cluster: Cluster) -> dict[str, set[str]]:
    """The uids of each component's pods that are not about to end."""
    found: dict[str, set[str]] = {}
    for pod in cluster.list("v1", "Pod", NAME):
        if "deletionTimestamp" not in pod["metadata"]:
            component = pod["metadata"]["labels"]["app.kubernetes.io/component"]
            found.setdefault(component, set()).add(pod["metadata"]["uid"])
    return found


def rolled(before: dict[str, set[str]], after: dict[str, set[str]]) -> set[str]:
    return {name for name in PROCESSES | {"postgresql"} if before[name] != after[name]}


def printed(landing: Landing) -> str:
    """What the DAG's task prints; the first run waits until the DAG is seen."""
    told = ""

    def green() -> bool:
        nonlocal told
        done = landing.airstrip("run", "settings", "--json")
        told = done.stdout + done.stderr
        return done.returncode == 0

    try:
        eventually(green, seconds=120, what="the DAG is green")
    except AssertionError as error:
        raise AssertionError(f"{error}\n{told}") from None
    return landing.ok("logs", "settings", "show")


# Kubernetes would put a variable in the place of $(HOME), where it is not told otherwise.
EVERYTHING = """\
airflow:
  config:
    core: {default_timezone: Europe/Oslo, parallelism: 8}
    workers: {secrets_backend: airflow.secrets.environment_variables.EnvironmentVariablesBackend}
  env: {AIRPORT: OSL, AIRLINE: "DY $(HOME)"}
components:
  api-server: {replicas: 2}
  scheduler:
    resources: {requests: {cpu: 0.15}}
    nodeSelector: {kubernetes.io/os: linux}
    affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [
      {matchExpressions: [{key: kubernetes.io/os, operator: In, values: [linux]}]}]}}}
  task:
    env: {AIRPORT: BGO, AIRFLOW_VAR_HARBOUR: Vaagen, AIRFLOW_CONN_FLEET: "http://fleet.example.com"}
    resources: {limits: {memory: 1Gi}}
    tolerations: [{operator: Exists}]
    volumes:
      - {name: words, mountPath: /opt/words, configMap: {name: words}}
      - {name: beside, mountPath: /opt/beside, readOnly: true, emptyDir: {sizeLimit: 1Mi}}
    sidecars:
      - name: writer
        image: IMAGE
        command: [sh, -c, "trap 'exit 0' TERM; echo Flesland > /opt/beside/word; while :; do sleep 0.2; done"]
        volumeMounts: [{name: beside, mountPath: /opt/beside}]
patches:
  - {apiVersion: v1, kind: Pod, metadata: {name: task}, spec: {hostAliases: [
      {ip: 10.0.0.1, hostnames: [warehouse.example.com]}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: api-server, annotations: {team: data}}}
"""
LOCAL = """\
airflow: {executor: local}
image: {pullSecrets: [registry]}
"""
LINES = 300
"""What the talker says, in a quarter of a minute."""
NO_TARGET = "patches: [{apiVersion: v1, kind: Service, metadata: {name: api}}]"


def airflow_image(cluster: Cluster) -> str:
    """An image that the node has."""
    scheduler = cluster.get("apps/v1", "Deployment", "scheduler", NAME)
    assert scheduler is not None
    return str(scheduler["spec"]["template"]["spec"]["containers"][0]["image"])


@pytest.fixture
def users_own(cluster: Cluster) -> Iterator[None]:
    """A ConfigMap beside the tasks, and a registry's Secret in both namespaces."""
    about = {"name": "words", "namespace": f"{NAME}-workers"}
    cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": {"word": "Bergen"}})
    secret = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson"}
    login = base64.b64encode(b'{"auths": {}}').decode()
    for namespace in (NAME, f"{NAME}-workers"):
        metadata = {"name": "registry", "namespace": namespace}
        cluster.apply({**secret, "metadata": metadata, "data": {".dockerconfigjson": login}})
    yield
    cluster.delete("v1", "ConfigMap", "words", f"{NAME}-workers")
    for namespace in (NAME, f"{NAME}-workers"):
        cluster.delete("v1", "Secret", "registry", namespace)


def planned(landing: Landing) -> dict[tuple[str, str], set[str]]:
    """The fields that change, by kind and name."""
    changes = [change for stage in landing.data("plan")["stages"] for change in stage["changes"]]
    return {(item["kind"], item["name"]): {field["path"] for field in item["fields"]} for item in changes}


def test_a_patch_of_no_object_is_told_before_anything_changes(landing: Landing) -> None:
    landing.write_file(NO_TARGET)
    try:
        done = landing.airstrip("up", "--yes")
        assert done.returncode == 2
        assert "spec.no-target" in done.stderr
        assert f"{landing.file}:4:11" in done.stderr
    finally:
        landing.write_file()


# Three rolls of all of Airflow.
@pytest.mark.slow
@pytest.mark.usefixtures("mended", "users_own")
def test_settings_and_components_are_in_force_and_gone_when_others_are_there(
    landing: Landing, cluster: Cluster
) -> None:
    """All at once: each landing of any of it starts all of Airflow anew. The executor `local` is another file's."""
    shutil.copy(DAGS / "settings.py", landing.dags / "settings.py")
    before = pods(cluster)
    landing.write_file(EVERYTHING.replace("IMAGE", airflow_image(cluster)))
    changes = planned(landing)
    assert changes["Service", "api-server"] == {"metadata.annotations.team"}
    assert any("affinity" in path for path in changes["Deployment", "scheduler"])
    landing.ok("up", "--yes")
    # Kubernetes writes quantities and the file's in the same way only if nothing is left to do.
    assert landing.data("plan")["changed"] is False
    changed = pods(cluster)
    assert rolled(before, changed) == PROCESSES
    assert_pods_have_it(landing, cluster, changed)
    assert_tasks_have_it(printed(landing))
    assert_tasks_ask_the_secrets_backend(landing)

    landing.write_file(LOCAL)
    landing.ok("up", "--yes")
    after = pods(cluster)
    # The pull secrets are all pods'.
    assert rolled(changed, after) == PROCESSES | {"postgresql"}
    assert len(after["api-server"]) == 1
    assert cluster.get("policy/v1", "PodDisruptionBudget", "api-server", NAME) is None
    out = printed(landing)
    for line in ("setting: utc", "variable: none", "another: none", "host: none", "words: none"):
        assert line in out


def assert_pods_have_it(landing: Landing, cluster: Cluster, now: dict[str, set[str]]) -> None:
    assert len(now["api-server"]) == 2
    status = {row["component"]: row for row in landing.data("status")["components"]}
    assert (status["api-server"]["ready"], status["api-server"]["wanted"]) == (2, 2)
    assert cluster.get("policy/v1", "PodDisruptionBudget", "api-server", NAME) is not None


def assert_tasks_have_it(out: str) -> None:
    """A component's variable goes over that of all."""
    for line in ("setting: Europe/Oslo", "variable: BGO", "another: DY $(HOME)"):
        assert line in out
    for line in ("host: example.com", f"memory: {1024**3}", "words: Bergen", "beside: Flesland"):
        assert line in out


def assert_tasks_ask_the_secrets_backend(landing: Landing) -> None:
    """One that has no other settings than its class."""
    named = ["--backend-variable", "harbour", "--backend-connection", "fleet"]
    (row,) = landing.data("verify", "--only", "secrets", *named)["properties"]
    assert (row["state"], row["limits"]) == ("proved", [])
    assert row["text"].startswith("variable harbour and connection fleet out of airflow.secrets.environment_variables.")
    done = landing.airstrip("verify", "--only", "secrets", "--backend-variable", "another", "--json")
    *_, finding = json.loads(done.stdout)["findings"]
    assert (done.returncode, finding["code"], finding["evidence"]) == (3, "verify.secrets", "variable another: nothing")


@pytest.mark.usefixtures("mended", "users_own")
def test_with_the_executor_local_tasks_run_in_the_schedulers_pod(landing: Landing, cluster: Cluster) -> None:
    """As the test before left it, or by itself."""
    landing.write_file(LOCAL)
    landing.ok("up", "--yes")
    assert landing.data("plan")["changed"] is False
    for pod in cluster.list("v1", "Pod", NAME, field_selector="status.phase=Running"):
        if "deletionTimestamp" not in pod["metadata"]:
            assert pod["spec"]["imagePullSecrets"] == [{"name": "registry"}], pod["metadata"]["name"]
    assert cluster.list("rbac.authorization.k8s.io/v1", "Role", f"{NAME}-workers") == []
    before = names(cluster, f"{NAME}-workers")
    shutil.copy(DAGS / "talker.py", landing.dags / "talker.py")
    with ThreadPoolExecutor() as pool:
        talking = pool.submit(landing.ok, "run", "talker")
        eventually(lambda: 0 < lines_so_far(landing) < LINES, seconds=60, what="the log of a running task is read")
        run = landing.data("run", "smoke")
        assert talking.result().count("line ") == LINES
    assert names(cluster, f"{NAME}-workers") <= before
    (scheduler,) = (pod for pod in names(cluster, NAME) if pod.startswith("scheduler-"))
    words = f"hello from {scheduler}:"
    assert words in landing.ok("logs", "smoke", "hello")

    landing.write_file()
    landing.ok("up", "--yes")
    # The volume keeps what was said; a new run is in pods again.
    assert words in landing.ok("logs", "smoke", "hello", "--run", run["run"])
    landing.ok("run", "smoke")
    assert "hello from smoke-hello-" in landing.ok("logs", "smoke", "hello")


def lines_so_far(landing: Landing) -> int:
    return landing.airstrip("logs", "talker", "talk").stdout.count("line ")


def names(cluster: Cluster, namespace: str) -> set[str]:
    pods = cluster.list("v1", "Pod", namespace)
    return {pod["metadata"]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"]}
