"""The pods package in an image that has nothing but Python, and what the manifests and it must agree on."""

from __future__ import annotations

import subprocess
import sys
import tomllib

from airstrip.manifests import names
from airstrip_pods import conventions
from tests.landing import ROOT

PACKAGE = ROOT / "packages" / "airstrip-pods"

_HEAVY = (
    *("airflow", "asyncio", "fsspec", "kubernetes", "pydantic", "sqlalchemy"),
    *("airstrip", "httpx", "importlib.metadata", "ssl", "http.client", "subprocess"),
)


def imported(program: str) -> set[str]:
    program = f"import sys; before = set(sys.modules)\n{program}\nprint(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_it_imports_the_standard_library_only_and_little_of_it() -> None:
    found = imported("import airstrip_pods")
    assert not found & set(_HEAVY)
    own = {name for name in found if name.partition(".")[0] == "airstrip_pods"}
    assert {name.partition(".")[0] for name in found - own} <= sys.stdlib_module_names


def test_a_folder_and_an_answer_need_no_more(tmp_path: object) -> None:
    use = (
        f"import os; os.environ['AIRSTRIP_DATA_URL'] = {str(tmp_path)!r}\n"
        "from pathlib import Path\n"
        "from airstrip_pods import argument, open_data, return_xcom\n"
        "with open_data('sales', 'a.csv', 'w') as file: file.write('x')\n"
        f"return_xcom(open_data('sales', 'a.csv').read().decode(), Path({str(tmp_path)!r}, 'return.json'))\n"
        "assert argument('x', 1) == 1"
    )
    assert not imported(use) & set(_HEAVY)


def test_the_conventions_need_the_standard_library_only() -> None:
    """Without site-packages, and without the package's own other modules."""
    program = "import runpy, sys; runpy.run_path(sys.argv[1])"
    file = PACKAGE / "src" / "airstrip_pods" / "conventions.py"
    subprocess.run([sys.executable, "-I", "-S", "-c", program, file], check=True)


def test_fsspec_is_all_that_it_depends_on() -> None:
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    assert [line.partition(">")[0] for line in project["dependencies"]] == ["fsspec"]
    assert set(project["optional-dependencies"]) == {"database", "s3", "gcs", "oci"}


def test_manifests_and_pods_name_the_same_folder() -> None:
    assert names.DAGS_DIR == conventions.DAGS_DIR
