"""Where Debian packages come from: the mirrors that this machine's apt is set up with."""

from __future__ import annotations

import shutil

from airstrip.process import Command, run

_FIELDS = "$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)"
_PROXIES = {"Acquire::http::Proxy": "http_proxy", "Acquire::https::Proxy": "https_proxy"}


def host_sources(suite: str) -> str:
    """The lines of a sources.list for `suite`, its updates and security fixes, as this machine has them.

    Empty on a machine of another distribution or release: mmdebstrap then takes its own default.
    """
    if shutil.which("apt-get") is None:
        return ""
    listed = run(Command(("apt-get", "indextargets", "--format", _FIELDS, "Created-By: Packages")), check=False)
    return parse_index_targets(listed.stdout, suite)


def parse_index_targets(output: str, suite: str) -> str:
    """Sources of Debian's own for the suite out of `ORIGIN|URI|RELEASE|COMPONENT` lines, main only."""
    lines: list[str] = []
    for row in output.splitlines():
        origin, uri, release, component = (*row.split("|"), "", "", "")[:4]
        ours = release == suite or release.startswith(f"{suite}-")
        line = f"deb {uri} {release} main\n"
        if origin == "Debian" and ours and component == "main" and line not in lines:
            lines.append(line)
    has_suite = any(line.split()[2] == suite for line in lines)
    return "".join(lines) if has_suite else ""


def proxy_environment() -> dict[str, str]:
    """apt's proxies as environment variables: mmdebstrap's apt does not read this machine's apt.conf."""
    if shutil.which("apt-config") is None:
        return {}
    environment: dict[str, str] = {}
    for option, variable in _PROXIES.items():
        shown = run(Command(("apt-config", "dump", "--format", "%v", option)), check=False).stdout.strip()
        if shown and shown != "DIRECT":
            environment[variable] = shown
    return environment
