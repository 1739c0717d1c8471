"""A landing beside NFS and behind a real Traefik: two namespaces that are given, and a user with no right too many.

There is no NFS here. The volumes that an administrator makes lead to folders of this machine with the owners that an
export with root squash has: who may write there is decided in the same way.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from airstrip.operations import Session
from tests.cluster.guest import Guest, guest_of
from tests.cluster.traefik import ADDRESS, ensure_traefik, running_traefik
from tests.git_server import Certificates
from tests.landing import ROOT, eventually
from tests.ui.browser import Browser, opened

pytestmark = pytest.mark.slow

CONTROL, WORKERS, USER = "team", "team-workers", "lander"
HOST, PATH, SECRET = "airflow.test", "/team/airflow", "airflow-test"
URL = f"https://{HOST}{PATH}"
OWN, OTHER = "127.0.0.1", "127.0.0.2"
"""Addresses that users come from."""
NOBODY, POD = 65534, 50000
FILE = f"""\
apiVersion: airstrip/v1
name: team
target:
  onprem:
    kubeconfig: kubeconfig
    storageClass: standard
    shared: {{{{nfs: {{{{server: nfs.test, path: /export}}}}}}}}
namespaces: {{{{control: {CONTROL}, workers: {WORKERS}, create: false}}}}
image: {{{{registry: "{{registry}}/team"}}}}
dags: {{{{image: {{{{path: dags}}}}}}}}
expose:
  ingress:
    host: {HOST}
    path: {PATH}
    class: traefik
    controller: edge
    tls: {{{{secret: {SECRET}}}}}
    allow: [{OWN}/32]
"""
LOOK = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: team-ingress-classes}
rules: [{apiGroups: [networking.k8s.io], resources: [ingressclasses], verbs: [list]}]
"""
SUCCESS = "//*[contains(@data-testid, 'state-badge')][contains(., 'Success')]"
RUN_HEADER = "//*[@data-testid='header-card'][contains(., 'Triggering User')]"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("certificates"), HOST)


