"""scripts/test itself, in a tree whose tools stand in for the real ones: what did not run is no success."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.landing import ROOT, eventually

BOOTSTRAP = """\
say() { echo "$1"; }
loudly() { "$@"; }
fail() { echo "error: $3  [$2]"; exit "$1"; }
read_arguments() { :; }
locate_cache() { :; }
prepare_environment() {
    ENVIRONMENT=$ROOT/environment AIRSTRIP_UV=true
    if [ "${AIRSTRIP_TEST_RESULTS:+beside}" = "${CANNOT_BEGIN:-}" ]; then fail 1 launcher.no "No network"; fi
}
"""
PYTHON = """\
#!/bin/sh
echo "$3" >> "$RAN"
case "$3" in
    */$SLEEPS) exec sleep 300 ;;
    */$FAILS) exit 1 ;;
esac
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for program in ("chromium", "chromedriver", "mmdebstrap", "apt-get", "airstrip"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        make_program(tmp_path / "bin" / program, "#!/bin/sh\n")
    make_program(tmp_path / "airstrip", "#!/bin/sh\n")
    (tmp_path / "environment/bin").mkdir(parents=True)
    make_program(tmp_path / "environment/bin/python", PYTHON)
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/test", tmp_path / "scripts/test")
    (tmp_path / "scripts/bootstrap.sh").write_text(BOOTSTRAP)
    for lock in ("src/airstrip/images/locks/airflow-3.3.2.lock", "packages/airstrip-pods/tests/requirements.lock"):
        (tmp_path / lock).parent.mkdir(parents=True)
        (tmp_path / lock).touch()
    # As what prepare_airflow makes; its name is a sum of two empty files.
    (tmp_path / "cache/environments/airflow-4294967295-0/bin").mkdir(parents=True)
    (tmp_path / "cache/environments/airflow-4294967295-0/airstrip.stamp").touch()
    shutil.copy(tmp_path / "environment/bin/python", tmp_path / "cache/environments/airflow-4294967295-0/bin")
    return tmp_path


def make_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@contextmanager
def started(
    tree: Path, script: str = "scripts/test", folder: str = ".", arguments: Sequence[str] = (), **more: str
) -> Iterator[subprocess.Popen[str]]:
    """Whatever is left of it at the end is ended."""
    env = {
        **os.environ,
        "PATH": f"{tree / 'bin'}:{os.environ['PATH']}",
        "AIRSTRIP_CACHE_DIR": str(tree / "cache"),
        "AIRSTRIP_STATE_DIR": str(tree / "state"),
        "AIRSTRIP_TEST_FOLDER": str(tree / "folder"),
        "AIRSTRIP_TEST_LOCKED": "yes",
        "RAN": str(tree / "ran"),
        "SLEEPS": "none",
        "FAILS": "none",
        "CANNOT_BEGIN": "none",
        **more,
    }
    env.pop("AIRSTRIP_TEST_RESULTS", None)
    process = subprocess.Popen(
        # Who is ignored from the beginning, as SIGHUP beneath nohup, cannot be trapped.
        ["env", "--default-signal=HUP,INT,TERM", script, *arguments],
        cwd=tree / folder,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            for pid in running(tree):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def ran(tree: Path) -> list[str]:
    return (tree / "ran").read_text().splitlines() if (tree / "ran").exists() else []


def results(output: str) -> dict[str, str]:
    table = output[output.index("group      minutes") :].splitlines()[1:]
    return {line.split()[0]: line.split()[2] for line in table if len(line.split()) == 3}


ALL = {"unit", "golden", "contract", "cli", "dev", "pods", "node", "image", "cluster", "ui", "destroy"}


def test_all_groups_run_wherever_it_is_started(tree: Path) -> None:
    with started(tree, "./test", "scripts") as done:
        output, _ = done.communicate(timeout=60)
    assert (done.returncode, results(output)) == (0, dict.fromkeys(ALL, "passed")), output
    assert len(ran(tree)) == len(ALL)


def test_groups_that_could_not_begin_beside_the_cluster_have_failed(tree: Path) -> None:
    with started(tree, CANNOT_BEGIN="beside") as done:
        output, _ = done.communicate(timeout=60)
    assert done.returncode == 1
    assert {name for name, result in results(output).items() if result == "failed"} == {"dev", "pods", "image"}
    assert "No network" in output


def test_without_the_node_s_programs_what_needs_none_of_them_runs(tree: Path) -> None:
    with started(tree, FAILS="node") as done:
        output, _ = done.communicate(timeout=60)
    assert done.returncode == 1
    assert set(results(output)) == ALL - {"cluster", "ui", "destroy"}
    assert {name for name, result in results(output).items() if result == "failed"} == {"node"}


@pytest.mark.parametrize(
    ("arguments", "is_prepared"),
    [
        (["cluster"], False),
        (["cluster", "-x"], False),
        (["cluster", "--all"], True),
        (["cluster", "-k", "object_store"], True),
        (["cluster", "-m", "slow"], True),
        (["cluster", "tests/cluster/test_isolation.py::test_it"], True),
        (["ui"], False),
        ([], True),
    ],
)
def test_engines_and_an_airflow_come_where_tests_that_use_them_run(
    tree: Path, arguments: list[str], is_prepared: bool
) -> None:
    """Of the cluster's these are slow ones, which run for --all, and for whoever names one."""
    make_program(tree / "bin/apt-get", "#!/bin/sh\necho asked for engines >&2\n")
    (tree / "cache/environments/airflow-4294967295-0/airstrip.stamp").unlink()
    with started(tree, arguments=arguments) as done:
        output, _ = done.communicate(timeout=60)
    assert done.returncode == 0, output
    assert ("asked for engines" in output, "Installing Airflow" in output) == (is_prepared, is_prepared), output


@pytest.mark.parametrize("group", ["cluster", "image"])
def test_where_no_engines_can_come_from_the_group_that_needs_them_is_named(tree: Path, group: str) -> None:
    (tree / "bin/apt-get").unlink()
    for program in Path("/usr/bin").iterdir():
        if program.name != "apt-get" and not (tree / "bin" / program.name).exists():
            (tree / "bin" / program.name).symlink_to(program)
    with started(tree, arguments=[group, "--all"], PATH=str(tree / "bin")) as done:
        output, _ = done.communicate(timeout=60)
    assert done.returncode == 1
    assert f"The tests of the group {group} need Docker and Podman" in output


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_who_ends_it_ends_what_runs_beside_too(tree: Path, sign: signal.Signals) -> None:
    """SIGINT comes to all of the terminal's group, as Ctrl-C does."""
    with started(tree, SLEEPS="[cd][le][uv]*") as done:
        eventually(lambda: {"tests/cluster", "tests/dev"} <= set(ran(tree)), seconds=30, what="both sleep")
        os.killpg(done.pid, sign)
        output, _ = done.communicate(timeout=60)
        assert done.returncode == 128 + sign, output
        eventually(lambda: running(tree) == [], seconds=10, what="nothing of it is left")


def running(tree: Path) -> list[int]:
    """Processes whose command lines, or variables, name the tree."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            if str(tree).encode() in told and process.name != str(os.getpid()):
                found.append(int(process.name))
    return found
