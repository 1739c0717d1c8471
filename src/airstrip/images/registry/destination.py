"""Where an image is pushed to."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from airstrip.errors import UsageError
from airstrip.redaction import without_credentials

_HOST = r"(?P<registry>(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?)"
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_DESTINATION = re.compile(
    rf"{_HOST}/(?P<repository>{_PART}(?:/{_PART})*)(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{{0,127}}))?"
)


@dataclass(frozen=True)
class Destination:
    """`tag` is empty where the image's own is taken."""

    registry: str
    repository: str
    tag: str = ""

    @property
    def is_loopback(self) -> bool:
        """A registry of this machine, which is spoken to without TLS, as Docker does."""
        host = self.registry.partition("]")[0].lstrip("[") if "[" in self.registry else self.registry.partition(":")[0]
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def base_url(self) -> str:
        host = "registry-1.docker.io" if self.registry == "docker.io" else self.registry
        return f"{'http' if self.is_loopback else 'https'}://{host}"

    def named(self, digest: str) -> str:
        return f"{self.registry}/{self.repository}@{digest}"


def parse_destination(text: str) -> Destination:
    """Raises UsageError for what names no registry: nothing is pushed to a place that was only meant."""
    found = _DESTINATION.fullmatch(text)
    if found is None or not re.search(r"[.:]|^localhost$", found["registry"]):
        raise UsageError(
            "registry.bad-destination",
            f"{without_credentials(text)!r} names no registry and repository",
            cause="It is the registry's host, a slash, and the repository in lower case; a tag may follow.",
            fix="For example: example.com/data/pandas-basic:1, docker.io/NAME/pandas-basic",
        )
    return Destination(found["registry"], found["repository"], found["tag"] or "")
