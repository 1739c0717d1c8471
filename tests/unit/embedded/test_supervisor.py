from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from airstrip.embedded.archive import build_archive
from airstrip.embedded.supervisor import logs, record
from airstrip.embedded.supervisor.identity import Process, boot_id, identify
from airstrip.embedded.supervisor.plan import Component
from airstrip.embedded.supervisor.processes import Running, prepare, stop_order


def run_once(tmp_path: Path, component: Component) -> Running:
    running = prepare((component,), tmp_path)[component.name]
    running.start()
    if running.pid is not None:
        _, status = os.waitpid(running.pid, 0)
        running.ended(os.waitstatus_to_exitcode(status))
    return running


def test_task_that_ends_well_is_done_and_its_output_kept(tmp_path: Path) -> None:
    running = run_once(tmp_path, Component("hello", ("/bin/sh", "-c", "echo hello; echo oops >&2"), once=True))
    assert running.state == "done"
    assert running.settled
    assert (tmp_path / "hello.log").read_text() == "hello\noops\n"


def test_component_that_ends_waits_longer_each_time(tmp_path: Path) -> None:
    running = run_once(tmp_path, Component("fails", ("/bin/sh", "-c", "exit 3")))
    assert (running.state, running.exit, running.restarts) == ("failing", 3, 1)
    waits = []
    for _ in range(8):
        waits.append(round(running.not_before - time.monotonic(), 2))
        running.started = time.monotonic()
        running.ended(3)
    assert waits == sorted(waits)
    assert running.wait == 10.0


def test_component_that_ran_long_starts_again_at_once(tmp_path: Path) -> None:
    running = prepare((Component("long", ("/bin/true",)),), tmp_path)["long"]
    running.wait = 10.0
    running.started = time.monotonic() - 60
    running.ended(-signal.SIGKILL)
    assert running.not_before - time.monotonic() < 1


def test_missing_program_is_a_failure_with_its_reason_in_the_log(tmp_path: Path) -> None:
    running = run_once(tmp_path, Component("absent", ("/no/such/program",)))
    assert (running.state, running.exit) == ("failing", 127)
    assert "/no/such/program: No such file or directory" in (tmp_path / "absent.log").read_text()


def test_component_leads_a_session_and_has_only_its_environment(tmp_path: Path) -> None:
    script = "cut -d' ' -f6 /proc/self/stat; echo $$; env"
    run_once(tmp_path, Component("env", ("/bin/sh", "-c", script), env={"ONLY": "this"}, once=True))
    session, pid, *environment = (tmp_path / "env.log").read_text().splitlines()
    assert session == pid
    assert "ONLY=this" in environment
    assert not any(line.startswith("HOME=") for line in environment)


def test_stop_order_of_a_diamond() -> None:
    parts = (
        Component("base", ()),
        Component("left", (), needs=("base",)),
        Component("right", (), needs=("base",)),
        Component("top", (), needs=("left", "right")),
    )
    assert [[part.name for part in group] for group in stop_order(parts)] == [["top"], ["left", "right"], ["base"]]


def test_log_of_the_last_start_moves_aside(tmp_path: Path) -> None:
    os.close(logs.open_log(tmp_path, "etcd"))
    (tmp_path / "etcd.log").write_text("old\n")
    os.close(logs.open_log(tmp_path, "etcd"))
    assert (tmp_path / "etcd.log").read_text() == ""
    assert (tmp_path / "etcd.log.1").read_text() == "old\n"


def test_grown_log_is_cut_under_its_writer(tmp_path: Path) -> None:
    descriptor = logs.open_log(tmp_path, "etcd")
    os.write(descriptor, b"x" * 100)
    logs.trim(tmp_path, limit=50)
    os.write(descriptor, b"new")
    os.close(descriptor)
    assert (tmp_path / "etcd.log").read_bytes() == b"new"
    assert (tmp_path / "etcd.log.1").read_bytes() == b"x" * 100


def test_process_is_known_by_pid_and_start() -> None:
    me = identify(os.getpid())
    assert me.alive
    assert not Process(me.pid, me.started - 1, me.boot).alive
    assert not Process(me.pid, me.started, "another boot").alive
    assert me.boot == boot_id()


def test_zombie_counts_as_gone_and_a_signal_to_it_is_harmless() -> None:
    pid = os.posix_spawn("/bin/true", ["true"], {})
    process = identify(pid)
    assert process.wait(5)
    process.send(signal.SIGTERM)
    os.waitpid(pid, 0)
    process.send(signal.SIGTERM)


def test_wait_ends_when_the_process_does_not() -> None:
    assert not identify(os.getpid()).wait(0.05)


def test_record_survives_its_file_and_nonsense_is_no_record(tmp_path: Path) -> None:
    me = identify(os.getpid())
    written = record.Record(me, me, "digest", 8080, 12.5)
    record.write_record(tmp_path, written)
    assert record.read_record(tmp_path) == written
    assert (tmp_path / "node.json").stat().st_mode & 0o777 == 0o644
    (tmp_path / "node.json").write_text('{"keeper": 1')
    assert record.read_record(tmp_path) is None
    (tmp_path / "node.json").write_text("{}")
    assert record.read_record(tmp_path) is None


def test_archive_is_reproducible_and_needs_only_the_standard_library(tmp_path: Path) -> None:
    assert build_archive() == build_archive()
    archive = tmp_path / "supervisor.pyz"
    archive.write_bytes(build_archive())
    imports = "import supervisor.keeper, supervisor.inner, supervisor.apply, supervisor.volumes"
    code = f"import sys; sys.path.insert(0, {str(archive)!r})\n{imports}"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)
    done = subprocess.run([sys.executable, "-I", "-S", str(archive), "nothing"], capture_output=True, check=False)
    assert done.returncode == 2
    assert b"keeper" in done.stderr


@pytest.mark.parametrize("source", sorted((Path(logs.__file__).parent).glob("*.py")), ids=lambda path: path.stem)
def test_supervisor_imports_nothing_of_ours(source: Path) -> None:
    assert "airstrip." not in "".join(line for line in source.read_text().splitlines() if "import" in line)
