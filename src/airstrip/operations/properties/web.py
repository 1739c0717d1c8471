"""The way in that users take: the page, everything that the page loads, log-in and the API."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import httpx

from airstrip.operations.properties.outcome import Outcome, failed, not_applicable, proved
from airstrip.operations.properties.scene import Scene

_LOADED = re.compile(r"""(?:src|href)=["']([^"'#]+\.(?:js|css|svg|png|ico)[^"']*)["']""")
_BASE = re.compile(r"""<base href=["']([^"']+)["']""")
_PAGES = ("", "auth/login/")


def web(scene: Scene) -> Outcome:
    """The log-in is the command line's own, by the same address; it leaves no session behind."""
    url = scene.session.platform.base_url.rstrip("/") + "/"
    scene.airflow.log_in()
    proxies = not scene.session.platform.on_this_machine
    timeout = httpx.Timeout(15, connect=5)
    with httpx.Client(follow_redirects=True, timeout=timeout, trust_env=proxies) as client:
        try:
            pages = [client.get(urljoin(url, page)) for page in _PAGES]
            loaded = {address for page in pages for address in _addresses(page)}
            answers = [*pages, *(client.get(address) for address in (*loaded, urljoin(url, "api/v2/version")))]
        except httpx.HTTPError as error:
            return _not_whole(url, str(error) or type(error).__name__)
    bad = [f"{answer.url}: HTTP {answer.status_code}" for answer in answers if answer.status_code != 200]
    if bad or not all(_addresses(page) for page in pages):
        return _not_whole(url, "\n".join(bad) or "a page loads nothing")
    return proved(f"UI and log-in page with {len(loaded)} assets, log-in and API at {url}")


def ingress(scene: Scene) -> Outcome:
    return not_applicable(
        f"{scene.session.platform.place} has no ingress: path prefix and TLS (expose) are not built yet"
    )


def _addresses(page: httpx.Response) -> list[str]:
    """Of the page's own host: what it loads from elsewhere is not ours to prove."""
    base = _BASE.search(page.text)
    root = urljoin(str(page.url), base[1]) if base else str(page.url)
    found = dict.fromkeys(urljoin(root, name) for name in _LOADED.findall(page.text))
    return [address for address in found if urlsplit(address).netloc == urlsplit(str(page.url)).netloc]


def _not_whole(url: str, evidence: str) -> Outcome:
    return failed(
        "web",
        f"what users see at {url} is not whole",
        "A proxy cuts off a part of the path, or the api-server's base URL is another.",
        "Read its log: ./airstrip logs api-server",
        evidence,
    )
