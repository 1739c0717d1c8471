"""A task in an image of its own, which has Python, the wheel and SQLAlchemy: no Airflow, no Kubernetes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1]
UV = os.environ.get("AIRSTRIP_UV") or shutil.which("uv") or "uv"
TASK = """
import importlib.util
import json
import sys
from pathlib import Path

from airstrip_pods import argument, data_url, database, open_data, return_xcom
from sqlalchemy import text

engine = database("sales")
with open_data("sales", "in.csv", "r") as file, engine.begin() as connection:
    connection.execute(text("create table author (name text)"))
    for line in file:
        connection.execute(text("insert into author values (:name)"), {"name": line.strip()})
with engine.connect() as connection:
    names = connection.execute(text("select name from author order by name")).scalars().all()
with open_data("sales", "out.csv", "w") as file:
    file.writelines(f"{name}\\n" for name in names[: argument("rows", parse=int)])
answer = Path(sys.argv[1])
found = [name for name in ("airflow", "kubernetes", "pydantic") if importlib.util.find_spec(name)]
return_xcom({"names": names, "url": data_url("sales"), "found": found}, answer)
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment that has what the wheel asks for and nothing else, in the versions of the tests."""
    folder = tmp_path_factory.mktemp("image")
    locks = [PACKAGE / "tests" / "requirements.lock", *_image_locks()]
    versions = folder / "versions.txt"
    # Without hashes, which are of the packages that are locked alone: the wheel is built here.
    lines = (line.split()[0] for lock in locks for line in lock.read_text().splitlines() if "==" in line[:80])
    versions.write_text("\n".join(line for line in dict.fromkeys(lines) if line[0].isalpha()))
    _uv("build", "--quiet", "--wheel", "--out-dir", folder, PACKAGE)
    (wheel,) = folder.glob("*.whl")
    _uv("venv", "--quiet", "--python", sys.executable, folder / "environment")
    python = folder / "environment" / "bin" / "python"
    _uv("pip", "install", "--quiet", "--python", python, "--constraints", versions, f"{wheel}[database]")
    return python


def _image_locks() -> list[Path]:
    return sorted((PACKAGE.parents[1] / "src" / "airstrip" / "images" / "locks").glob("airflow-*.lock"))


def _uv(*words: str | Path) -> None:
    subprocess.run([UV, *words], check=True)


def test_a_task_reads_data_writes_a_database_and_answers_without_airflow(python: Path, tmp_path: Path) -> None:
    (tmp_path / "data" / "sales").mkdir(parents=True)
    (tmp_path / "data" / "sales" / "in.csv").write_text("Grace\nAda\n")
    environment = {
        "AIRSTRIP_DATA_URL": (tmp_path / "data").as_uri(),
        "AIRSTRIP_PROJECT": "sales",
        "DATABASE_URL": f"sqlite:///{tmp_path}/sales.db",
        "ROWS": "1",
    }
    answer = tmp_path / "return.json"
    done = subprocess.run(
        [python, "-I", "-c", TASK, answer], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(answer.read_text())
    assert told == {"names": ["Ada", "Grace"], "url": (tmp_path / "data" / "sales").as_uri(), "found": []}
    assert (tmp_path / "data" / "sales" / "out.csv").read_text() == "Ada\n"


def test_what_only_airflow_knows_says_so_there(python: Path) -> None:
    code = "from airstrip_pods import database; database('sales')"
    done = subprocess.run([python, "-I", "-c", code], env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Airflow, whose connections could say it, is not in this image" in done.stderr
