"""What `plan` prints: each stage in order, what is added, changed, replaced, removed, and commands."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from airstrip.answers import FileChangeData
from airstrip.cli.main import run
from airstrip.dags import revision_of
from airstrip.operations.dags_planned import Delivered, PlannedDags
from airstrip.operations.plan import PlannedStage
from airstrip.platform import Platform
from airstrip.result import Result
from airstrip.targets.local.target import LocalTarget
from tests.cli.conftest import Outcome
from tests.cli.facade import Facade
from tests.cli.planned import PLAN, planned
from tests.cli.test_terminal import CHILD, ROOT
from tests.terminal import show

Airstrip = Callable[..., Outcome]

TOP = """\
place:
  $ start the node airflow anew: its programs or settings are others now; its pods too
"""
FOUNDATION = """\
secrets:
  $ generate Secret airflow-keys in airflow
foundation:
  + Service api-server in airflow
  + ConfigMap settings-1f7637e08f in airflow
      data.airflow.cfg:
        @@ -1,3 +1,3 @@
         [core]
        -parallelism = 8
        +parallelism = 16
         [scheduler]
  ~ Secret airflow-cli in airflow
      data.password: "(hidden)" -> "(hidden)"
migration:
  ± Job migration-0a1b2c3d4e in airflow
"""
AIRFLOW = """\
airflow:
  ~ Deployment scheduler in airflow  (takes back what kubectl-patch, kubectl-client-side-apply changed)
      spec.template.spec.terminationGracePeriodSeconds: 7 -> 90
      spec.template.spec.containers[scheduler].env[AIRFLOW__API__WORKERS].value: (none) -> "4"
"""
PRUNE = """\
prune:
  - ConfigMap settings-99aa88bb77 in airflow

2 to add, 2 to change, 1 to replace, 1 to remove. Do it: ./airstrip up
"""

FOLDED_TOP = """\
place:
  $ start the node airflow anew: its programs or settings are others now; its
      pods too
"""
FOLDED_AIRFLOW = """\
airflow:
  ~ Deployment scheduler in airflow  (takes back what kubectl-patch,
      kubectl-client-side-apply changed)
      spec.template.spec.terminationGracePeriodSeconds: 7 -> 90
      spec.template.spec.containers[scheduler].env[AIRFLOW__API__WORKERS].value:
        - (none)
        + "4"
"""


def test_a_plan_is_printed_stage_by_stage(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["plan"] = Result("plan", PLAN)
    done = airstrip("plan")
    assert (done.code, done.err) == (0, "")
    assert done.out == TOP + FOUNDATION + AIRFLOW + PRUNE


def test_files_of_dags_are_listed_below_what_delivers_them(airstrip: Airstrip, facade: Facade) -> None:
    files: list[FileChangeData] = [{"file": "gone.py", "change": "removed"}, {"file": "new.py", "change": "added"}]
    more: list[FileChangeData] = [{"file": f"x/{number}.py", "change": "changed"} for number in range(20)]
    dags = PlannedDags(delivered=Delivered(Path("/srv/dags"), "a" * 40, "b" * 40, [*files, *more]))
    facade.answers["plan"] = Result("plan", planned(PlannedStage("dags", dags.lines, dags=dags)))
    out = airstrip("plan").out.splitlines()
    assert out[:4] == [
        "dags:",
        "  $ push /srv/dags as revision aaaaaaaaaaaa, in place of bbbbbbbbbbbb",
        "  - gone.py",
        "  + new.py",
    ]
    assert out[4] == "  ~ x/0.py"
    assert out[21:23] == ["  ~ x/17.py", "  and 2 files more"]


def test_on_a_terminal_of_80_columns_what_does_not_fit_is_folded() -> None:
    shown = show([sys.executable, "-c", CHILD, "plan"], {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"})
    expected = (FOLDED_TOP + FOUNDATION + FOLDED_AIRFLOW + PRUNE).splitlines()
    assert [line for line in shown.lines if line] == [line for line in expected if line]
    assert shown.too_long == []


def test_changes_are_exit_code_3_where_that_is_asked_for(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["plan"] = lambda *, exit_code: Result("plan", PLAN, exit_code=3 if exit_code else 0)
    assert airstrip("plan", "--exit-code").code == 3
    assert airstrip("plan").code == 0


def test_the_first_plan_of_all_is_place_then_image_then_airflow_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is replaced here: a deployment that nobody has landed, on a machine that has built nothing."""
    folder = empty_clone(tmp_path, monkeypatch)
    assert run(["plan"]) == 0
    stages = [line for line in capsys.readouterr().out.splitlines() if line and not line.startswith("  ")]
    assert stages == ["place:", "image:", "airflow: known after place", "Objects are known later. Do it: ./airstrip up"]
    assert run(["plan"]) == 0
    commands = [line.strip() for line in capsys.readouterr().out.splitlines() if line.startswith("  $ ")]
    built, started, database, airflow = commands[-4:]
    assert built.startswith("$ build Kubernetes from pinned sources")
    assert started == "$ start the node airflow"
    assert "postgresql:" in database
    assert "airflow:" in airflow
    assert list(tmp_path.rglob("*")) == [folder]


@pytest.mark.parametrize(("way", "is_listed"), [("image", True), ("volume", False)])
def test_a_file_that_vanishes_while_it_is_planned_is_what_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], way: str, is_listed: bool
) -> None:
    folder = empty_clone(tmp_path, monkeypatch)
    (folder / "dags").mkdir()
    (folder / "airstrip.yaml").write_text(f"apiVersion: airstrip/v1\nname: mine\ndags: {{{way}: {{path: dags}}}}\n")
    for name in ("a.py", ".a.py.swp"):
        (folder / "dags" / name).write_text(name)
    revision = revision_of(folder / "dags")
    described = LocalTarget.describe

    def saved_meanwhile(target: LocalTarget) -> Platform | None:
        (folder / "dags/.a.py.swp").unlink(missing_ok=True)
        return described(target)

    monkeypatch.setattr(LocalTarget, "describe", saved_meanwhile)
    assert run(["plan", "--json"]) == 0
    delivered = json.loads(capsys.readouterr().out)["data"]["dags"]["delivered"]
    assert delivered["revision"] == revision
    files = [{"file": name, "change": "added"} for name in (".a.py.swp", "a.py")]
    assert delivered["files"] == (files if is_listed else None)


def empty_clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a machine that has built nothing."""
    folder = tmp_path / "clone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("STATE", "RUN", "CACHE"):
        monkeypatch.setenv(f"AIRSTRIP_{name}_DIR", str(tmp_path / name))
    return folder
