"""The way to the cluster: a kubeconfig, a certificate, an API server that hangs, a part of the node that fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
from tests.landing import NAME

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


def test_credentials_that_are_not_valid(doctor: Doctor) -> None:
    with changed(KUBECONFIG, kubeconfig(token="of-yesterday")):
        finding = doctor.finds("kubernetes.unauthorized")
        assert "of-yesterday" not in str(finding)


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


def test_an_api_server_that_hangs(doctor: Doctor) -> None:
    process = int(record.read_states(run_dir(NAME))["kube-apiserver"]["pid"])
    inside = pid_on_the_host(process)
    os.kill(inside, signal.SIGSTOP)
    try:
        started = time.monotonic()
        (finding,) = doctor.looks()
        assert finding["code"] == "kubernetes.timeout"
        assert time.monotonic() - started < 15
    finally:
        os.kill(inside, signal.SIGCONT)


def pid_on_the_host(inside: int) -> int:
    """The node has process ids of its own: the last of NSpid."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        spaces = next((line.split()[1:] for line in text.splitlines() if line.startswith("NSpid:")), [])
        if len(spaces) > 1 and int(spaces[-1]) == inside and "airstrip" in _cgroup(status.parent):
            return int(status.parent.name)
    raise AssertionError(f"no process {inside} of the node")


def _cgroup(process: Path) -> str:
    return (process / "cmdline").read_bytes().decode(errors="replace") + (process / "cgroup").read_text()


def test_a_part_of_the_node_that_keeps_ending(doctor: Doctor) -> None:
    program = state_dir(NAME) / "programs" / "coredns"
    aside = program.with_name("coredns.aside")
    process = pid_on_the_host(int(record.read_states(run_dir(NAME))["coredns"]["pid"]))
    program.rename(aside)
    try:
        os.kill(process, signal.SIGKILL)
        finding = doctor.finds("place.part-failing")
        assert "coredns" in finding["symptom"]
    finally:
        aside.rename(program)
    doctor.is_content(seconds=60)


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
