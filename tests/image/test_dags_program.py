"""The program of a check, in the image that it runs in, with Airflow's own parser: one of each defect."""

from __future__ import annotations

import io
import json
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from airstrip.dags import Facts, Known, find_defects, find_removed
from airstrip.dags.facts import ParsedDags, read_parsed
from airstrip.dags.folder import pack
from airstrip.dags.name_rules import identity_of
from tests.defects import BROKEN, MISSING, write_defects
from tests.image.rooted import run_inside

PROGRAM = Path(str(files("airstrip.dags"))) / "program"
BUILT_IN = Path(str(files("airstrip.manifests"))) / "files" / "dags"
FOLDERS = {"dags": "/opt/airflow/dags", "program": "/tmp/airstrip"}
BUNDLES = [{"name": "main", "path": FOLDERS["dags"]}, {"name": "airstrip", "path": "/opt/airflow/airstrip-dags"}]
Root = tuple[Path, dict[str, Any]]


def parse(root: Root, folder: Path, claim: str = "", **options: Any) -> ParsedDags:
    """As in a pod: the folder comes by stdin. `claim` is the variable that names one with DAG files."""
    archive = io.BytesIO()
    pack(folder, PROGRAM, archive)
    packed = archive.getvalue()
    header = {"folders": FOLDERS, "bundles": BUNDLES, "size": len(packed), **options}
    done = run_inside(
        *root,
        ["python", "-c", (PROGRAM / "boot.py").read_text()],
        env={"HOME": "/tmp", "AIRSTRIP_AIRFLOW_IMAGE": "here/airflow@sha256:1", **({claim: "dags"} if claim else {})},
        empty=("/tmp", FOLDERS["dags"], "/opt/airflow/logs"),
        volumes={BUILT_IN: BUNDLES[1]["path"]},
        stdin=json.dumps(header).encode() + b"\n" + packed,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told, done.stderr
    assert "result" in told[-1], told[-1].get("failed")
    return read_parsed(told[-1]["result"])


@pytest.fixture(scope="module")
def root(airflow_root: Root) -> Root:
    """With the folders that a cluster would make for its mounts."""
    for name in ("dags", "airstrip-dags", "logs"):
        (airflow_root[0] / "opt" / "airflow" / name).mkdir(exist_ok=True)
    return airflow_root


def test_each_defect_is_found_with_its_line(root: Root, tmp_path: Path) -> None:
    write_defects(tmp_path, "hidden.py")
    parsed = parse(root, tmp_path, seconds=20)
    names = [name for file in parsed.files for dag in file.dags for name in dag.names]
    nowhere = {identity_of(name, "w"): None for name in names if name.kind in ("secret", "config-map")}
    known = Known(frozenset(), frozenset(), frozenset(), nowhere)
    defects = find_defects(Facts(parsed, known, find_removed(tmp_path), "w"))
    broken = {(each.file, each.line): each.code for each in defects if each.level == "broken"}
    assert broken == {**BROKEN, ("slow.py", None): "dags.parse-timeout"}
    missing = [each for each in defects if each.level == "missing"]
    assert len(missing) == len(MISSING)
    for (file, line, name), code in MISSING.items():
        (found,) = (each for each in missing if f" {name}" in each.message)
        assert (found.file, found.line, found.code) == (file, line, code)
    assert [each for each in defects if each.level == "warning"] == []


def test_what_files_print_is_not_in_the_way_and_values_are_theirs(root: Root, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "names.py").write_text("NAME = 'from_lib'\n")
    (tmp_path / ".airflowignore").write_text("ignored.py\n")
    (tmp_path / "ignored.py").write_text("from airflow.sdk import DAG\nimport nothing\n")
    (tmp_path / "link.py").symlink_to("good.py")
    (tmp_path / "good.py").write_text(
        "import os, sys\nfrom airflow.sdk import DAG, Variable\nfrom lib.names import NAME\n"
        "print('{\"result\": 1}')\nsys.stderr.write('noise')\nos.write(1, b'noise')\n"
        "with DAG(f\"{NAME}_{Variable.get('v')}_{Variable.get('w', default=0)}\"): ...\n"
    )
    parsed = parse(root, tmp_path, variables={"v": "1"})
    mine = [file for file in parsed.files if file.bundle == "main"]
    assert [dag.dag_id for file in mine for dag in file.dags] == ["from_lib_1_0"] * len(mine)
    assert [file.errors for file in parsed.files if file.errors] == []
    assert {dag.dag_id for file in parsed.files if file.bundle == "airstrip" for dag in file.dags} >= {"smoke"}
    assert [(asked.name, asked.given) for asked in mine[0].asked] == [("v", True), ("w", False)]


@pytest.mark.parametrize(
    ("links", "ignored", "told"),
    [
        ({"all": "lib"}, "", {"all": "lib"}),
        ({"lib/up": ".."}, "", {"lib/up": "."}),
        ({"all": "lib", "lib/up": ".."}, "all\n", {"all": "lib", "lib/up": "."}),
        ({"all": "lib"}, "all\n", {}),
        ({"away": "/not/there"}, "", {}),
    ],
)
def test_a_link_that_airflow_would_end_at_is_named(
    root: Root, tmp_path: Path, links: dict[str, str], ignored: str, told: dict[str, str]
) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.py").write_text("from airflow.sdk import DAG\nwith DAG('a'): ...\n")
    (tmp_path / ".airflowignore").write_text(ignored)
    for name, target in links.items():
        (tmp_path / name).symlink_to(target)
    parsed = parse(root, tmp_path)
    errors = {error.file: (error.kind, error.text) for file in parsed.files for error in file.errors}
    assert errors == {name: ("loop", target) for name, target in told.items()}
    assert any(file.file == "lib/a.py" for file in parsed.files) is not bool(told)


def test_a_dag_is_of_the_file_that_makes_it_not_of_those_that_import_it(root: Root, tmp_path: Path) -> None:
    """Airflow gives all of them the DAG, and runs a file that is imported a second time, as another module."""
    sources = {
        ".airflowignore": "lib\n",
        "lib/made.py": "from airflow.sdk import DAG\ndef make(name):\n    with DAG(name): ...\nmake('shared')\n",
        "a.py": "from airflow.sdk import DAG\nLIMIT = 3\nwith DAG('a') as dag: ...\n",
        "b.py": "from airflow.sdk import DAG\nfrom a import dag\nwith DAG('b'): ...\n",
        "c.py": "import airflow, c_too\nfrom a import LIMIT\nfrom lib.made import make\nmake('made')  # dag\n",
        "c_too.py": "import airflow, c\nfrom lib.made import make\nmake('made')  # dag\n",
        # As one that the program makes of its own before.
        "warm.py": "from airflow.sdk import DAG\nwith DAG('warm_up'): ...\n",
        "loop.py": "from airflow.sdk import DAG\nfor s in (None, '@daily'):\n    with DAG('loop', schedule=s): ...\n",
    }
    (tmp_path / "lib").mkdir()
    for name, text in sources.items():
        (tmp_path / name).write_text(text)
    with ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("m1.py", sources["a.py"].replace("'a'", "'z'"))
        archive.writestr("m2.py", "from m1 import dag  # airflow\n")
    parsed = parse(root, tmp_path)
    makers = {(file.file, dag.dag_id): dag.made_in for file in parsed.files for dag in file.dags if dag.made_in}
    shared = {(name, "shared"): "lib/made.py" for name in ("c.py", "c_too.py")}
    assert makers == {("b.py", "a"): "a.py", ("c.py", "a"): "a.py", ("c_too.py", "a"): "a.py", **shared}
    defects = find_defects(Facts(parsed))
    assert [(each.file, each.dag) for each in defects if each.level == "broken"] == [
        ("c.py", "made"),
        ("c_too.py", "made"),
        ("loop.py", "loop"),
    ]


def test_of_a_task_s_own_environment_only_its_container_counts_and_a_secrets_backend_may_know_all(
    root: Root, tmp_path: Path
) -> None:
    (tmp_path / "own.py").write_text(
        "from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator\n"
        "from airflow.sdk import DAG\nfrom kubernetes.client import models as k8s\n"
        "def container(name, variable):\n"
        "    return k8s.V1Container(name=name, env=[k8s.V1EnvVar(name=variable, value='x')])\n"
        "def sql(name, *containers):\n"
        "    pod = k8s.V1Pod(spec=k8s.V1PodSpec(containers=list(containers)))\n"
        "    SQLExecuteQueryOperator(task_id=name, sql='', conn_id='c', executor_config={'pod_override': pod})\n"
        "with DAG('own'):\n"
        "    sql('given', container('base', 'AIRFLOW_CONN_C'))\n"
        "    sql('backend', container('base', 'AIRFLOW__SECRETS__BACKEND'))\n"
        "    sql('of_workers', container('base', 'AIRFLOW__WORKERS__SECRETS_BACKEND'))\n"
        "    sql('other', container('base', 'OTHER'))\n"
        "    sql('beside', container('base', 'OTHER'), container('sidecar', 'AIRFLOW_CONN_C'))\n"
        "    sql('backend_beside', container('base', 'OTHER'), container('sidecar', 'AIRFLOW__SECRETS__BACKEND'))\n"
    )
    (own,) = (file for file in parse(root, tmp_path).files if file.file == "own.py")
    assert [(name.task, name.name) for dag in own.dags for name in dag.names] == [
        ("other", "c"),
        ("beside", "c"),
        ("backend_beside", "c"),
    ]


def test_a_dag_that_airflow_takes_and_the_check_cannot_look_into_is_a_warning(root: Root, tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text(
        "from airflow.providers.standard.operators.bash import BashOperator\nfrom airflow.sdk import DAG\n"
        "class Odd:\n    @property\n    def attribute_map(self): raise RuntimeError('odd')\n"
        "class Operator(BashOperator):\n    template_fields = ('odd',)\n    odd = Odd()\n"
        "with DAG('odd'): Operator(task_id='t', bash_command='true', pool='p')\n"
    )
    (defect,) = find_defects(Facts(parse(root, tmp_path)))
    assert (defect.place, defect.level, defect.code) == ("odd.py:9", "warning", "dags.not-checked")
    assert "RuntimeError: odd." in defect.cause


def test_a_file_that_asks_airflow_s_database_is_not_judged(root: Root, tmp_path: Path) -> None:
    (tmp_path / "asks.py").write_text(
        "from airflow.models import DagModel\nfrom airflow.sdk import DAG\nfrom airflow.settings import Session\n"
        "for row in Session().query(DagModel): ...\n"
    )
    (defect,) = find_defects(Facts(parse(root, tmp_path)))
    assert (defect.place, defect.level, defect.code) == ("asks.py:4", "warning", "dags.not-checked")


def test_what_the_stand_in_of_a_hidden_value_leads_to_is_not_judged_but_what_stands_in_a_file_is(
    root: Root, tmp_path: Path
) -> None:
    asks = (
        "import ast, importlib, os\nfrom airflow.sdk import DAG, Variable\nfrom airstrip_pods import project\n"
        "os.environ['AIRSTRIP_PROJECTS'] = '{\"rides\": {}}'\n"
    )
    hidden = "Variable.get(f'{DAG.__name__}_password', default='of_nobody')"
    sources = {
        "hidden/module.py": f"importlib.import_module({hidden})",
        "hidden/package.py": f"importlib.import_module('lib.' + {hidden})",
        "hidden/project.py": f"project({hidden})",
        "hidden/text.py": f"ast.literal_eval({hidden} + ' (')",
        "own/imported.py": f"{hidden}\nimport nothing_here.at_all",
        "own/module.py": f"{hidden}\nimportlib.import_module('nothing_here.at_all')",
        "own/through.py": f"{hidden}\nimport lib.broken",
        "own/relative.py": f"{hidden}\nimport lib.relative",
        "own/project.py": f"{hidden}\nproject('sails')",
        "own/syntax.py": f"{hidden}\nproject('sails'",
    }
    for name, text in {name: asks + text for name, text in sources.items()}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "__init__.py").write_text("")
    (tmp_path / "lib" / "broken.py").write_text("from nothing_here.at import all\n")
    (tmp_path / "lib" / "relative.py").write_text("from .nothing import all\n")
    defects = find_defects(Facts(parse(root, tmp_path)))
    assert {(each.file, each.level) for each in defects} == {
        (name, "warning" if name.startswith("hidden/") else "broken") for name in sources
    }


@pytest.mark.parametrize("claim", ["", "AIRSTRIP_DAGS_CLAIM", "AIRSTRIP_DAGS_VERSIONS_CLAIM"])
def test_a_file_that_its_pod_does_not_see_is_named_where_no_claim_has_it(
    root: Root, tmp_path: Path, claim: str
) -> None:
    """By the old calls of the package, as the quick-start's DAG has them."""
    (tmp_path / "old.py").write_text(
        "from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator\n"
        "from airflow.sdk import DAG\nfrom airstrip_pods import task_pod_volumes\n"
        "with DAG('old', schedule=None):\n"
        "    KubernetesPodOperator(task_id='t', image='i', cmds=['python', '/opt/airflow/dags/task1.py'],\n"
        "                          **task_pod_volumes('p'))\n"
    )
    defects = find_defects(Facts(parse(root, tmp_path, claim), Known()))
    assert [each.code for each in defects] == ([] if claim else ["dags.file-not-in-pod"])


@pytest.mark.parametrize(("links", "expected"), [((), {"a.py", "lib/b.py"}), (("all",), set())], ids=["", "loop"])
def test_pointers_of_git_lfs_that_airflow_looks_into_are_told(
    root: Root, tmp_path: Path, links: tuple[str, ...], expected: set[str]
) -> None:
    """Those that .airflowignore names are none of Airflow's, nor is what is no Python; a .zip must be one."""
    (tmp_path / "lib").mkdir()
    (tmp_path / ".airflowignore").write_text("ignored.py\n")
    pointers = ["a.py", "a.zip", "ignored.py", "lib/b.py", "rows.csv"]
    for name in pointers:
        (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\n")
    for name in links:
        (tmp_path / name).symlink_to("lib")
    (tmp_path / "lib" / "no-pointer.py").write_text("")
    assert parse(root, tmp_path, pointers=pointers).pointers == expected


def test_a_folder_without_dags(root: Root, tmp_path: Path) -> None:
    assert [file for file in parse(root, tmp_path).files if file.bundle == "main"] == []


def test_a_program_that_fails_says_why(root: Root, tmp_path: Path) -> None:
    """The image of a ready deployment may have another Airflow than the one that is known here."""
    done = subprocess.run(
        ["python3", "-c", "import parse_dags; parse_dags.main({'bundles': []})"],
        env={"PYTHONPATH": str(PROGRAM), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ModuleNotFoundError" in json.loads(done.stdout.splitlines()[-1])["failed"]