@pytest.fixture(scope="module")
def guest(session: Session, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    """In front of Traefik, which has its certificate by a Secret of the control plane's namespace."""
    traefik, folder = ensure_traefik(), tmp_path_factory.mktemp("guest")
    namespaces = (CONTROL, WORKERS)
    with traefik.defined(session.cluster), guest_of(session, folder, USER, namespaces, FILE) as guest:
        pem = certificates.chain.read_text()
        data = {"tls.key": pem, "tls.crt": pem[pem.index("-----BEGIN CERT") :], "ca.crt": certificates.authority}
        about = {"name": SECRET, "namespace": CONTROL}
        secret = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": about}
        guest.admin.apply({**secret, "stringData": data})
        kubeconfig = session.target.kubeconfig()
        assert kubeconfig is not None
        with running_traefik(traefik, kubeconfig, folder / "traefik.log"):
            yield guest
    for volume in _given(guest):
        guest.admin.delete("v1", "PersistentVolume", volume)


def _given(guest: Guest) -> list[str]:
    """The volumes that the administrator made."""
    found = [volume["metadata"]["name"] for volume in guest.admin.list("v1", "PersistentVolume")]
    return [name for name in found if name.startswith("team-")]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As a server makes them where it is told nothing: nobody else may write."""
    folder = tmp_path_factory.mktemp("export")
    for name in ("logs", "data"):
        (folder / name).mkdir(mode=0o755)
        os.chown(folder / name, NOBODY, NOBODY)
    return folder


def test_an_ingress_class_that_may_not_be_looked_at_is_asked_for(guest: Guest) -> None:
    error, found = guest.refused()
    assert (error["code"], found) == ("place.unsuitable", ["ingress.class-unknown"])
    guest.grant(LOOK)


def test_what_is_in_no_namespace_may_be_given(guest: Guest, export: Path) -> None:
    error, _ = guest.refused()
    assert error["code"] == "kubernetes.rights-missing"

    def administrator(item: dict[str, Any]) -> dict[str, Any] | None:
        """Makes the volumes, and gives nobody the right to."""
        if item["metadata"]["name"] == "team-landing" and item["kind"] == "ClusterRole":
            return None
        if item["kind"] != "PersistentVolume":
            return item
        path = export / Path(item["spec"].pop("nfs")["path"]).relative_to("/export")
        return {**item, "spec": {**item["spec"], "hostPath": {"path": str(path), "type": "Directory"}}}

    guest.grant(error["details"], administrator)


def test_a_closed_export_is_told_before_anything_starts(guest: Guest) -> None:
    done = guest.landing.airstrip("up", "--yes")
    assert done.returncode == 1, done.stdout + done.stderr
    said = " ".join((done.stdout + done.stderr).split())
    assert f"is closed: user {NOBODY}, group {NOBODY}, mode 755, and pods are user {POD} with groups 0" in said
    assert f"chown {POD}:0 FOLDER && chmod 2775 FOLDER" in said
    for kind in ("Deployment", "StatefulSet"):
        assert guest.admin.list("apps/v1", kind, CONTROL) == []


def test_as_soon_as_it_is_open_up_goes_on(guest: Guest, export: Path) -> None:
    for folder in export.iterdir():
        os.chown(folder, POD, 0)
        folder.chmod(0o2775)
    landed = guest.landing.data("up", "--yes")
    assert (landed["place"], landed["url"]) == ("onprem", URL)
    assert guest.landing.data("plan")["changed"] is False
    assert guest.landing.airstrip("doctor").returncode == 0


def verified(guest: Guest, *arguments: str) -> dict[str, dict[str, Any]]:
    """What `verify` says of each property. The name is known to it alone, by a mount that ends with it."""
    hosts = guest.landing.folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{ADDRESS} {HOST}\n")
    script = 'mount --bind "$1" /etc/hosts && shift && exec "$@"'
    inside = ["unshare", "--mount", "--propagation=private", "sh", "-c", script, "sh", str(hosts)]
    verb = [str(ROOT / "airstrip"), "verify", *arguments, "--json", "-f", str(guest.landing.file)]
    environment = {**os.environ, "no_proxy": HOST, "NO_PROXY": HOST}
    done = subprocess.run([*inside, *verb], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return {row["property"]: row for row in json.loads(done.stdout)["data"]["properties"]}


def test_verify_proves_the_way_in_by_its_name_and_certificate(guest: Guest) -> None:
    found = verified(guest)
    states = {name: row["state"] for name, row in found.items()}
    assert "failed" not in states.values(), found
    assert states["ingress"] == states["task"] == states["web"] == "proved"


@dataclass(frozen=True)
class Users:
    """Whoever comes from an address; only the name and the certificate's authority are known to them."""

    trust: ssl.SSLContext

    def ask(self, method: str, path: str, source: str = OWN, scheme: str = "https", **more: Any) -> httpx.Response:
        transport = httpx.HTTPTransport(verify=self.trust, local_address=source)
        headers = {"Host": HOST, **more.pop("headers", {})}
        with httpx.Client(transport=transport, timeout=30) as client:
            url = f"{scheme}://{ADDRESS}{PATH}{path}"
            return client.request(method, url, headers=headers, extensions={"sni_hostname": HOST}, **more)


@pytest.fixture
def users(certificates: Certificates) -> Users:
    return Users(ssl.create_default_context(cadata=certificates.authority))


@pytest.fixture(scope="module")
def password(guest: Guest) -> str:
    return guest.landing.ok("open", "--password").strip()


def test_the_api_is_below_the_path_with_tls_alone(guest: Guest, users: Users, password: str) -> None:
    token = users.ask("POST", "/auth/token", json={"username": "admin", "password": password}).json()["access_token"]
    answer = users.ask("GET", "/api/v2/dags", headers={"Authorization": f"Bearer {token}"})
    assert {"guest", "smoke"} <= {dag["dag_id"] for dag in answer.json()["dags"]}
    assert users.ask("GET", "/api/v2/version", scheme="http").status_code == httpx.codes.NOT_FOUND


def test_who_comes_from_elsewhere_is_refused(guest: Guest, users: Users) -> None:
    assert users.ask("GET", "/api/v2/version").status_code == httpx.codes.OK
    assert users.ask("GET", "/api/v2/version", source=OTHER).status_code == httpx.codes.FORBIDDEN


def test_a_way_in_that_is_gone_fails_until_up_has_made_it_again(guest: Guest) -> None:
    guest.admin.delete("networking.k8s.io/v1", "Ingress", "api-server", CONTROL)
    found = verified(guest, "--only", "ingress", "--only", "web")
    assert {name: row["state"] for name, row in found.items()} == {"ingress": "failed", "web": "proved"}
    assert found["ingress"]["findings"] == ["object.missing", "verify.ingress"]
    assert guest.landing.data("up", "--yes")["changed"] == 1
    assert verified(guest, "--only", "ingress")["ingress"]["state"] == "proved"


@pytest.fixture(scope="module")
def browser(guest: Guest, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    (certificate,) = x509.load_pem_x509_certificates(certificates.chain.read_bytes())
    public = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    trusted = base64.b64encode(hashlib.sha256(public).digest()).decode()
    with opened(URL, tmp_path_factory.mktemp("browser"), {HOST: ADDRESS}, trusted) as browser:
        yield browser


def test_a_browser_logs_in_on_its_way_to_a_page(browser: Browser, password: str) -> None:
    browser.open("/dags/smoke")
    browser.see("//input[@name='username']")
    assert browser.at.startswith(f"{URL}/auth/login")
    browser.log_in("admin", password)
    assert browser.at.startswith(f"{URL}/dags/smoke")


def test_a_run_that_is_triggered_there_becomes_green_in_the_workers_namespace(guest: Guest, browser: Browser) -> None:
    browser.open("/dags/smoke")
    browser.click("//button[@data-testid='trigger-dag-button']")
    browser.click("//button[@data-testid='trigger-dag-submit']")
    eventually(lambda: guest.admin.list("v1", "Pod", WORKERS) != [], seconds=60, what="a task has a pod")
    browser.see(f"{RUN_HEADER}[contains(., 'admin')]{SUCCESS}", seconds=120)


def test_its_log_is_read_there(browser: Browser) -> None:
    browser.click("//td//a[.='hello']")
    browser.see("//*[starts-with(@data-testid, 'virtualized-item')][contains(., 'hello from')]")
    assert browser.at.startswith(f"{URL}/dags/smoke/runs/")


def test_all_that_the_pages_asked_for_is_below_the_path_and_was_answered(browser: Browser) -> None:
    traffic = browser.note_traffic()
    bad = {(status, urlsplit(url).path) for status, url in traffic.answers if status >= 400}
    # How the UI learns that nobody has logged in yet.
    assert bad == {(401, f"{PATH}/ui/config")}
    assert [url for url in traffic.asked if not url.startswith(f"{URL}/")] == []
    assert traffic.failures == []
    assert len(traffic.answers) > 50


def test_down_leaves_what_was_given(guest: Guest, export: Path) -> None:
    guest.landing.ok("down")
    for kind, version in (("Ingress", "networking.k8s.io/v1"), ("Middleware", "traefik.io/v1alpha1")):
        assert guest.admin.list(version, kind, CONTROL) == []
    done = guest.landing.airstrip("down", "--data", "--yes", "--json")
    assert done.returncode == 3, done.stdout + done.stderr
    assert [finding["code"] for finding in json.loads(done.stdout)["findings"]] == ["place.left"] * 3
    assert [guest.admin.list("v1", "PersistentVolumeClaim", name) for name in (CONTROL, WORKERS)] == [[], []]
    assert sorted(_given(guest)) == ["team-data-workers", "team-logs-control", "team-logs-workers"]
    assert any((export / "logs").iterdir())
