"""The node as a unit, where systemd runs: it then outlives the login session by systemd's own rules."""

from __future__ import annotations

from pathlib import Path

from airstrip.embedded.config import NodeConfig, python_executable
from airstrip.errors import NodeError
from airstrip.process import Command, run

_UNITS = Path("/run/systemd/system")


def runs() -> bool:
    """Whether systemd is this host's init."""
    return _UNITS.is_dir()


def unit_name(config: NodeConfig) -> str:
    return f"{config.cgroup}.service"


def unit_text(config: NodeConfig) -> str:
    """A unit below /run: a stopped node, or a reboot, leaves nothing of it."""
    argv = [python_executable(), "-I", "-S", str(config.archive_path), "unit", str(config.plan_path)]
    log = f"append:{_escape(str(config.logs_dir / 'keeper.log'))}"
    return f"""\
[Unit]
Description=Airstrip node {config.name}

[Service]
ExecStart={" ".join(_quote(word) for word in argv)}
StandardOutput={log}
StandardError={log}
KillMode=mixed
TimeoutStopSec=20
Delegate=yes
TasksMax=infinity
LimitNOFILE=1048576
OOMPolicy=continue
"""


def start_unit(config: NodeConfig) -> None:
    """Writes the unit and starts it. Raises CommandError with systemctl's own words."""
    (_UNITS / unit_name(config)).write_text(unit_text(config))
    run(Command(["systemctl", "daemon-reload"]), timeout=30)
    run(Command(["systemctl", "start", unit_name(config)]), timeout=30)


def remove_unit(config: NodeConfig) -> None:
    """Stops and forgets the unit; tolerates that there is none."""
    path = _UNITS / unit_name(config)
    if not path.exists():
        return
    run(Command(["systemctl", "stop", unit_name(config)]), check=False, timeout=30)
    run(Command(["systemctl", "reset-failed", unit_name(config)]), check=False, timeout=30)
    path.unlink(missing_ok=True)
    run(Command(["systemctl", "daemon-reload"]), check=False, timeout=30)


def _quote(word: str) -> str:
    """For ExecStart: `$` means something there, too."""
    escaped = _escape(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{escaped}"'


def _escape(word: str) -> str:
    """For any setting: `%` stands for something else in all of them."""
    if "\n" in word:
        raise NodeError("node.path-unusable", f"a path holds a line break: {word!r}")
    return word.replace("%", "%%")
