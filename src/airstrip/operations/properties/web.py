"""The way in that users take: the page, everything that the page loads, log-in and the API."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

import httpx

from airstrip.airflow_api import AirflowClient
from airstrip.answers import PropertyName
from airstrip.errors import AirflowError
from airstrip.manifests import API_SERVER, CLI_SECRET
from airstrip.operations.properties.outcome import Outcome, failed, not_applicable, proved
from airstrip.operations.properties.scene import Scene
from airstrip.operations.session import decode_secret
from airstrip.proxies import takes_proxy

_LOADED = re.compile(r"""(?:src|href)=["']([^"'#]+\.(?:js|css|svg|png|ico)[^"']*)["']""")
_BASE = re.compile(r"""<base href=["']([^"']+)["']""")
_PAGES = ("", "auth/login/")
_TIMEOUT = httpx.Timeout(15, connect=5)


def web(scene: Scene) -> Outcome:
    """The log-in is the command line's own, by the same address; it leaves no session behind."""
    scene.airflow.log_in()
    with _browser(scene.session.base_url, ssl.create_default_context()) as client:
        return _whole(client, scene.session.base_url, "web")


def ingress(scene: Scene) -> Outcome:
    """As users come, by the name and the certificate; tasks reach the Execution API below the same path."""
    wanted = scene.session.spec.expose.ingress
    if wanted is None:
        return not_applicable("expose names no ingress")
    namespace = scene.session.spec.namespaces.control
    secret = scene.session.cluster.get("v1", "Secret", wanted.tls_secret, namespace) if wanted.tls_secret else {}
    if secret is None:
        return failed(
            "ingress",
            f"the certificate's Secret {wanted.tls_secret} is not there",
            "Nobody made it; where expose.ingress.tls names an issuer, cert-manager has not.",
            f"Make it: kubectl -n {namespace} create secret tls {wanted.tls_secret} --cert FILE --key FILE   "
            f"(an issuer's: kubectl -n {namespace} describe certificate)",
        )
    trust = _trust(decode_secret(secret))
    account = scene.session.read_secret(CLI_SECRET)
    try:
        with AirflowClient(wanted.url, account["username"], account["password"], trust=trust) as users:
            users.log_in()
    except AirflowError as error:
        # Of the way in, whatever it is: Airflow itself answers by the other one.
        return failed(
            "ingress",
            f"nobody can log in at {wanted.url}",
            f"{wanted.host} does not lead to the controller from here, or the controller does not serve the Ingress.",
            f"See what it says of it: kubectl -n {namespace} describe ingress {API_SERVER}; and that this machine "
            f"reaches it: curl -v {wanted.url}/",
            error.message,
        )
    with _browser(wanted.url, trust) as client:
        return _whole(client, wanted.url, "ingress")


def _browser(url: str, trust: ssl.SSLContext) -> httpx.Client:
    return httpx.Client(follow_redirects=True, timeout=_TIMEOUT, trust_env=takes_proxy(url), verify=trust)


def _trust(secret: Mapping[str, str]) -> ssl.SSLContext:
    """This machine's authorities, and the one that the certificate's Secret names."""
    context = ssl.create_default_context()
    if authority := secret.get("ca.crt"):
        context.load_verify_locations(cadata=authority)
    return context


def _whole(client: httpx.Client, base_url: str, name: PropertyName) -> Outcome:
    url = base_url.rstrip("/") + "/"
    try:
        pages = [client.get(urljoin(url, page)) for page in _PAGES]
        loaded = {address for page in pages for address in _addresses(page)}
        answers = [*pages, *(client.get(address) for address in (*loaded, urljoin(url, "api/v2/version")))]
    except httpx.HTTPError as error:
        return _not_whole(name, url, str(error) or type(error).__name__)
    bad = [f"{answer.url}: HTTP {answer.status_code}" for answer in answers if answer.status_code != 200]
    if bad or not all(_addresses(page) for page in pages):
        return _not_whole(name, url, "\n".join(bad) or "a page loads nothing")
    return proved(f"UI and log-in page with {len(loaded)} assets, log-in and API at {url}")


def _addresses(page: httpx.Response) -> list[str]:
    """Of the page's own host: what it loads from elsewhere is not ours to prove."""
    base = _BASE.search(page.text)
    # Its host is the one that users take, which a port that is forwarded stands in for.
    root = urljoin(str(page.url), urlsplit(base[1]).path) if base else str(page.url)
    found = dict.fromkeys(urljoin(root, name) for name in _LOADED.findall(page.text))
    return [address for address in found if urlsplit(address).netloc == urlsplit(str(page.url)).netloc]


def _not_whole(name: PropertyName, url: str, evidence: str) -> Outcome:
    return failed(
        name,
        f"what users see at {url} is not whole",
        "A proxy cuts off a part of the path, or the api-server's base URL is another.",
        "Read its log: ./airstrip logs api-server",
        evidence,
    )
