"""One case for each rule about this machine, the place, and the way to the cluster."""

from __future__ import annotations

from airstrip.diagnose import Facts
from airstrip.diagnose.facts import ProbeFact
from airstrip.place import DiskFact, FolderFact, PartFact, PlaceFact
from tests.unit.diagnose.making import HERE, Case


def place(state: str = "ready", **more: object) -> Facts:
    return Facts(deployment=HERE, place=PlaceFact("local", state, **more))  # type: ignore[arg-type] # its own fields


def unanswered(code: str, message: str) -> Case:
    """The first look at the cluster failed so."""
    probe = ProbeFact("kubernetes", "failed", message, 0.1, code, "It was not renewed.", "Renew it.")
    return Facts(deployment=HERE, probes=[probe]), message


PLACE_CASES: dict[str, Case] = {
    "host.disk-nearly-full": (
        place(disks=(DiskFact("the node's state", "/var/lib/x", 600 << 20, 9000 << 20, 1000 << 20),)),
        "the disk of /var/lib/x is nearly full: 600 MiB are free, 1000 should be",
    ),
    "host.packages-missing": (
        place("stopped", lacks=("nftables (the node's network)",)),
        "this machine lacks programs that the node needs",
    ),
    "deployment.not-running": (place("stopped"), "airflow is not running"),
    "place.part-failing": (
        place("failing", parts=(PartFact("etcd", "failing", 7, ("no space left",)),)),
        "etcd, a part of the node, ends again and again (7 restarts)",
    ),
    "place.starting": (
        place("starting", parts=(PartFact("etcd", "ready"), PartFact("kubelet", "starting"))),
        "the place local is starting: kubelet not ready",
    ),
    **{
        code: unanswered(code, f"the error {code} in words")
        for code in (
            "node.not-yours",
            "kubernetes.kubeconfig-missing",
            "kubernetes.kubeconfig-invalid",
            "kubernetes.login-failed",
            "kubernetes.certificate-expired",
            "kubernetes.certificate-untrusted",
            "kubernetes.unauthorized",
            "kubernetes.forbidden",
            "kubernetes.unreachable",
        )
    },
    "kubernetes.timeout": (
        Facts(probes=[ProbeFact("kubernetes", "failed", "no answer within 7 s", 7.0, "probe.timeout")]),
        "the API server gives no answer within 7 s",
    ),
    "clock.skew": (Facts(clock=-3600.0), "the API server's clock is -3600 s off"),
    "dags.not-readable": (
        place(folders=(FolderFact("dags", "/home/me/dags", ("load.py",)),)),
        "Airflow's pods cannot read /home/me/dags",
    ),
    "logs.not-writable": (
        place(folders=(FolderFact("logs", "/var/lib/x/logs", ("drwx------",)),)),
        "Airflow's pods cannot write logs into /var/lib/x/logs",
    ),
}
