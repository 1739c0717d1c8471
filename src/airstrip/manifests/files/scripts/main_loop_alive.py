"""Exits with 1 when a process's main loop has not turned since the last look. Standard library only.

Airflow's DAG processor and triggerer have no health server, and asking Airflow's own command costs
more than a second of CPU a time. Both wait in their main thread for at most a second at a time, so
the kernel's count of its switches grows as long as the loop turns; a thread that is stuck on a lock
or on a dead connection does not switch.

With a port as argument it asks whether the process has started: the port must be open, and the main loop
have turned since a look that found it open. The triggerer's log server is a process of its own, which
outlives a triggerer that failed to start.

While the DAG processor clones a repository its main thread waits for git: then git's own switches count,
so that a large repository is not cut off, and a git that hangs is.
"""

import contextlib
import os
import socket
import sys
import tempfile

# The kernel keeps fifteen characters of a name.
GIT = frozenset({"git", "git-remote-http", "git-index-pack", "ssh"})
NOTES = os.path.join(tempfile.gettempdir(), "airstrip-main-loop")


def read_status(pid):
    """The fields of /proc/PID/status, of the main thread."""
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        return dict(line.rstrip("\n").split(":", 1) for line in file if ":" in line)


def main_process():
    """Airflow itself: the container's first process, or its oldest child where that is only an init."""
    try:
        if "python" in os.path.basename(os.readlink("/proc/1/exe")):
            return 1
    except OSError:
        pass  # An init that does not let itself be looked at.
    children = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if read_status(name)["PPid"].strip() == "1":
                    children.append(int(name))
            except OSError:
                continue
    return min(children)


def switches_of(pid):
    status = read_status(pid)
    return int(status["voluntary_ctxt_switches"]) + int(status["nonvoluntary_ctxt_switches"])


def git_switches(pid):
    """Of the git that the process runs, and of what that runs; processes that end meanwhile count no more."""
    family, total = {str(pid)}, 0
    # A child has a higher number than its parent, until numbers begin anew.
    for name in sorted(filter(str.isdigit, os.listdir("/proc")), key=int):
        try:
            status = read_status(name)
            if status["PPid"].strip() in family and status["Name"].strip() in GIT:
                family.add(name)
                total += switches_of(name)
        except (OSError, KeyError):
            continue
    return total


def is_open(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


def main(port=0):
    if port and not is_open(port):
        # Notes of the container's life before this one say nothing of it.
        with contextlib.suppress(OSError):
            os.unlink(NOTES)
        print(f"nothing listens on port {port} yet", file=sys.stderr)
        return 1
    pid = main_process()
    now = f"{pid} {switches_of(pid)} {git_switches(pid)}"
    try:
        with open(NOTES, encoding="utf-8") as file:
            before = file.read()
    except OSError:
        before = ""
    with open(NOTES, "w", encoding="utf-8") as file:
        file.write(now)
    if now == before:
        print(f"the main loop of process {pid} has not turned since the last look", file=sys.stderr)
        return 1
    return 1 if port and not before else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
