"""The image with a folder of DAGs on top of it: one layer more, read by Airflow as its own user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from airstrip.events import discard
from airstrip.images import BuiltImage, DagsRequest, ensure_dags_image
from airstrip.images.oci import blob_path, read_layers
from airstrip.paths import cache_dir
from tests.image.rooted import run_inside

Root = tuple[Path, dict[str, Any]]

DAG = """
from airflow.sdk import dag
from shared.words import WORD

@dag(schedule=None, description=WORD)
def here():
    pass

here()
"""
READING = """
import json, os
from airflow.dag_processing.bundles.local import LocalDagBundle
from airflow.dag_processing.dagbag import BundleDagBag
bundle = LocalDagBundle(name="main", path="/opt/airflow/dags")
bundle.initialize()
bag = BundleDagBag(bundle.path, bundle_path=bundle.path, bundle_name="main")
owners = [os.access(folder, os.W_OK) for folder, _, _ in os.walk(bundle.path)]
print(json.dumps({
    "dags": {name: dag.description for name, dag in bag.dags.items()},
    "errors": bag.import_errors,
    "writable": any(owners),
    "around": [oct(os.stat(path).st_mode & 0o7777) for path in ("/opt", "/opt/airflow", "/opt/airflow/dags")],
}))
"""


def test_airflow_reads_them_from_one_layer_more(airflow_image: BuiltImage, airflow_root: Root, tmp_path: Path) -> None:
    folder = tmp_path / "dags"
    (folder / "shared").mkdir(parents=True)
    (folder / "here.py").write_text(DAG)
    (folder / "shared/words.py").write_text('WORD = "baked"\n')
    folder.chmod(0o700)
    request = DagsRequest(folder, ("here.py", "shared/words.py"))

    image = ensure_dags_image(airflow_image, request, cache_dir(), discard)

    *below, dags = read_layers(image.layout)
    assert tuple(below) == read_layers(airflow_image.layout)
    assert dags.size < 20_000
    # The root without the DAGs is there: what is on top of it comes, and goes again.
    root, config = airflow_root
    with on_top(root, blob_path(image.layout, dags.digest)):
        # AIRFLOW_HOME is where Airflow would make files of its own.
        done = run_inside(root, config, ["python", "-c", READING], env={"AIRFLOW_HOME": "/tmp"})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "dags": {"here": "baked"},
        "errors": {},
        "writable": False,
        "around": ["0o755", "0o775", "0o755"],
    }


@contextmanager
def on_top(root: Path, archive: Path) -> Iterator[None]:
    dags = root / "opt/airflow/dags"
    before = dags.stat()
    subprocess.run(["tar", "-x", "-p", "--numeric-owner", "-C", root, "-f", archive], check=True)
    try:
        yield
    finally:
        shutil.rmtree(dags)
        dags.mkdir()
        dags.chmod(before.st_mode)
        os.chown(dags, before.st_uid, before.st_gid)
