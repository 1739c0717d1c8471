"""What every component's command line is made of; pure."""

from __future__ import annotations

from airstrip.embedded.config import NodeConfig, python_executable

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def environment(config: NodeConfig, **more: str) -> dict[str, str]:
    return {"PATH": f"{config.programs_dir}:{_PATH}", "HOME": "/root", **more}


def program(config: NodeConfig, name: str, *flags: str) -> tuple[str, ...]:
    return (config.program("airstrip-node"), name, *flags)


def settings(config: NodeConfig, name: str) -> str:
    return str(config.settings_dir / name)


def certificate(config: NodeConfig, name: str) -> str:
    return str(config.certificates_dir / name)


def identity(config: NodeConfig, user: str) -> tuple[str, str, str, str]:
    """What the programs of the supervisor's archive take: URL, authority, certificate, key."""
    return (
        config.api_url,
        certificate(config, "ca.crt"),
        certificate(config, f"{user}.crt"),
        certificate(config, f"{user}.key"),
    )


def archive(config: NodeConfig) -> tuple[str, ...]:
    return (python_executable(), "-I", "-S", str(config.archive_path))
