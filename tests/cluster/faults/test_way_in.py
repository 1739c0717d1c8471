"""The way to the cluster: a kubeconfig, a certificate, an API server that hangs, a part of the node that fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from airstrip.embedded.supervisor import record
from airstrip.paths import run_dir, state_dir
from tests.cluster.faults.doctor import Doctor
from tests.cluster.faults.objects import CONTROL, WORKERS, simple
from tests.landing import NAME, eventually

KUBECONFIG = state_dir(NAME) / "kubeconfig"


@contextmanager
def changed(file: Path, text: str) -> Iterator[None]:
    before = file.read_text()
    file.write_text(text)
    try:
        yield
    finally:
        file.write_text(before)


def kubeconfig(**user: str) -> str:
    document: dict[str, Any] = json.loads(KUBECONFIG.read_text())
    document["users"][0]["user"] = user
    return json.dumps(document)


def test_a_kubeconfig_that_is_broken(doctor: Doctor) -> None:
    with changed(KUBECONFIG, "{broken: ["):
        doctor.finds("kubernetes.kubeconfig-invalid")
        doctor.lands_again()
        doctor.is_content()
        doctor.proves("pod-security")


def test_credentials_that_are_not_valid(doctor: Doctor) -> None:
    with changed(KUBECONFIG, kubeconfig(token="of-yesterday")):
        finding = doctor.finds("kubernetes.unauthorized")
        assert "of-yesterday" not in str(finding)
        doctor.lands_again()
        doctor.is_content()
        doctor.proves("pod-security")


ONLOOKER = "onlooker"
MAY_LOOK = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}
RBAC = "rbac.authorization.k8s.io"


def test_somebody_who_may_not_look_into_one_namespace(doctor: Doctor) -> None:
    """All of the others is seen: of that one it is said, where nothing else is wrong."""
    subject = {"kind": "ServiceAccount", "name": ONLOOKER, "namespace": CONTROL}
    role = {"apiGroup": RBAC, "kind": "Role", "name": ONLOOKER}
    with doctor.made(
        simple("ServiceAccount", ONLOOKER, namespace=CONTROL),
        simple("Role", ONLOOKER, f"{RBAC}/v1", CONTROL, rules=[MAY_LOOK]),
        simple("RoleBinding", ONLOOKER, f"{RBAC}/v1", CONTROL, subjects=[subject], roleRef=role),
    ):
        path = f"/api/v1/namespaces/{CONTROL}/serviceaccounts/{ONLOOKER}/token"
        asked = json.dumps({"spec": {"expirationSeconds": 600}}).encode()
        answer = doctor.cluster.transport.request("POST", path, "ask for a token", body=asked).json()
        with changed(KUBECONFIG, kubeconfig(token=answer["status"]["token"])):
            finding = doctor.finds("probe.forbidden")
            assert finding["symptom"].startswith(f"of {WORKERS} these could not be looked at: namespaces, pods, jobs")
            assert f"kubectl -n {WORKERS} create rolebinding" in finding["fix"]
            assert len(doctor.looks()) == 1
    doctor.is_content()


def test_a_client_certificate_that_has_expired(doctor: Doctor, tmp_path: Path) -> None:
    folder = state_dir(NAME) / "certificates"
    authority = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
    key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    mine = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "late")]))
        .issuer_name(authority.subject)
        .public_key(mine.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(yesterday - timedelta(days=1))
        .not_valid_after(yesterday)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "late.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "late.key").write_bytes(
        mine.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    user = {"client-certificate": str(tmp_path / "late.crt"), "client-key": str(tmp_path / "late.key")}
    with changed(KUBECONFIG, kubeconfig(**user)):
        finding = doctor.finds("kubernetes.certificate-expired")
        assert f"{yesterday:%Y-%m-%d}" in finding["cause"]
        doctor.lands_again()
        doctor.is_content()
        doctor.proves("pod-security")


def test_an_api_server_that_hangs(doctor: Doctor) -> None:
    """It is waited for once: nobody else asks a cluster that does not answer."""
    process = process_of("kube-apiserver")
    os.kill(process, signal.SIGSTOP)
    try:
        result = doctor.landing.airstrip("doctor", "--json")
    finally:
        os.kill(process, signal.SIGCONT)
    document = json.loads(result.stdout)
    (finding,) = document["findings"]
    assert (result.returncode, finding["code"]) == (3, "kubernetes.timeout")
    states = {row["name"]: row["state"] for row in document["data"]["checked"] if row["state"] != "skipped"}
    assert states == {"place": "ok", "kubernetes": "failed"}
    doctor.is_content()
    doctor.proves("pod-security")


def process_of(component: str) -> int:
    """The host's id of one of this node's own programs, told by the node's namespace of process ids and the program.

    Other nodes, and every container, have processes of the same number in namespaces of their own.
    """
    running, inside = record.read_record(run_dir(NAME)), record.read_states(run_dir(NAME))[component]["pid"]
    assert running is not None
    namespace = Path(f"/proc/{running.inner.pid}/ns/pid").readlink()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_of_the_node = (process / "ns" / "pid").readlink() == namespace
            if is_of_the_node and _is_called(process, component) and _number(process) == inside:
                return int(process.name)
    raise AssertionError(f"{component} of {NAME} does not run")


def _number(process: Path) -> int:
    """In the innermost namespace."""
    (line,) = (line for line in (process / "status").read_text().splitlines() if line.startswith("NSpid:"))
    return int(line.split()[-1])


def _is_called(process: Path, component: str) -> bool:
    words = (process / "cmdline").read_bytes().split(b"\0")
    return words[:2] == [str(state_dir(NAME) / "programs" / "airstrip-node").encode(), component.encode()]


def test_a_part_of_the_node_that_keeps_ending(doctor: Doctor) -> None:
    """CoreDNS, which somebody has given settings that it does not understand."""
    process = process_of("coredns")
    with changed(state_dir(NAME) / "settings" / "Corefile", "airstrip.test { no-such-plugin }\n"):
        os.kill(process, signal.SIGKILL)
        finding = doctor.finds("place.part-failing")
        assert "coredns" in finding["symptom"]
        eventually(lambda: "no-such-plugin" in doctor.looks()[0]["evidence"], seconds=20, what="its log is shown")
    doctor.is_content()
    # A new pod finds the database by its name.
    doctor.proves("migration")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "airstrip-test", str(tmp_path)], check=True)
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_disk_that_is_nearly_full(doctor: Doctor, small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as moved:
        moved.setenv("AIRSTRIP_CACHE_DIR", str(small_disk))
        finding = doctor.finds("host.disk-nearly-full")
        assert str(small_disk) in finding["symptom"]
        subprocess.run(["mount", "-o", "remount,size=900m", str(small_disk)], check=True)
        doctor.is_content()
